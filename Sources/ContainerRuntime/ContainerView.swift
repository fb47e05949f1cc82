import ContainerPlan
import LinuxABI
import LinuxSyscalls
import MountNamespace
import OCISpec
import SystemPackage

/// The tree as the container will see it, walked on the host before any of it is made.
struct ContainerView {
  /// A mount of the spec, and where its files are on the host.
  private struct Layer {
    var index: Int?
    var path: String
    /// Where the files are on the host; nil for a file system that is yet to be made, and so empty.
    var source: String?
  }

  private var layers: [Layer]
  private let isImage: Bool

  init(root: RootFact) {
    switch root {
    case .host: layers = [Layer(path: "/", source: "/")]
    case .directory(let path): layers = [Layer(path: "/", source: path)]
    case .image, .refused: layers = [Layer(path: "/", source: nil)]
    }
    if case .image = root { isImage = true } else { isImage = false }
  }

  /// Puts a mount of the spec into the view.
  mutating func add(_ index: Int, _ mount: Mount, at path: String, source: String?) {
    // What proc and sysfs show is the same on the host.
    let view = mount.type == "proc" ? "/proc" : mount.type == "sysfs" ? "/sys" : nil
    layers.append(Layer(index: index, path: path, source: source ?? view))
  }

  private func layer(at path: String) -> Layer {
    layers.last { isPath(path, within: $0.path) } ?? layers[0]
  }

  /// Where on the host a path of the container is; nil for what is yet to be made.
  private func hostPath(_ path: String) -> String? {
    let layer = layer(at: path)
    guard let source = layer.source else { return nil }
    let rest = MountNamespace.path(path, from: layer.path)
    return rest == "/" ? source : (source == "/" ? rest : source + rest)
  }

  /// Walks to a destination, link by link (but for the last one, if that is the destination itself), and tells what is there.
  func destination(_ destination: String, followingLink: Bool = true) -> DestinationFact {
    var walk = Walk(rest: names(of: destination).reversed())
    while let name = walk.rest.popLast() {
      if name == "." { continue }
      if name == ".." {
        if walk.path == "/", let link = walk.link {
          return walk.fact(self, .refused(link.leaves))
        }
        walk.path = parent(of: walk.path)
        continue
      }
      let next = walk.path == "/" ? "/" + name : walk.path + "/" + name
      let found: FileKind?
      do throws(Errno) {
        found = try kind(at: next)
      } catch {
        return walk.fact(self, .refused("\(next): \(error)"))
      }
      switch found {
      case .directory: walk.path = next
      case .symbolicLink where walk.rest.isEmpty && !followingLink:
        walk.path = next
        return walk.fact(self, .exists(.symbolicLink))
      case .symbolicLink:
        guard walk.follow(next, text: text(ofLink: next)) else {
          return walk.fact(self, .refused("\(next) is a symbolic link that leads to itself"))
        }
      case nil: return missing(name, walk)
      case let kind?:
        guard walk.rest.isEmpty else {
          return walk.fact(self, .refused("\(next) is not a directory"))
        }
        walk.path = next
        return walk.fact(self, .exists(kind))
      }
    }
    return walk.fact(self, .exists(.directory))
  }

  private func parent(of path: String) -> String {
    "/" + names(of: path).dropLast().joined(separator: "/")
  }

  /// What is at a path whose parents are directories; a mount's own place is what is mounted there.
  private func kind(at path: String) throws(Errno) -> FileKind? {
    let layer = layer(at: path)
    if layer.path == path, layer.source == nil { return .directory }
    guard let file = hostPath(path) else { return nil }
    do throws(Errno) {
      return try Syscall.status(path: file, followingLinks: layer.path == path).kind
    } catch .noSuchFileOrDirectory {
      return nil
    }
  }

  private func text(ofLink path: String) -> String {
    hostPath(path).flatMap { try? Syscall.readLink(at: .workingDirectory, $0) } ?? ""
  }

  private func missing(_ name: String, _ walk: Walk) -> DestinationFact {
    let layer = layer(at: walk.path)
    if let link = walk.link, layer.source != nil, walk.rest.count >= link.restAfter {
      return walk.fact(self, .refused(link.leadsNowhere))
    }
    var fact = walk
    fact.path = normalized(([walk.path, name] + walk.rest.reversed()).joined(separator: "/"))
    let answer: DestinationFact.Answer
    if layer.source == nil, layer.index == nil, isImage {
      answer = .unknown
    } else if let source = hostPath(walk.path), let directory = directoryFact(source, shownAs: walk.path) {
      answer = .missing(in: directory)
    } else {
      answer = .missing(
        in: DirectoryFact(path: walk.path, permissions: 0o755, userID: 0, groupID: 0, entries: [])
      )
    }
    return DestinationFact(path: fact.path, containingMount: layer.index, answer: answer)
  }

  /// Where a walk has come to.
  private struct Walk {
    var path: String = "/"
    /// The names that are still to go, the next one last.
    var rest: [String]
    /// The symbolic link that was followed last.
    var link: Link?
    private var links: Int = 0

    init(rest: [String]) { self.rest = rest }

    /// Goes on with a link's text; false after more links than the kernel follows, path_resolution(7).
    mutating func follow(_ place: String, text: String) -> Bool {
      links += 1
      guard links <= 40 else { return false }
      link = Link(place: place, text: text, restAfter: rest.count)
      if text.hasPrefix("/") { path = "/" }
      rest += names(of: text).reversed()
      return true
    }

    func fact(_ view: ContainerView, _ answer: DestinationFact.Answer) -> DestinationFact {
      DestinationFact(path: path, containingMount: view.containing(path), answer: answer)
    }
  }

  private func containing(_ path: String) -> Int? { layer(at: path).index }

  private struct Link {
    var place: String
    var text: String
    /// How many names were left to go behind the link: with no fewer left, the walk is still in its text.
    var restAfter: Int

    var leaves: String { "\(place) is a symbolic link to \(text), which leads out of the root" }
    var leadsNowhere: String { "\(place) is a symbolic link to \(text), which does not exist in the root" }
  }
}
