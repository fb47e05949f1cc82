import Instruments
import JSON

/// What Docker's daemons keep of their containers on disk.
struct DockerFiles {
  /// Where they are, as seen from here: a daemon's mounts can be its own.
  private let roots: [String]

  init(_ scan: ProcessScan) {
    var roots = [Self.root(below: "", [])]
    for facts in scan.processes where facts.process.command == "dockerd" {
      roots.append(Self.root(below: "/proc/\(facts.process.id)/root", EngineFile.words(of: facts.process.id)))
    }
    self.roots = roots
  }

  /// Where a daemon keeps its files, dockerd(8): by its words, its configuration, or at the usual place.
  private static func root(below directory: String, _ words: [String]) -> String {
    if let root = EngineFile.value(words, "--data-root") { return directory + root }
    let configuration = EngineFile.value(words, "--config-file") ?? "/etc/docker/daemon.json"
    var settings = EngineFile.object(directory + configuration)
    return directory + (settings?.string("data-root") ?? "/var/lib/docker")
  }

  /// The name of a container.
  func name(of id: String) -> String? {
    for root in roots {
      var settings = EngineFile.object("\(root)/containers/\(id)/config.v2.json")
      if let name = settings?.string("Name") { return Self.bare(name) }
    }
    return nil
  }

  /// The containers of which it says that they do not run.
  var stopped: [ContainerIdentity] {
    roots.flatMap { root in
      EngineFile.names(in: "\(root)/containers").compactMap { id in
        guard var settings = EngineFile.object("\(root)/containers/\(id)/config.v2.json"),
          settings.object("State", { $0.bool("Running") }) == false
        else { return nil }
        return ContainerIdentity(engine: .docker, id: id, name: settings.string("Name").map(Self.bare))
      }
    }
  }

  private static func bare(_ name: String) -> String { name.hasPrefix("/") ? String(name.dropFirst()) : name }
}
