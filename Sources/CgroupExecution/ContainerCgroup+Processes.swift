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
        // What the freezer of version 1 holds ends only when it is let go; where nothing is frozen, that does nothing.
        if version == .v1 { try? thaw() }
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
      // What cannot be thawed was not frozen. A killed process ends only when it is.
      if !wasFrozen || signal == Signal.kill { try? thaw() }
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
    var failure: CgroupFailure?
    for directory in directories {
      do throws(Errno) {
        try directory.remove()
      } catch {
        failure = CgroupFailure("rmdir \(directory.path)", error)
      }
    }
    if let failure { throw failure }
  }
}

extension CgroupDirectory {
  fileprivate func processes() throws(Errno) -> [Int32] {
    var processes: [Int32] = []
    let text: String
    do throws(Errno) {
      text = try read("cgroup.procs")
    } catch .notSupported {
      text = try read("cgroup.threads")  // A threaded cgroup has no processes of its own, cgroups(7).
    }
    // A process that this PID namespace cannot see is listed as 0, which kill(2) would take for our own group.
    processes += text.split(separator: "\n").compactMap { Int32($0) }.filter { $0 > 0 }
    for name in try children() {
      guard let child = child(name) else { continue }
      do throws(Errno) {
        processes += try child.processes()
      } catch .noSuchFileOrDirectory, .removedCgroup {
        // It was removed while the others were read.
      }
    }
    return processes
  }

  fileprivate func remove() throws(Errno) {
    do throws(Errno) {
      return try Syscall.removeDirectory(path)
    } catch .noSuchFileOrDirectory {
      return
    } catch .resourceBusy {
    }
    // A frozen process cannot end. What is no freezer has nothing to thaw.
    if has("freezer") { try? write("THAWED", to: "freezer.state") }
    if version == .v2 { try? write("0", to: "cgroup.freeze") }
    for name in try children() { try child(name)?.remove() }
    var pause = 1000
    while true {
      do throws(Errno) {
        return try Syscall.removeDirectory(path)
      } catch .noSuchFileOrDirectory {
        return
      } catch {
        guard error == .resourceBusy && pause < 1_000_000 else { throw error }
        Syscall.sleep(microseconds: pause)
        pause *= 2
      }
    }
  }
}
