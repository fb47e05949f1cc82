import ContainerPlan
import JSON
import LinuxABI
import MountNamespace
import OCISpec

extension Features {
  /// What this berth can do, from the tables that it reads specs by.
  static var ofBerth: Features {
    Features(
      hooks: ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
      mountOptions: MountOption.table.map(\.name).sorted(),
      linux: Linux(
        namespaces: NamespaceType.allCases.map(\.rawValue).sorted(),
        capabilities: CapabilitySet.names,
        seccomp: nil,
        memoryPolicyModes: MemoryPolicyMode.allCases.map(\.rawValue),
        memoryPolicyFlags: MemoryPolicyMode.flags.map(\.name)
      ),
      annotations: [JSONValue.Member("org.berth.version", .string(berthVersion))],
      potentiallyUnsafeConfigAnnotations: ["org.berth.", "org.systemd.property.", "run.oci."]
    )
  }
}
