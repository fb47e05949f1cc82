import LinuxABI
package import MountNamespace

/// A line of mount(8), umount(8) or pivot_root(8), read: what it does to mounts, in the order of the calls.
package struct MountLine: Hashable, Sendable {
  /// The calls, with the paths as they are written.
  package var operations: [Machine.Operation] = []
  /// Whether an unmount takes each mount below by itself, umount(8) `--recursive`.
  package var isRecursive = false
  /// Whether an unmount takes all places of the file system, umount(8) `--all-targets`.
  package var isEverywhere = false
  /// Whether a directory to mount on is made when it is missing.
  package var makesDirectory = false
  /// Whether it changes the file system, and with it each mount of it: a remount without `bind`.
  package var reconfigures = false

  /// Why a line cannot be read.
  package struct Problem: Error, Hashable, Sendable {
    package var message: String

    package init(_ message: String) { self.message = message }
  }

  /// Reads a command and its arguments.
  package init(words: [String]) throws(Problem) {
    guard let command = words.first else { throw Problem("there is no command") }
    let arguments = Array(words.dropFirst())
    switch names(of: command).last ?? command {
    case "mount": try readMount(arguments)
    case "umount": try readUnmount(arguments)
    case "pivot_root":
      guard arguments.count == 2 else {
        throw Problem("pivot_root takes two directories: the new root, and where the old one goes")
      }
      operations = [.pivotRoot(to: arguments[0], putOld: arguments[1])]
    default: throw Problem("\"\(command)\" is neither mount, nor umount, nor pivot_root")
    }
  }

  /// The calls as a scenario has them, where each is one operation and nothing but paths from the root is known.
  func scenarioOperations() throws(Problem) -> [Machine.Operation] {
    if isRecursive || isEverywhere {
      throw Problem(
        "umount: --\(isRecursive ? "recursive" : "all-targets") is many unmounts: name each, or use --lazy, which takes all below too"
      )
    }
    if reconfigures {
      throw Problem(
        "mount: remount without bind changes the file system, which is not a matter of mounts: use -o remount,bind"
      )
    }
    var absolute: [Machine.Operation] = []
    for operation in operations { absolute.append(try operation.replacingPaths(Self.absolute)) }
    return absolute
  }

  /// The command as a person would type it; of what mount(8) has no words for, the call.
  package static func text(of operation: Machine.Operation) -> String {
    switch operation {
    case .mount(let type, let source, let attributes, let path):
      let options = attributes.isEmpty ? [] : ["-o", attributes.description]
      return shellLine(["mount", "-t", type] + options + [source, path])
    case .bind(let from, let recursive, let path):
      return shellLine(["mount", recursive ? "--rbind" : "--bind", from, path])
    case .move(let from, let path): return shellLine(["mount", "--move", from, path])
    case .moveBeneath(let from, let path): return shellLine(["mount", "--move", "--beneath", from, path])
    case .setGroup(let from, let path): return shellLine(["mount", "--set-group", from, path])
    case .unmount(let path, let detach): return shellLine(["umount"] + (detach ? ["--lazy"] : []) + [path])
    case .setAttributes(let set, let clear, let recursive, let path):
      let plain = set.isDisjoint(with: .accessTimeModes) ? clear : clear.subtracting(.accessTimeModes)
      let names = (set.optionNames + plain.clearingOptionNames).map { recursive ? $0 + "=recursive" : $0 }
      return shellLine(["mount", "-o", (["remount", "bind"] + names).joined(separator: ","), path])
    case .setPropagation(let type, let recursive, let path):
      return shellLine(["mount", "--make-\(recursive ? "r" : "")\(type.rawValue)", path])
    case .pivotRoot(let path, let putOld): return shellLine(["pivot_root", path, putOld])
    case .unshare(let name, let newUser):
      return shellLine(["unshare", "--mount", "--propagation", "unchanged"] + (newUser ? ["--user"] : []) + [name])
    case .end: return "exit"
    }
  }

  static func absolute(_ path: String) throws(Problem) -> String {
    guard path.utf8.first == UInt8(ascii: "/") else { throw Problem("\"\(path)\" is not an absolute path") }
    return normalized(path)
  }
}
