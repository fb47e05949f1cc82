import LinuxABI
import LinuxSyscalls
import SystemPackage

/// A walk through a cgroup and those below it.
///
/// A container that may write its cgroup makes others in it: as deep as no path can name, as many as it likes, and with any
/// bytes in their names. So the walk goes by handles, from one directory to the next, and holds one of them at a time: the
/// way back is `..`, which has to lead to where it came from.
struct CgroupWalk: ~Copyable {
  enum Step {
    /// The walk has come into a cgroup.
    case entered
    /// It is back in the one above, and has seen all that is below this name.
    case left(FileName)
    /// All was seen.
    case end
  }

  private struct Level {
    var name: FileName
    /// What tells the directory from another, in this file system.
    var inode: UInt64
    /// The names that the walk has not been to, the next one last.
    var rest: [FileName]
  }

  /// Where the walk is.
  private(set) var directory: Descriptor
  private var levels: [Level]

  /// Begins in a cgroup; the first step is to one below it.
  init(_ path: String) throws(Errno) {
    let top = try Syscall.open(path, [.directory, .noFollow])
    levels = [try Self.level(of: top.borrowed, FileName(bytes: []))]
    directory = top
  }

  private static func level(of directory: FileDescriptor, _ name: FileName) throws(Errno) -> Level {
    Level(
      name: name,
      inode: try Syscall.status(of: directory).inode,
      rest: try Syscall.directoryNames(in: directory)
    )
  }

  mutating func step() throws(Errno) -> Step {
    while let name = levels[levels.count - 1].rest.popLast() {
      do throws(Errno) {
        let below = try Syscall.openDirectory(at: directory.borrowed, name)
        levels.append(try Self.level(of: below.borrowed, name))
        directory = below
        return .entered
      } catch .noSuchFileOrDirectory, .removedCgroup {
        // It was removed meanwhile.
      }
    }
    guard levels.count > 1, let level = levels.popLast() else { return .end }
    let above = try Syscall.open(at: directory.borrowed, "..", .directory)
    guard try Syscall.status(of: above.borrowed).inode == levels[levels.count - 1].inode else { throw .staleHandle }
    directory = above
    return .left(level.name)
  }
}

extension Errno {
  /// `ESTALE`: the directory is not where it was.
  fileprivate static var staleHandle: Errno { Errno(rawValue: 116) }
}
