package import Instruments
package import LinuxABI
import LinuxSyscalls
import SystemPackage

/// A mount namespace that a person named.
package struct Target: Sendable {
  /// What the person wrote.
  package var word: String
  package var inode: UInt64
  /// A process of it, when it was named by one or has one.
  package var process: Int32?
  /// The path of its file, when it was named by that.
  package var file: String?
  package var container: ContainerIdentity?

  /// The name in a text: `docker web`, `process 812`, `mnt:[4026532201]`.
  package var label: String {
    if word == "self" || word == "host" { return word }
    if let container { return container.label }
    return TargetName(word).isNumber && process != nil ? "process \(word)" : "mnt:[\(inode)]"
  }
}

extension TargetName {
  fileprivate var isNumber: Bool { if case .number = self { true } else { false } }
}

extension Target {
  /// Opens the namespace, where no process of it was named.
  ///
  /// - Throws: `ESRCH` when the file of that name is another one by now.
  func openNamespace() throws(Errno) -> Descriptor {
    try MachineReader.open(NamespaceState(inode: inode, file: file))
  }
}

extension MachineReader {
  /// All that the words for namespaces have led to so far.
  package init(_ resolver: TargetResolver) {
    self.init(scan: resolver.scan, containers: resolver.containers, named: resolver.named)
  }
}

/// Why a word names no namespace, for the person who wrote it.
package struct TargetFailure: Error, Hashable, Sendable {
  package var message: Prose

  init(_ message: Prose) { self.message = message }
}

/// Finds what words name. The machine is looked at once, and only when a word needs it.
package final class TargetResolver {
  /// The processes of the machine.
  package private(set) lazy var scan = ProcessScan.read(fileSystem: fileSystem)
  /// The containers of the machine.
  package private(set) lazy var containers = ContainerScan.read(scan, known: known(scan))
  /// The namespaces that were named by their files. No process need be in them that this one sees.
  package private(set) var named: [NamespaceState] = []
  private lazy var stopped = StoppedContainers.read(scan, containers)
  private let known: (ProcessScan) -> [ContainerIdentity]
  private let fileSystem: FileSystemChoice?

  /// `known` tells of the containers whose states another part of the program reads: berth's own. The scan looks at a file system
  /// too when there is one.
  package init(fileSystem: FileSystemChoice? = nil, known: @escaping (ProcessScan) -> [ContainerIdentity]) {
    self.fileSystem = fileSystem
    self.known = known
  }

  /// The namespace of a word.
  package func resolve(_ word: String) throws(TargetFailure) -> Target {
    let found = Result { () throws(TargetFailure) in try find(word) }
    if case .success(let target) = found, target.container == nil { return target }
    // What was not seen might have the name, too.
    if let shortage = Shortage.words { throw TargetFailure("\(word): \(shortage)") }
    return try found.get()
  }

  private func find(_ word: String) throws(TargetFailure) -> Target {
    switch TargetName(word) {
    case .this: return try target(word, process: Syscall.processID)
    case .host: return try target(word, process: 1)
    case .file(let path): return try file(path)
    case .inode(let inode): return try namespace(word) { $0.inode == inode }
    case .number(let number):
      if let process = Int32(exactly: number), process > 0, (try? Syscall.open("/proc/\(process)", .path)) != nil {
        return try target(word, process: process)
      }
      if let found = try? namespace(word, where: { $0.inode == number || $0.id == number }) { return found }
      if let found = try container(word, nil, word) { return found }
      throw TargetFailure("\(word): there is no process, no namespace and no container of this number")
    case .container(let engine, let name):
      if let found = try container(word, engine, name) { return found }
      throw absence(word, name)
    }
  }

  private func target(_ word: String, process: Int32) throws(TargetFailure) -> Target {
    let link: String
    do throws(Errno) {
      link = try Syscall.readLink(at: .workingDirectory, "/proc/\(process)/ns/mnt")
    } catch {
      let advice = Syscall.effectiveUserID == 0 ? "" : ": run as root"
      let why = error == .permissionDenied ? "its namespaces are hidden from this user\(advice)" : "\(error)"
      throw TargetFailure("\(word): process \(process): \(why)")
    }
    return Target(word: word, inode: namespaceNumber(link) ?? 0, process: process)
  }

  private func file(_ path: String) throws(TargetFailure) -> Target {
    do throws(Errno) {
      let namespace = try MachineReader.describe(file: path)
      named.append(namespace)
      return Target(word: path, inode: namespace.inode, file: path)
    } catch {
      let why =
        error == .noSuchFileOrDirectory || error == .permissionDenied
        ? "\(error)" : "it is not the file of a mount namespace, as /proc/PID/ns/mnt is"
      throw TargetFailure("\(path): \(why)")
    }
  }

  private func namespace(_ word: String, where matches: (NamespaceState) -> Bool) throws(TargetFailure) -> Target {
    let state = MachineReader(self).state([])
    guard let found = state.namespaces.first(where: matches) else {
      let hidden = state.unseen.isEmpty ? "" : "; \(state.unseen[0])"
      throw TargetFailure("\(word): there is no such mount namespace; berth ns list shows them\(hidden)")
    }
    return Target(word: word, inode: found.inode, process: found.processes.first?.id, container: found.container)
  }

  /// The container that a word names; nil when there is none.
  private func container(_ word: String, _ engine: ContainerIdentity.Engine?, _ name: String) throws(TargetFailure)
    -> Target?
  {
    var found = Self.containers(engine, name, among: containers.containers)
    // Another user's engine gives its containers what names it likes: it leads nobody to them who may mean one of his own.
    if !found.isEmpty, found.allSatisfy({ $0.user != nil }) {
      found += Self.containers(engine, name, among: stopped)
    }
    if let container = try one(word, of: found), let process = container.processID {
      var target = try self.target(word, process: process)
      target.container = container
      return target
    }
    if let container = try one(word, of: Self.containers(engine, name, among: stopped)) {
      throw TargetFailure("\(word): \(container.label) is stopped, so it has no namespace (\(container.restart))")
    }
    return nil
  }

  /// Those that have a name or an id; where none has, those whose id begins with it, and Kubernetes' without their pod. A whole name
  /// of another user's is no better than the beginning of an own id.
  private static func containers(
    _ engine: ContainerIdentity.Engine?,
    _ name: String,
    among all: [ContainerIdentity]
  ) -> [ContainerIdentity] {
    // The beginning of every id is no name: it is what a script passes whose variable is not set.
    if name.isEmpty { return [] }
    let all = all.filter { engine == nil || $0.engine == engine }
    return [true, false].flatMap { isOwn in
      let all = all.filter { ($0.user == nil) == isOwn }
      let named = all.filter { $0.name == name || $0.id == name }
      return named.isEmpty ? all.filter { $0.id.hasPrefix(name) || $0.name?.hasSuffix("/" + name) ?? false } : named
    }
  }

  /// The one container of those that a word names.
  private func one(_ word: String, of found: [ContainerIdentity]) throws(TargetFailure) -> ContainerIdentity? {
    if found.count < 2 { return found.first }
    var choices = found.map(\.word)
    if Set(choices).count < choices.count { choices = found.map { "\($0.engine.rawValue):\($0.id)" } }
    // Two directories of states can have the same id, and another user's engine takes any.
    if Set(choices).count < choices.count || found.contains(where: { $0.user != nil }) {
      choices = found.map(Self.choice)
    }
    let rest = choices.count > 8 ? " and \(choices.count - 8) more" : ""
    let shown = choices.prefix(8).joined(separator: ", ")
    throw TargetFailure("\(word) names \(found.count) containers: say which: \(shown)\(rest)")
  }

  /// A container by its process, which no two have.
  private static func choice(_ container: ContainerIdentity) -> String {
    guard let process = container.processID else { return "\(container.label), which is stopped" }
    return "\(process) (\(container.label))"
  }

  private func absence(_ word: String, _ name: String) -> TargetFailure {
    if name.isEmpty {
      return TargetFailure("\"\(word)\" names nothing: a target is a process, a container or a namespace")
    }
    if (try? Syscall.open(word, .path)) != nil {
      return TargetFailure("\(word): no container has this name or id; the file of this name is ./\(word)")
    }
    let names = (containers.containers + stopped).flatMap { [$0.name, $0.shortID].compactMap(\.self) }
    let hint = nearestName(to: name, among: names + ["self", "host"]).map { "; did you mean \($0)?" } ?? ""
    return TargetFailure("\(word): no container has this name or id\(hint)")
  }
}
