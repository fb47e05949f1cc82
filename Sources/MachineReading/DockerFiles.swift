import Instruments
import JSON
import SystemPackage

/// What Docker's daemons keep of their containers on disk.
struct DockerFiles {
  /// Where they are, as seen from here: a daemon's mounts can be its own.
  private let roots: [String]

  init(_ scan: ProcessScan) {
    var roots = [Self.root(below: "", [])]
    for facts in scan.processes where facts.process.command == "dockerd" {
      // Another user's daemon says of its containers what it likes.
      guard let daemon = EngineProcess(facts, .named { $0 == "dockerd" }), daemon.isOwn else { continue }
      roots.append(Self.root(below: "/proc/\(daemon.id)/root", daemon.words))
    }
    self.roots = roots
  }

  /// Where a daemon keeps its files, dockerd(8): by its words, its configuration, or at the usual place.
  private static func root(below directory: String, _ words: [String]) -> String {
    if let root = EngineProcess.value(words, "--data-root") { return directory + root }
    let configuration = FilePath(EngineProcess.value(words, "--config-file") ?? "/etc/docker/daemon.json")
    let folder = EngineDirectory(directory + configuration.removingLastComponent().string)
    var settings = configuration.lastComponent.flatMap { folder.object($0.string) }
    return directory + (settings?.string("data-root") ?? "/var/lib/docker")
  }

  /// The name of a container.
  func name(of id: String) -> String? {
    for root in roots {
      var settings = EngineDirectory("\(root)/containers").object("\(id)/config.v2.json")
      if let name = settings?.string("Name") { return Self.bare(name) }
    }
    return nil
  }

  /// The containers of which it says that they do not run.
  var stopped: [ContainerIdentity] {
    roots.flatMap { root -> [ContainerIdentity] in
      guard let directory = EngineDirectory("\(root)/containers") else { return [] }
      return directory.names.compactMap { id in
        guard var settings = directory.object("\(id)/config.v2.json"),
          settings.object("State", { $0.bool("Running") }) == false
        else { return nil }
        return ContainerIdentity(engine: .docker, id: id, name: settings.string("Name").map(Self.bare))
      }
    }
  }

  private static func bare(_ name: String) -> String { name.hasPrefix("/") ? String(name.dropFirst()) : name }
}
