import Cgroups
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension ContainerCgroup {
  /// The directory that freezes: the hierarchy of version 2 alone has no controller for it.
  private func freezer() throws(CgroupFailure) -> CgroupDirectory {
    if let directory = version == .v2 ? unified : directory("freezer") { return directory }
    throw CgroupFailure("freeze the container", .notSupported, reason: "it has no freezer cgroup")
  }

  /// Stops every process of the container, and waits until each has stopped.
  package func freeze() throws(CgroupFailure) {
    let directory = try freezer()
    do throws(CgroupFailure) {
      switch directory.version {
      case .v1: try directory.freezeVersion1()
      case .v2: try directory.freezeVersion2()
      }
    } catch {
      // Half frozen is worse than not at all; it is the freezing's failure that is told.
      try? directory.thaw()
      throw error
    }
  }

  /// Lets the processes go on.
  package func thaw() throws(CgroupFailure) {
    let directory = try freezer()
    try directory.thaw()
  }

  /// Lets go what the freezer of version 1 holds in the container's cgroup and in those that it made below: there not even a
  /// killed process ends, unlike in version 2, and what a cgroup of the container's holds is let go by its own file alone.
  func thawAll() throws(CgroupFailure) {
    let directory = try freezer()
    try directory.thaw()
    try attempt("thaw the cgroups below \(directory.path)") { () throws(Errno) in
      var walk = try CgroupWalk(directory.path)
      while true {
        switch try walk.step() {
        case .entered:
          do throws(Errno) {
            let state = try Syscall.open(at: walk.directory.borrowed, "freezer.state", .writeOnly)
            try Syscall.write(Array("THAWED".utf8), to: state.borrowed)
          } catch .noSuchFileOrDirectory, .removedCgroup {
            // It was removed meanwhile.
          }
        case .left: continue
        case .end: return
        }
      }
    }
  }

  /// Whether the container itself is frozen, rather than a cgroup that it is in.
  package func isFrozen() throws(CgroupFailure) -> Bool {
    // Without a freezer, nothing is frozen.
    guard let directory = version == .v2 ? unified : directory("freezer") else { return false }
    let file = directory.version == .v1 ? "freezer.self_freezing" : "cgroup.freeze"
    do throws(Errno) {
      return try directory.read(file).hasPrefix("1")
    } catch .noSuchFileOrDirectory, .removedCgroup {
      return false
    } catch {
      throw CgroupFailure("read \(directory.path)/\(file)", error)
    }
  }
}

extension CgroupDirectory {
  fileprivate func thaw() throws(CgroupFailure) {
    let (file, text) = version == .v1 ? ("freezer.state", "THAWED") : ("cgroup.freeze", "0")
    try attempt("write \(text) to \(path)/\(file)") { () throws(Errno) in try write(text, to: file) }
  }

  /// Freezes by the freezer of version 1: it stays in FREEZING while processes are born in it, and then is to be
  /// written again, with a thaw and a pause between now and then.
  fileprivate func freezeVersion1() throws(CgroupFailure) {
    for round in 1...1000 {
      if round % 50 == 0 {
        try thaw()
        Syscall.sleep(microseconds: 10_000)
      }
      let state = try attempt("write FROZEN to \(path)/freezer.state") { () throws(Errno) in
        try write("FROZEN", to: "freezer.state")
        return try read("freezer.state")
      }
      if state.hasPrefix("FROZEN") { return }
      Syscall.sleep(microseconds: round % 25 == 0 ? 1000 : 10)
    }
    throw CgroupFailure("write FROZEN to \(path)/freezer.state", .timedOut, reason: "some process does not stop")
  }

  /// Freezes a cgroup of version 2: the kernel tells in cgroup.events when the last process has stopped.
  fileprivate func freezeVersion2() throws(CgroupFailure) {
    try attempt("write 1 to \(path)/cgroup.freeze") { () throws(Errno) in try write("1", to: "cgroup.freeze") }
    let isFrozen = try attempt("wait for \(path)/cgroup.events") { () throws(Errno) in
      let events = try Syscall.open("\(path)/cgroup.events", [])
      for _ in 0..<100 {
        let bytes = try Syscall.read(events.borrowed, count: 4096, at: 0)
        let text = String(decoding: bytes, as: UTF8.self)
        if text.split(separator: "\n").contains("frozen 1") { return true }
        _ = try Syscall.waitChanged(events.borrowed, milliseconds: 100)
      }
      return false
    }
    if !isFrozen { throw CgroupFailure("freeze \(path)", .timedOut, reason: "some process does not stop") }
  }
}
