import CLinux
package import SystemPackage

/// The name of an entry of a directory, byte for byte: a text would lose the bytes that are no UTF-8.
package struct FileName: Hashable, Sendable {
  package var bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }
}

extension Syscall {
  /// Opens an entry of a directory, if that is a directory itself. The C function is `openat2`.
  package static func openDirectory(at directory: FileDescriptor, _ name: FileName) throws(Errno) -> Descriptor {
    var how = open_how()
    how.flags = UInt64(O_DIRECTORY) | UInt64(O_NOFOLLOW) | UInt64(O_CLOEXEC)
    return try checkDescriptor(unsafe name.withCString { unsafe linux_openat2(directory.rawValue, $0, &how) })
  }

  /// Removes an empty directory. The C function is `unlinkat`, with `AT_REMOVEDIR`.
  package static func removeDirectory(at directory: FileDescriptor, _ name: FileName) throws(Errno) {
    try check(unsafe name.withCString { unsafe linux_rmdirat(directory.rawValue, $0) })
  }
}

extension FileName {
  fileprivate func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    unsafe (bytes + [0]).withUnsafeBufferPointer { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { unsafe body($0.baseAddress.unsafelyUnwrapped) }
    }
  }
}
