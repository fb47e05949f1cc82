import LinuxSyscalls
package import MountNamespace

extension KernelRules {
  /// Takes over how many mounts a namespace can have here: fs.mount-max of proc_sys_fs(5); where that is hidden, it stays as it is.
  package mutating func readMountMax() {
    guard let text = try? Syscall.contents(of: "/proc/sys/fs/mount-max"),
      let number = Int(String(decoding: text.dropLast(), as: UTF8.self))
    else { return }
    mountMax = number
  }
}
