import ContainerPlan
import LinuxABI
import LinuxSyscalls
import OCISpec
import SystemPackage

extension Runtime {
  /// Which annotations may reach the host: those that the command line names and, where a spec has others, those of the
  /// host's list too. Most specs have none, and nothing is read for them.
  func allowedAnnotations(for spec: Spec, _ caller: Caller) -> AllowedAnnotations {
    let needed = spec.annotationsReachingHost(asksSystemd: cgroupDriver == .systemd)
    if needed.allSatisfy(allowedAnnotations.allows) { return allowedAnnotations }
    let path = AllowedAnnotations.file
    do throws(ForeignFileFailure) {
      let file = try ForeignFile(path, limit: 1 << 16)
      guard file.belongsToRoot(caller) else {
        warn("\(path) is not read: it must be root's, and no other's to write")
        return allowedAnnotations
      }
      let listed = AllowedAnnotations(text: String(decoding: try file.contents(), as: UTF8.self))
      return AllowedAnnotations(allowedAnnotations.patterns + listed.patterns)
    } catch .cannotBeRead(.noSuchFileOrDirectory) {
    } catch {
      warn("\(path) is not read: \(error)")
    }
    return allowedAnnotations
  }
}

extension ForeignFile {
  /// Whether nobody but the machine's root can have written it.
  fileprivate func belongsToRoot(_ caller: Caller) -> Bool {
    guard let status = try? status() else { return false }  // What is not known is not believed.
    // In a user namespace, the machine's root has the id of those who have none there, user_namespaces(7).
    let isRoots = status.userID == 0 || caller.isRootless && status.userID == 65534
    return isRoots && status.permissions & 0o022 == 0
  }
}
