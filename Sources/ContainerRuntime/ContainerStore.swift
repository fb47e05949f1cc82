import LinuxABI
import LinuxSyscalls
import SystemPackage

/// Where the states of containers are: a directory for each, named by its id.
package struct ContainerStore: Hashable, Sendable {
  package var root: String

  package init(root: String) { self.root = root }

  /// Makes the directory of a new container.
  func make(_ id: String) throws(RuntimeFailure) -> ContainerDirectory {
    try Self.check(id)
    try attempt("make the state directory \(root)") { () throws(Errno) in try Syscall.makeDirectories(root) }
    do throws(Errno) {
      try Syscall.makeDirectory(at: .workingDirectory, "\(root)/\(id)", permissions: 0o700)
    } catch .fileExists {
      throw RuntimeFailure("container with given ID already exists: \(id) (berth delete \(id) removes it)")
    } catch {
      throw RuntimeFailure("make the state directory \(root)/\(id)", error)
    }
    return try open(id)
  }

  /// Opens the directory of a container that is there.
  func open(_ id: String) throws(RuntimeFailure) -> ContainerDirectory {
    try Self.check(id)
    let directory: Descriptor
    do throws(Errno) {
      directory = try Syscall.open("\(root)/\(id)", [.directory, .noFollow])
    } catch .noSuchFileOrDirectory {
      throw .noContainer(id)
    } catch {
      throw RuntimeFailure("open the state of container \"\(id)\" in \(root)", error)
    }
    return ContainerDirectory(id: id, root: root, directory: directory)
  }

  /// The ids of all containers, sorted; nil if there is no such root.
  func ids() throws(RuntimeFailure) -> [String]? {
    let entries: [DirectoryEntry]
    do throws(Errno) {
      let directory = try Syscall.open(root, .directory)
      entries = try Syscall.entries(of: directory.borrowed)
    } catch .noSuchFileOrDirectory {
      return nil
    } catch {
      throw RuntimeFailure("list the containers in \(root)", error)
    }
    return entries.filter { $0.kind == .directory && !$0.name.hasPrefix(".") }.map(\.name).sorted()
  }

  /// An id is a file's name: letters, digits and `_+-.`, of at most 255 bytes.
  static func check(_ id: String) throws(RuntimeFailure) {
    let isValid = id.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    if id.isEmpty { throw RuntimeFailure("container id cannot be empty") }
    guard isValid, id != ".", id != "..", id.utf8.count <= 255 else {
      throw RuntimeFailure(
        "invalid container ID format: \"\(id.prefix(64))\": an id is letters, digits and _+-. alone, at most 255"
      )
    }
  }
}

/// The directory with what berth keeps of one container.
struct ContainerDirectory: ~Copyable {
  let id: String
  private let root: String
  let directory: Descriptor

  init(id: String, root: String, directory: consuming Descriptor) {
    self.id = id
    self.root = root
    self.directory = directory
  }

  private static var recordName: String { "state" }
  private static var configurationName: String { "config.json" }
  private static var resourcesName: String { "resources.json" }
  /// The socket where a created process waits for `start`.
  static var gateName: String { "start" }

  /// Lets one command at a time change the container; until `unlock`, or this value ends.
  func lock() throws(RuntimeFailure) {
    let status = try attempt("lock the state of container \"\(id)\"") { () throws(Errno) in
      try Syscall.lock(directory.borrowed)
      return try Syscall.status(of: directory.borrowed)
    }
    // Who had the lock may have deleted the container.
    if status.linkCount == 0 { throw .noContainer(id) }
  }

  func unlock() throws(RuntimeFailure) {
    try attempt("unlock the state of container \"\(id)\"") { () throws(Errno) in
      try Syscall.unlock(directory.borrowed)
    }
  }

  /// The container's record; nil before it was first written, when `create` was interrupted.
  func record() throws(RuntimeFailure) -> ContainerRecord? {
    let bytes: [UInt8]
    do throws(ForeignFileFailure) {
      bytes = try contents(of: Self.recordName)
    } catch .cannotBeRead(.noSuchFileOrDirectory) {
      return nil
    } catch .cannotBeRead(let errno) {
      throw RuntimeFailure("read the state of container \"\(id)\"", errno)
    } catch {
      throw damage
    }
    guard let record = ContainerRecord(bytes: bytes) else { throw damage }
    return record
  }

  /// What is said of a record that berth did not write.
  var damage: RuntimeFailure {
    RuntimeFailure("the state of container \"\(id)\" in \(root) is damaged: berth delete --force \(id) removes it")
  }

  /// Puts a record in place of the last one, whole or not at all.
  func write(_ record: ContainerRecord) throws(RuntimeFailure) {
    try write(record.bytes, as: Self.recordName)
  }

  /// Keeps the configuration that the container was made of: the bundle's may change.
  func write(configuration: [UInt8]) throws(RuntimeFailure) {
    try write(configuration, as: Self.configurationName)
  }

  func configuration() throws(RuntimeFailure) -> [UInt8] {
    do throws(ForeignFileFailure) {
      return try contents(of: Self.configurationName)
    } catch {
      throw RuntimeFailure("read the configuration of container \"\(id)\": \(error)")
    }
  }

  /// The limits that an update gave the container, as JSON; nil if none did.
  func updatedResources() -> [UInt8]? {
    try? contents(of: Self.resourcesName)
  }

  /// What is in a file of the directory: no link, and no larger than a config.json may be with all that is kept of it.
  private func contents(of name: String) throws(ForeignFileFailure) -> [UInt8] {
    try ForeignFile(at: directory.borrowed, name, resolve: .noSymbolicLinks, limit: 128 << 20).contents()
  }

  func write(updatedResources: [UInt8]) throws(RuntimeFailure) {
    try write(updatedResources, as: Self.resourcesName)
  }

  private func write(_ bytes: [UInt8], as name: String) throws(RuntimeFailure) {
    try attempt("write \(name) of container \"\(id)\" in \(root)") { () throws(Errno) in
      let flags: OpenFlags = [.writeOnly, .create, .truncate, .noFollow, .nonBlocking]
      let file = try Syscall.open(at: directory.borrowed, name + ".new", flags, permissions: 0o600)
      try Syscall.write(bytes, to: file.borrowed)
      do throws(Errno) {
        // A file in the place of another is written to the disk at once by ext4 ("auto_da_alloc"), and its blocks have to be
        // freed at the end: up to 5 ms of `run` where /run is no tmpfs. One that is exchanged never gets there.
        try Syscall.exchange(at: directory.borrowed, name + ".new", name)
        try Syscall.removeFile(at: directory.borrowed, name + ".new")
      } catch {
        // There is none yet, or the file system cannot exchange.
        try Syscall.rename(at: directory.borrowed, name + ".new", to: name)
      }
    }
  }

  /// Makes the socket where the container's process will wait for `start`. That the process listens tells that the
  /// container is created.
  func makeGate() throws(RuntimeFailure) -> Descriptor {
    try attempt("make the socket for berth start of container \"\(id)\"") { () throws(Errno) in
      let gate = try Syscall.unixSocket(.messages)
      try Syscall.bind(gate.borrowed, at: directory.borrowed, Self.gateName)
      return gate
    }
  }

  /// A connection to the process that waits for `start`; nil if none does.
  func connectToGate() -> Descriptor? {
    // A process that is past the gate, or gone, listens no more, however it came to that.
    guard let socket = try? Syscall.unixSocket(.messages),
      (try? Syscall.connect(socket.borrowed, at: directory.borrowed, Self.gateName)) != nil
    else { return nil }
    return socket
  }

  /// Removes the directory with all in it.
  func remove() throws(RuntimeFailure) {
    try attempt("remove the state of container \"\(id)\" in \(root)") { () throws(Errno) in
      for entry in try Syscall.entries(of: directory.borrowed) {
        try Syscall.removeFile(at: directory.borrowed, entry.name)
      }
      try Syscall.removeDirectory("\(root)/\(id)")
    }
  }
}

extension Syscall {
  /// Makes a directory and those above it, unless they are there; the last one for its owner alone.
  static func makeDirectories(_ path: String) throws(Errno) {
    do throws(Errno) {
      try makeDirectory(at: .workingDirectory, path, permissions: 0o700)
    } catch .fileExists {
      return
    } catch .noSuchFileOrDirectory {
      guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw .noSuchFileOrDirectory }
      try makeDirectories(String(path[..<slash]))
      // Another command can have made it meanwhile.
      try makeDirectories(path)
    }
  }
}
