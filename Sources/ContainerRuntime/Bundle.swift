import ContainerPlan
import JSON
import LinuxABI
import LinuxSyscalls
import MountNamespace
import OCISpec
import SystemPackage

/// A directory with a container's config.json, bundle.md.
struct Bundle {
  /// The absolute path.
  let path: String
  /// The file as it was read, once.
  let configuration: [UInt8]
  /// What the file says, with paths made absolute that are relative to the bundle.
  private(set) var spec: Spec
  /// What was found wrong in it.
  private(set) var problems: [SpecProblem]

  /// The largest config.json that is read, in bytes.
  private static var largest: Int { 64 << 20 }

  init(_ path: String, workingDirectory: String) throws(RuntimeFailure) {
    self.path = normalized(path.hasPrefix("/") ? path : workingDirectory + "/" + path)
    let file = self.path + "/config.json"
    do throws(ForeignFileFailure) {
      configuration = try ForeignFile(file, limit: Self.largest).contents()
    } catch .cannotBeRead(let errno) {
      throw RuntimeFailure("read \(file)", errno)
    } catch {
      throw RuntimeFailure("read \(file): \(error)")
    }
    do throws(JSONProblem) {
      (spec, problems) = try Self.read(configuration)
    } catch {
      throw RuntimeFailure("\(file): \(error.message)")
    }
    makeAbsolute()
  }

  static func read(_ bytes: [UInt8]) throws(JSONProblem) -> (Spec, [SpecProblem]) {
    var problems: [JSONProblem] = []
    let spec = try Spec(configuration: bytes, problems: &problems)
    return (spec, problems.map { SpecProblem($0.path, $0.message) })
  }

  private mutating func makeAbsolute() {
    if let root = spec.root?.path, !root.hasPrefix("/") { spec.root?.path = normalized(path + "/" + root) }
    for (index, mount) in (spec.mounts ?? []).enumerated() {
      let isBind = mount.type == "bind" || (mount.options ?? []).contains { $0 == "bind" || $0 == "rbind" }
      guard isBind, let source = mount.source, !source.hasPrefix("/") else { continue }
      spec.mounts?[index].source = normalized(path + "/" + source)
    }
  }
}
