import CLinux
package import SystemPackage

/// The first bytes of a file as memory of this process, to be read; they are given back with the value.
package struct MappedFile: ~Copyable {
  private let address: UInt
  private let byteCount: Int

  /// Maps a file, shared or private: some files of the kernel's can only be mapped the one way. The C function is `mmap`.
  package init(_ file: FileDescriptor, byteCount: Int, shared: Bool) throws(Errno) {
    let flags: CInt = shared ? 1 : 2  // MAP_SHARED, MAP_PRIVATE
    let answer = linux_mmap(UInt(byteCount), 1, flags, file.rawValue)  // PROT_READ
    address = UInt(bitPattern: try Syscall.check(answer))
    self.byteCount = byteCount
  }

  deinit { _ = linux_munmap(address, UInt(byteCount)) }

  /// The bytes as numbers of this machine's byte order; what the last one has beyond the file is 0.
  package func withNumbers<Number: FixedWidthInteger & BitwiseCopyable, Result>(
    of type: Number.Type,
    _ body: (Span<Number>) -> Result
  ) -> Result {
    // A mapping has whole pages, so the last number is there to its end.
    let size = MemoryLayout<Number>.size
    let numbers = unsafe UnsafeBufferPointer(
      start: UnsafePointer<Number>(bitPattern: address),
      count: (byteCount + size - 1) / size
    )
    return body(unsafe numbers.span)
  }
}
