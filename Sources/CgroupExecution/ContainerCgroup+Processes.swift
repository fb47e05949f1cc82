import Cgroups
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension ContainerCgroup {
  /// The processes of the container, those of cgroups that it made itself among them.
  package func processes() throws(CgroupFailure) -> [Int32] {
    guard let main else { return [] }
    return try attempt("read \(main.path)/cgroup.procs") { () throws(Errno) in
      do throws(Errno) {
        return try main.processes()
      } catch .noSuchFileOrDirectory, .removedCgroup {
        return []  // systemd removes a cgroup as soon as the last process has left it.
      }
    }
  }

  /// Sends a signal to every process of the container.
  ///
  /// SIGKILL goes by cgroup.kill (Linux 5.14), which no fork escapes. Any other is sent to processes that are frozen
  /// meanwhile, so that none is born behind the signal's back.
  package func signal(_ signal: Int32) throws(CgroupFailure) {
    if signal == Signal.kill, let unified {
      do throws(Errno) {
        try unified.write("1", to: "cgroup.kill")
        if version == .v1 { try? thawAll() }
        return
      } catch .noSuchFileOrDirectory, .removedCgroup {
      } catch {
        throw CgroupFailure("write 1 to \(unified.path)/cgroup.kill", error)
      }
    }
    let wasFrozen = try isFrozen()
    // Without a freezer, the signal is sent to those that are there.
    if !wasFrozen { try? freeze() }
    defer {
      // What cannot be thawed was not frozen.
      if signal == Signal.kill { try? thawAll() } else if !wasFrozen { try? thaw() }
    }
    for process in try processes() {
      do throws(Errno) {
        try Syscall.kill(process, signal)
      } catch .noSuchProcess {
      } catch {
        throw CgroupFailure("kill -\(signal) \(process)", error)
      }
    }
  }

  /// Removes the cgroups with those in them; waits a little for processes that are ending.
  package func remove() throws(CgroupFailure) {
    var isThawed = false
    var failure: CgroupFailure?
    for directory in directories {
      do throws(Errno) {
        try Syscall.removeDirectory(directory.path)
      } catch .noSuchFileOrDirectory {
      } catch {
        do throws(Errno) {
          guard error == .resourceBusy else { throw error }
          if version == .v1, !isThawed {
            try? thawAll()
            isThawed = true
          }
          try directory.removeAll()
        } catch {
          failure = CgroupFailure("rmdir \(directory.path)", error)
        }
      }
    }
    if let failure { throw failure }
  }
}

extension CgroupDirectory {
  fileprivate func processes() throws(Errno) -> [Int32] {
    var walk = try CgroupWalk(path)
    var processes: [Int32] = []
    try Self.addProcesses(in: walk.directory.borrowed, to: &processes)
    while true {
      switch try walk.step() {
      case .entered:
        do throws(Errno) {
          try Self.addProcesses(in: walk.directory.borrowed, to: &processes)
        } catch .noSuchFileOrDirectory, .removedCgroup {
          // It was removed while the others were read.
        }
      case .left: continue
      case .end: return processes
      }
    }
  }

  private static func addProcesses(in directory: FileDescriptor, to processes: inout [Int32]) throws(Errno) {
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try readFile(at: directory, "cgroup.procs")
    } catch .notSupported {
      // A threaded cgroup has no processes of its own, cgroups(7).
      bytes = try readFile(at: directory, "cgroup.threads")
    }
    // A process that this PID namespace cannot see is listed as 0, which kill(2) would take for our own group.
    processes += String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { Int32($0) }.filter {
      $0 > 0
    }
  }

  /// Removes those below, and then itself.
  fileprivate func removeAll() throws(Errno) {
    var patience = Patience()
    var walk = try CgroupWalk(path)
    steps: while true {
      switch try walk.step() {
      case .entered: continue
      case .left(let name):
        try patience.remove { () throws(Errno) in try Syscall.removeDirectory(at: walk.directory.borrowed, name) }
      case .end: break steps
      }
    }
    try patience.remove { () throws(Errno) in try Syscall.removeDirectory(path) }
  }
}

/// How long the processes of a cgroup are waited for in all, which hold it until they have ended.
private struct Patience {
  private var pause = 1000

  mutating func remove(_ call: () throws(Errno) -> Void) throws(Errno) {
    while true {
      do throws(Errno) {
        return try call()
      } catch .noSuchFileOrDirectory {
        return
      } catch {
        guard error == .resourceBusy, pause < 1_000_000 else { throw error }
        Syscall.sleep(microseconds: pause)
        pause *= 2
      }
    }
  }
}
