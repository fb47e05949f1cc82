import LinuxABI
import MountNamespace

extension MountLine {
  /// The words of a mount(8) line, sorted.
  private struct Request {
    var type: String?
    var options: [String] = []
    var bind: Bool?
    var move = false
    var beneath = false
    var setGroup = false
    var propagations: [(type: Propagation, recursive: Bool)] = []
    var operands: [String] = []
  }

  static func mount(_ arguments: [String]) throws(Problem) -> [Machine.Operation] {
    let request = try sorted(arguments)
    guard let last = request.operands.last else { throw Problem("mount: where to mount is missing") }
    guard request.operands.count <= 2 else {
      throw Problem("mount: \"\(request.operands[2])\" is one operand too many")
    }
    let path = try absolute(last)
    let source = request.operands.count == 2 ? request.operands[0] : nil
    let options = try read(request.options)
    let changes = options.changes(at: path)
    let propagations = request.propagations + options.propagations
    let makes = propagations.map { Machine.Operation.setPropagation($0.type, recursive: $0.recursive, at: path) }
    if let recursive = request.bind ?? options.bind, !options.remount {
      guard let source else { throw Problem("mount: what to bind at \(path) is missing") }
      return [.bind(from: try absolute(source), recursive: recursive, at: path)] + changes + makes
    }
    if request.move || request.setGroup {
      guard let source else { throw Problem("mount: what to move to \(path) is missing") }
      let from = try absolute(source)
      if request.setGroup { return [.setGroup(from: from, to: path)] }
      return [request.beneath ? .moveBeneath(from: from, to: path) : .move(from: from, to: path)] + makes
    }
    if options.remount {
      guard options.bind != nil || request.bind != nil else {
        throw Problem(
          "mount: remount without bind changes the file system, which is not a matter of mounts: use -o remount,bind"
        )
      }
      return changes + makes
    }
    if source == nil, !makes.isEmpty, request.type == nil { return makes }
    guard let source else {
      throw Problem("mount: what to mount at \(path) is missing: fstab is not read")
    }
    return [.mount(type: request.type ?? "auto", source: source, attributes: options.attributes, at: path)] + makes
  }

  private static func sorted(_ arguments: [String]) throws(Problem) -> Request {
    var request = Request()
    var rest = arguments[...]
    var onlyOperands = false
    func value(_ option: String) throws(Problem) -> String {
      guard let value = rest.popFirst() else { throw Problem("mount: \(option) needs a value") }
      return value
    }
    while let word = rest.popFirst() {
      if onlyOperands || !word.hasPrefix("-") || word == "-" {
        request.operands.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      switch parts[0] {
      case "--": onlyOperands = true
      case "-t", "--types": request.type = parts.count == 2 ? parts[1] : try value(word)
      case "-o", "--options":
        let text = parts.count == 2 ? parts[1] : try value(word)
        request.options += text.split(separator: ",").map(String.init)
      case "-B", "--bind": request.bind = false
      case "-R", "--rbind": request.bind = true
      case "-M", "--move": request.move = true
      case "--beneath": request.beneath = true
      case "--set-group": request.setGroup = true
      case "-r", "--read-only": request.options.append("ro")
      case "-w", "--rw", "--read-write": request.options.append("rw")
      case "-n", "--no-mtab", "-v", "--verbose", "--no-canonicalize", "-c", "-i", "--internal-only": break
      case "--source": request.operands.insert(try value(word), at: 0)
      case "--target": request.operands.append(try value(word))
      default: request.propagations.append(try propagation(word))
      }
    }
    return request
  }

  private static func propagation(_ word: String) throws(Problem) -> (type: Propagation, recursive: Bool) {
    let name = word.hasPrefix("--make-") ? String(word.dropFirst(7)) : ""
    if let type = Propagation(rawValue: name) { return (type, false) }
    if name.hasPrefix("r"), let type = Propagation(rawValue: String(name.dropFirst())) { return (type, true) }
    let known = Propagation.allCases.flatMap { ["--make-\($0.rawValue)", "--make-r\($0.rawValue)"] }
    let all = known + ["--types", "--options", "--bind", "--rbind", "--move", "--beneath", "--read-only"]
    let hint = nearestName(to: word, among: all).map { "; did you mean \($0)?" } ?? ""
    throw Problem("mount: \"\(word)\" is not an option that is known here\(hint)")
  }

  /// What `-o` asks of mounts.
  private struct Options {
    var attributes: MountAttributes = []
    var change = MountChange()
    var bind: Bool?
    var remount = false
    var propagations: [(type: Propagation, recursive: Bool)] = []

    func changes(at path: String) -> [Machine.Operation] {
      var operations: [Machine.Operation] = []
      for (attributes, recursive) in [(change.recursiveAttributes, true), (change.attributes, false)]
      where !attributes.isEmpty {
        operations.append(.setAttributes(set: attributes.set, clear: attributes.clear, recursive: recursive, at: path))
      }
      return operations
    }
  }

  private static func read(_ words: [String]) throws(Problem) -> Options {
    var options = Options()
    // mount(8) writes `ro=recursive` for what a runtime's config writes as `rro`.
    let names = words.map { $0.hasSuffix("=recursive") ? "r" + $0.dropLast("=recursive".count) : $0 }
    for name in names where name.hasPrefix("X-") || name.hasPrefix("x-") {
      throw Problem("mount: the option \"\(name)\" is mount(8)'s own and is not modelled")
    }
    let read: MountOptions
    do throws(MountOptions.Problem) {
      read = try MountOptions(names)
    } catch {
      throw Problem("mount: \(error.message)")
    }
    options.change = read.change
    options.attributes = read.change.attributes.set
    options.bind = read.bind ? read.recursive : nil
    options.remount = read.remount
    if let propagation = read.change.propagation { options.propagations = [(propagation.type, propagation.recursive)] }
    return options
  }

  static func unmount(_ arguments: [String]) throws(Problem) -> [Machine.Operation] {
    var detach = false
    var paths: [String] = []
    for word in arguments {
      switch word {
      case "-l", "--lazy": detach = true
      case "-n", "--no-mtab", "-v", "--verbose", "-q", "--quiet", "-c", "--no-canonicalize", "-i", "-f", "--force",
        "--":
        break
      case "-R", "--recursive":
        throw Problem("umount: --recursive is many unmounts: name each, or use --lazy, which takes all below too")
      default:
        guard !word.hasPrefix("-") else {
          let hint =
            nearestName(to: word, among: ["--lazy", "--no-mtab", "--force", "--verbose"]).map {
              "; did you mean \($0)?"
            } ?? ""
          throw Problem("umount: \"\(word)\" is not an option that is known here\(hint)")
        }
        paths.append(try absolute(word))
      }
    }
    guard !paths.isEmpty else { throw Problem("umount: what to unmount is missing") }
    return paths.map { .unmount(at: $0, detach: detach) }
  }
}
