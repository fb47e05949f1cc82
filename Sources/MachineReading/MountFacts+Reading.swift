package import Instruments
import LinuxABI
import LinuxSyscalls
import MountNamespace

extension MountFacts {
  /// Looks at what mounts of some types would need: filesystems(5), modules.dep(5), and programs of mount(8).
  package mutating func read(types: [String]) {
    // Of a /proc that is hidden no type is known: then none is refused.
    let list = (try? Syscall.contents(of: "/proc/filesystems")) ?? []
    for line in String(decoding: list, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: "\t", omittingEmptySubsequences: false)
      if words.count == 2 { wantsDevice[String(words[1])] = words[0].isEmpty }
    }
    for type in types where wantsDevice[type] == nil {
      let isProgram = ["/sbin", "/usr/sbin"].contains { (try? Syscall.open("\($0)/mount.\(type)", .path)) != nil }
      if isProgram || Self.hasModule(type) { loadable.insert(type) }
    }
  }

  /// Whether the kernel has a module for a type: its name, or an alias `fs-TYPE`.
  private static func hasModule(_ type: String) -> Bool {
    guard let release = try? Syscall.kernelRelease() else { return false }
    return [("modules.dep", "/\(type).ko"), ("modules.alias", "alias fs-\(type) ")].contains { file, words in
      let text = (try? Syscall.contents(of: "/lib/modules/\(release)/\(file)")) ?? []
      return String(decoding: text, as: UTF8.self).contains(words)
    }
  }
}
