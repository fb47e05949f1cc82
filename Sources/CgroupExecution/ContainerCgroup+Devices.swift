package import Cgroups
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension ContainerCgroup {
  /// Has the kernel keep to a device policy: by the files of version 1, or a program of version 2.
  ///
  /// Without privilege over the machine it cannot be had, and is not needed: there a container has no device that its
  /// user has not.
  ///
  /// - Parameter isRootless: whether the runtime has no privilege, or has it in a user namespace alone.
  package func apply(_ policy: DevicePolicy, isRootless: Bool = false) throws(CgroupFailure) {
    do throws(CgroupFailure) {
      switch version {
      case .v1: try applyVersion1(policy)
      case .v2: try applyVersion2(policy)
      }
    } catch {
      if !isRootless { throw error }
    }
  }

  private func applyVersion1(_ policy: DevicePolicy) throws(CgroupFailure) {
    guard let directory = directory("devices") else { throw Self.noDevices }
    // One descriptor for each of the two files, and one write for each rule.
    var rest = policy.writes[...]
    while let first = rest.first {
      let path = "\(directory.path)/\(first.file)"
      let file = try attempt("open \(path)", place: first.place) { () throws(Errno) in
        try Syscall.open(path, .writeOnly)
      }
      let batch = rest.prefix { $0.file == first.file }
      for write in batch {
        try attempt("write \(write.text) to \(path)", place: write.place) { () throws(Errno) in
          try Syscall.write(Array(write.text.utf8), to: file.borrowed)
        }
      }
      rest = rest.dropFirst(batch.count)
    }
  }

  private func applyVersion2(_ policy: DevicePolicy) throws(CgroupFailure) {
    guard let unified else { throw Self.noDevices }
    let place = "linux.resources.devices"
    let directory = try attempt("open \(unified.path)", place: place) { () throws(Errno) in
      try Syscall.open(unified.path, .directory)
    }
    let old = try attempt("ask for the device programs of \(unified.path)", place: place) { () throws(Errno) in
      try Syscall.devicePrograms(of: directory.borrowed)
    }
    if policy.allowsEverything && old.isEmpty { return }
    let program = try attempt("load a device program", place: place) { () throws(Errno) in
      try Syscall.loadDeviceProgram(policy.program)
    }
    try attempt("attach a device program to \(unified.path)", place: place) { () throws(Errno) in
      // One program takes the other's place without a moment between; of several, each must allow a device.
      if old.count == 1 {
        let replaced = try Syscall.openProgram(old[0])
        return try Syscall.attachDeviceProgram(program.borrowed, to: directory.borrowed, replacing: replaced.borrowed)
      }
      try Syscall.attachDeviceProgram(program.borrowed, to: directory.borrowed)
      for id in old {
        let replaced = try Syscall.openProgram(id)
        try Syscall.detachDeviceProgram(replaced.borrowed, from: directory.borrowed)
      }
    }
  }

  private static var noDevices: CgroupFailure {
    CgroupFailure(
      "limit devices",
      .noSuchFileOrDirectory,
      place: "linux.resources.devices",
      reason: "the container has no cgroup with the controller devices"
    )
  }
}
