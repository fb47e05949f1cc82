import Instruments
import LinuxABI
import LinuxSyscalls
import SystemPackage

/// A process of a container engine or a runtime, which is believed about its containers.
///
/// What a process is called and the words that it was started with are its user's choice. So whose it is comes from the kernel, and
/// it is believed about what is that user's already: root's about everything, when it could do everything anyway; another user's
/// about the processes of that user, and by this user or by root alone.
struct EngineProcess {
  let id: Int32
  /// Whose engine it is.
  let user: UInt32
  /// The words that it was started with.
  let words: [String]

  /// Engines give theirs about fifty words; more than this is no engine's.
  private static var mostBytes: Int { 64 << 10 }

  /// Whose program it has to be, by the end of the path in /proc/PID/exe. A runtime runs from a copy without a name.
  enum Program {
    case named((String) -> Bool)
    case any
  }

  /// nil for what is not to be believed.
  init?(_ facts: ProcessFacts, _ program: Program) {
    // All is read of one process: its directory in /proc is no other's that gets the number.
    guard let directory = try? Syscall.open("/proc/\(facts.process.id)", [.path, .directory]),
      let credentials = ProcessCredentials(directory.borrowed),
      Self.believes(credentials, directory.borrowed, program),
      let words = Self.words(directory.borrowed),
      // It may have become another program's meanwhile.
      ProcessCredentials(directory.borrowed) == credentials
    else { return nil }
    id = facts.process.id
    user = credentials.user
    self.words = words
  }

  /// Whether it is this process's own user's, whose files may be read.
  var isOwn: Bool { user == Syscall.effectiveUserID }

  /// The user that is told beside its containers: none where it is this process's own.
  var otherUser: UInt32? { isOwn ? nil : user }

  /// Whether a process can be a container's of this engine: with another user's rights, it is no engine's of that user.
  func canOwn(_ process: Int32) -> Bool {
    if user == 0 { return true }
    guard let directory = try? Syscall.open("/proc/\(process)", [.path, .directory]),
      let credentials = ProcessCredentials(directory.borrowed)
    else { return false }
    if credentials.isOf(user) { return true }
    // The users of a container without privilege are those that its user namespace maps, user_namespaces(7): the file's own owner.
    guard let namespace = try? Syscall.open(at: directory.borrowed, "ns/user", []),
      let own = try? Syscall.status(path: "/proc/self/ns/user").inode,
      let inode = try? Syscall.status(of: namespace.borrowed).inode, inode != own
    else { return false }
    return (try? Syscall.ownerUserID(of: namespace.borrowed)) == user
  }

  /// The file of the first user namespace, and whom another shows as the owner of what is of no user of its own, user_namespaces(7).
  private static var firstUserNamespace: String { "user:[4026531837]" }
  private static var unmappedUser: UInt32 { 65534 }

  private static func believes(_ credentials: ProcessCredentials, _ directory: FileDescriptor, _ program: Program)
    -> Bool
  {
    let own = Syscall.effectiveUserID
    // A program that runs with another's rights, credentials(7), does so with the words of who started it.
    guard credentials.isOf(credentials.user), own == 0 || own == credentials.user else { return false }
    if credentials.user != 0 { return true }
    // Root in a container, or in a user namespace, is not the root that engines are.
    guard credentials.effective.contains(.systemAdministration),
      let space = try? Syscall.readLink(at: directory, "ns/user"),
      space == (try? Syscall.readLink(at: .workingDirectory, "/proc/self/ns/user")),
      let file = try? Syscall.open(at: directory, "exe", .path), let status = try? Syscall.status(of: file.borrowed),
      status.permissions & 0o6000 == 0,
      status.userID == 0 || status.userID == unmappedUser && space != firstUserNamespace
    else { return false }
    guard case .named(let isName) = program else { return true }
    guard let path = try? Syscall.readLink(at: directory, "exe") else { return false }
    // After an upgrade, those that run are of a file that is gone.
    let name = path.split(separator: "/").last ?? ""
    return isName(String(name.hasSuffix(" (deleted)") ? name.dropLast(10) : name))
  }

  private static func words(_ directory: FileDescriptor) -> [String]? {
    guard let file = try? ForeignFile(at: directory, "cmdline", limit: mostBytes), let bytes = try? file.contents()
    else { return nil }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The value of an option among words, written `--name VALUE` or `--name=VALUE`; the last one counts.
  static func value(_ words: some Sequence<String>, _ name: String) -> String? {
    var value: String?
    var isNext = false
    for word in words {
      if isNext { value = word }
      isNext = word == name
      if word.hasPrefix(name + "=") { value = String(word.dropFirst(name.count + 1)) }
    }
    return value
  }

  /// The value of an option that is a name: of no more bytes than a file's, as all engines have it.
  func name(_ options: String...) -> String? {
    options.lazy.compactMap { Self.value(words, $0) }.first { !$0.isEmpty && $0.utf8.count <= 255 }
  }
}
