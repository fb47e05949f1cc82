package import ContainerPlan
package import LinuxABI
import LinuxSyscalls
import MountNamespace
import SystemPackage

extension InitFailure {
  /// The failure for a person: what was tried, why it failed, and what to do about it if that is known.
  package func explanation(plan: ContainerPlan, host: Host) -> Prose {
    if step == .execute { return "\(operation): \(reason ?? "\(errno)")" }
    let kernelWords: Prose = reason.map { " (\($0))" } ?? ""
    let advice: Prose = advice(plan: plan, host: host).map { "\n  \($0)" } ?? ""
    return "\(operation): \(errno)\(kernelWords)\(advice)"
  }

  private func advice(plan: ContainerPlan, host: Host) -> String? {
    switch (step, errno) {
    case (.createProcess, .notPermitted), (.createProcess, .noSpace), (.createProcess, .tooManyUsers),
      (.createProcess, .invalidArgument), (.mapIDs, .notPermitted), (.mapIDs, .permissionDenied):
      return namespaceAdvice(plan, host)
    case (.joinNamespace, .notPermitted):
      return "entering a namespace needs CAP_SYS_ADMIN in the user namespace that owns it"
    case (.joinNamespace, .noSuchFileOrDirectory): return "there is no such process or namespace file"
    case (.joinNamespace, .permissionDenied):
      return "looking at the namespaces of another user's process needs CAP_SYS_PTRACE"
    case (.joinNamespace, .invalidArgument): return "the file is not a namespace of this type"
    case (.mount, .noDevice):
      return "this kernel has no such file system (cat /proc/filesystems); its module may be missing"
    case (.mount, .invalidArgument) where operation.text.hasSuffix(" /") && operation.text.contains("--make-"):
      return
        "the root here is not a mount point, as in a chroot: bind it onto itself first, or use --propagation unchanged"
    case (.mount, .invalidArgument) where operation.text.contains("X-mount.idmap"):
      return "this kernel maps no ids of that file system, or the mount has an id mapping already"
    case (.mount, .notPermitted), (.mount, .permissionDenied): return mountAdvice(plan, host)
    case (.kernelParameter, .noSuchFileOrDirectory): return "this kernel has no such parameter"
    case (.limit, .notPermitted): return "raising a limit above its hard limit needs CAP_SYS_RESOURCE"
    case (.credentials, .invalidArgument) where plan.userNamespace != nil:
      return "the user namespace maps no such id: give the caller subordinate ids in /etc/subuid and /etc/subgid"
    case (.workingDirectory, .noSuchFileOrDirectory):
      return "the directory is not there inside: choose one with --workdir"
    case (.workingDirectory, .permissionDenied):
      return "user \(plan.process.userID) inside may not enter it: choose another with --workdir"
    default: return nil
    }
  }

  /// Why a namespace may not be made, by the settings that forbid it.
  private func namespaceAdvice(_ plan: ContainerPlan, _ host: Host) -> String? {
    guard plan.created.contains(.user) else {
      return "making \(plan.created.inOrder.map(\.rawValue).joined(separator: ", ")) namespaces needs CAP_SYS_ADMIN"
    }
    for (file, forbids, advice) in Self.settings where Self.setting(file).map(forbids) == true {
      return advice
    }
    let limits = plan.created.inOrder.filter { Self.setting("user/max_\($0.procName)_namespaces") == 0 }
    if let type = limits.first { return "user.max_\(type.procName)_namespaces is 0: raise it with sysctl(8)" }
    if errno == .noSpace { return "user.max_user_namespaces is reached: raise it with sysctl(8)" }
    return step == .mapIDs
      ? "the maps ask for ids that the caller may not use: see /etc/subuid and /etc/subgid"
      : "this system lets nobody without CAP_SYS_ADMIN make user namespaces"
  }

  private static var settings: [(String, (Int) -> Bool, String)] {
    [
      (
        "user/max_user_namespaces", { $0 == 0 },
        "user.max_user_namespaces is 0 and forbids user namespaces: sysctl -w user.max_user_namespaces=10000"
      ),
      (
        "kernel/unprivileged_userns_clone", { $0 == 0 },
        "kernel.unprivileged_userns_clone is 0 and keeps user namespaces for root: sysctl -w kernel.unprivileged_userns_clone=1"
      ),
      (
        "kernel/apparmor_restrict_unprivileged_userns", { $0 == 1 },
        "kernel.apparmor_restrict_unprivileged_userns is 1: AppArmor takes the privileges of new user namespaces away; "
          + "give berth a profile with \"userns,\", or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
      ),
    ]
  }

  /// A number of /proc/sys; nil where the kernel has no such setting.
  private static func setting(_ name: String) -> Int? {
    guard let bytes = try? Syscall.contents(of: "/proc/sys/" + name) else { return nil }
    return Int(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
  }

  private func mountAdvice(_ plan: ContainerPlan, _ host: Host) -> String? {
    guard plan.userNamespace != nil else { return "making mounts needs CAP_SYS_ADMIN" }
    if Self.setting("kernel/apparmor_restrict_unprivileged_userns") == 1 { return Self.settings[2].2 }
    if operation.text.contains("-t proc") || operation.text.contains("-t sysfs") {
      return
        "a user namespace may mount proc and sysfs only where the host's own are not partly covered by other mounts"
    }
    return "this needs CAP_SYS_ADMIN on the host: a user namespace has it over its own things only; run berth as root"
  }
}

extension Errno {
  /// Namespaces nested too deep, or too many user namespaces: `EUSERS`.
  fileprivate static var tooManyUsers: Errno { Errno(rawValue: 87) }
  /// No such device or file system: `ENODEV`.
  fileprivate static var noDevice: Errno { Errno(rawValue: 19) }
}
