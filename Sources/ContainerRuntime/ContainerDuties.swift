import ContainerPlan
import JSON
import LinuxABI
import NamespaceJoining
import OCISpec
import SystemPackage

/// What a process of a container does on its way, beyond what one of `berth shell` does.
struct ContainerDuties: Sendable {
  /// What enters the namespaces of others.
  let program: SealedProgram
  /// The container's process, for one that is to run beside it.
  var neighbour: ContainerNeighbour?
  /// The namespace that its mount namespace is made from, if the plan has it so.
  var template: FileDescriptor?
  /// Whether it is put into its cgroup, and not born in it.
  var waitsForCgroup: Bool = false
  /// Whether berth runs hooks once the mounts are made.
  var waitsForHooks: Bool = false
  /// The socket where `berth start` lets it go; nil for a process that starts at once.
  var gate: FileDescriptor?
  /// The name of its session keyring; nil leaves it the caller's.
  var keyring: String?
  /// Where its terminal's other end is sent.
  var consoleSocket: FileDescriptor?
  /// Whether that is berth itself, which passes on what the process writes.
  var isAttended: Bool = false
  /// How many descriptors behind standard error it keeps.
  var keptDescriptors: UInt32 = 0
  /// Whether it stays on the processors that berth runs on by now.
  var keepsProcessors: Bool = false
  /// The processors that it is bound to once it is in its cgroup.
  var processors: NumberList?
  /// The filter of its system calls.
  var seccomp: SeccompDuty?
  /// The container's state as hooks read it; the process's id is not known before.
  var state: HookState

  /// Whether the process leaves berth's user namespace.
  func entersUserNamespace(by plan: ContainerPlan) -> Bool {
    plan.created.contains(.user) || plan.joined.contains { $0.type == .user }
      || neighbour?.namespaces.contains(.user) ?? false
  }
}

/// The process of a running container, which another one is to run beside.
struct ContainerNeighbour: Sendable {
  /// Its pidfd.
  var process: FileDescriptor
  /// Those of its namespaces that are entered.
  var namespaces: NamespaceSet
  /// Its root, where that is not the one of its mount namespace.
  var root: FileDescriptor?
}

/// A filter of system calls that a process installs for itself, seccomp(2).
struct SeccompDuty: Sendable {
  var program: [UInt8]
  var flags: SeccompFlags
  /// Where the agent is told of calls that it shall decide on, and what it is told of the container.
  var agent: FileDescriptor?
  var metadata: String?
}

/// A container's state as hooks and seccomp agents read it, runtime.md "State".
struct HookState: Hashable, Sendable {
  var ociVersion: String
  var id: String
  var bundle: String
  var annotations: [ContainerRecord.Field]
  private let heeded: [String]

  init(_ record: ContainerRecord) {
    ociVersion = record.ociVersion
    id = record.id
    bundle = record.bundle
    annotations = record.annotations
    heeded = record.heededAnnotations
  }

  /// The value of an annotation that reaches the host, if it may.
  func heededAnnotation(_ name: String) -> String? {
    heeded.contains(name) ? annotations.first { $0.name == name }?.value : nil
  }

  func json(status: ContainerStatus, processID: Int32) -> JSONValue {
    var members = [
      JSONValue.Member("ociVersion", .string(ociVersion)), JSONValue.Member("id", .string(id)),
      JSONValue.Member("status", .string(status.rawValue)),
    ]
    if processID > 0 { members.append(JSONValue.Member("pid", .number(processID))) }
    members.append(JSONValue.Member("bundle", .string(bundle)))
    if !annotations.isEmpty {
      members.append(
        JSONValue.Member("annotations", .object(annotations.map { JSONValue.Member($0.name, .string($0.value)) }))
      )
    }
    return .object(members)
  }
}

/// Where a container is in its life, runtime.md "State".
package enum ContainerStatus: String, Hashable, Sendable {
  case creating, created, running, paused, stopped
}
