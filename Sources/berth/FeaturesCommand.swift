import ContainerRuntime
import JSON
import LinuxABI
import MountNamespace
import OCISpec
import Seccomp

extension Features {
  /// What this berth can do, from the tables that it reads specs by.
  static var ofBerth: Features {
    Features(
      hooks: ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
      mountOptions: MountOption.table.map(\.name).sorted(),
      linux: Linux(
        namespaces: NamespaceType.allCases.map(\.rawValue).sorted(),
        capabilities: CapabilitySet.names,
        seccomp: Seccomp(
          actions: SeccompAction.names.map(\.name).sorted(),
          operators: SeccompCondition.Comparison.allCases.map(\.rawValue).sorted(),
          architectures: SeccompArchitecture.allCases.map(\.rawValue).sorted(),
          knownFlags: SeccompFlags.names.map(\.name),
          supportedFlags: SeccompSupport.flags
        ),
        memoryPolicyModes: MemoryPolicyMode.allCases.map(\.rawValue),
        memoryPolicyFlags: MemoryPolicyMode.flags.map(\.name)
      ),
      annotations: [
        JSONValue.Member("io.github.seccomp.libseccomp.version", .string(SeccompSupport.libraryVersion)),
        JSONValue.Member("org.berth.version", .string(berthVersion)),
      ],
      potentiallyUnsafeConfigAnnotations: ["org.systemd.property.", "run.oci."]
    )
  }
}
