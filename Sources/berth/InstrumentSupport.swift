import ArgumentParser
import ContainerRuntime
import Instruments
import LinuxABI
import LinuxSyscalls
import MachineReading
import MountNamespace
import NamespaceJoining
import SystemPackage

/// What the instruments have in common: targets, berth's own containers, and what could not be seen.
///
/// They end with 1 where the answer is no (nothing is mounted, it is not seen, they differ) and with 2 where there is no answer, as
/// grep(1) and diff(1) do.
enum InstrumentSupport {
  /// Resolves targets, berth's own containers among them.
  static func resolver(fileSystem: FileSystemChoice? = nil) -> TargetResolver {
    TargetResolver(fileSystem: fileSystem, known: ownContainers)
  }

  /// berth's containers; without a process, those that have ended.
  static func ownContainers(_ scan: ProcessScan) -> [ContainerIdentity] {
    RuntimeStates.roots(of: .berth, scan).flatMap { root -> [ContainerIdentity] in
      let runtime = Runtime(root: root, cgroupDriver: .disabled, warn: { _ in }, debug: { _ in })
      // A directory that is not there, or not readable, has no containers to name.
      guard let states = try? runtime.list() else { return [] }
      return states.map { state in
        let process = state.processID > 0 ? state.processID : nil
        return ContainerIdentity(engine: .berth, id: state.id, processID: process)
      }
    }
  }

  /// The namespace of a word, or the end of the command with a message.
  static func resolve(_ word: String, _ resolver: TargetResolver) throws -> Target {
    do throws(TargetFailure) {
      return try resolver.resolve(word)
    } catch {
      throw ExitCode(fail(error.message, status: 2))
    }
  }

  /// This program as one that may enter namespaces of others: it starts itself anew for that, so this comes first.
  static func sealedProgram(status: Int32 = 2) throws -> SealedProgram {
    do throws(Errno) {
      return try SealedProgram.seal()
    } catch {
      throw ExitCode(fail("\(SealedProgram.operation): \(error)", status: status))
    }
  }

  /// The status of an answer: where something ran out meanwhile, what was written is none, and that is said.
  static func status(_ status: Int32) -> Int32 {
    guard let shortage = Shortage.words else { return status }
    return fail("\(shortage)", status: 2)
  }

  /// Says on standard error what could not be seen.
  static func tell(_ unseen: [String]) {
    for sentence in unseen { write("berth: \(sentence)\n", toError: true) }
  }

  /// The mounts of a target, or the end of the command with a message.
  static func table(of target: Target, _ resolver: TargetResolver, uniqueIDs: Bool = false) throws -> MountTable {
    do throws(Errno) {
      if let process = target.process {
        let id = uniqueIDs ? namespaceID(ofProcess: process) : nil
        return try MountTable.read(process: process, namespace: id, uniqueIDs: uniqueIDs)
      }
      let isIt = { (namespace: NamespaceState) in namespace.inode == target.inode }
      // One that tells its id need not be looked for.
      let named = resolver.named.first { isIt($0) && $0.id != nil }
      guard let namespace = named ?? MachineReader(resolver).state([]).namespaces.first(where: isIt) else {
        throw .noSuchFileOrDirectory
      }
      return try MachineReader.table(of: namespace)
    } catch {
      throw ExitCode(fail("the mounts of \(target.word): \(error)", status: 2))
    }
  }

  private static func namespaceID(ofProcess process: Int32) -> UInt64? {
    guard let file = try? Syscall.open("/proc/\(process)/ns/mnt", []) else { return nil }
    return try? Syscall.mountNamespaceInfo(file.borrowed).id
  }

  /// A file, or standard input, up to a number of bytes: what is longer is cut off.
  static func bytes(of path: String?, atMost limit: Int) throws(Errno) -> [UInt8] {
    let opened = try path.map { path throws(Errno) in try Syscall.open(path, []) }
    var bytes: [UInt8] = []
    while bytes.count < limit {
      let part = try Syscall.read(opened.borrowed ?? .standardInput, count: min(65536, limit - bytes.count))
      if part.isEmpty { break }
      bytes += part
    }
    return bytes
  }

  /// How wide the terminal is; nil when standard output is none.
  static var terminalWidth: Int? {
    guard let size = try? Syscall.size(of: .standardOutput), size.columns > 0 else { return nil }
    return Int(size.columns)
  }

  /// Whether the user wants no colours: https://no-color.org.
  static var refusesColours: Bool {
    Syscall.environment().contains { $0.hasPrefix("NO_COLOR=") && $0 != "NO_COLOR=" || $0 == "TERM=dumb" }
  }

  /// Whether the locale can show lines and other characters beyond ASCII, locale(7).
  static var isUTF8: Bool {
    func value(_ name: String) -> Substring? {
      Syscall.environment().first { $0.hasPrefix(name + "=") }?.dropFirst(name.count + 1)
    }
    let locale = value("LC_ALL") ?? value("LC_CTYPE") ?? value("LANG") ?? ""
    return locale.lowercased().hasSuffix("utf-8") || locale.lowercased().hasSuffix("utf8")
  }
}
