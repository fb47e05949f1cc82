import Instruments
import JSON
import LinuxSyscalls

/// What Podman and CRI-O keep of their containers on disk, in the storage that they share with Buildah, containers-storage.conf(5).
struct ContainersStorage {
  private let roots: [String]

  init(_ scan: ProcessScan) {
    var roots = [Self.configuredRoot, Self.usualRoot].compactMap(\.self)
    for facts in scan.processes where facts.process.command == "conmon" {
      // ROOT/overlay-containers/ID/userdata
      guard let monitor = EngineProcess(facts, .named { $0 == "conmon" }), monitor.isOwn else { continue }
      let bundle = EngineProcess.value(monitor.words, "-b") ?? ""
      let parts = bundle.split(separator: "/", omittingEmptySubsequences: false)
      let root = parts.dropLast(3).joined(separator: "/")
      if parts.last == "userdata", !roots.contains(root) { roots.append(root) }
    }
    self.roots = roots
  }

  private static func variable(_ name: String) -> String? {
    Syscall.environment().last { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
  }

  private static var usualRoot: String? {
    if Syscall.effectiveUserID == 0 { return "/var/lib/containers/storage" }
    let data = variable("XDG_DATA_HOME") ?? variable("HOME").map { $0 + "/.local/share" }
    return data.map { $0 + "/containers/storage" }
  }

  /// The `graphroot` of the first configuration that has one.
  private static var configuredRoot: String? {
    let home = variable("XDG_CONFIG_HOME") ?? variable("HOME").map { $0 + "/.config" }
    let own = Syscall.effectiveUserID == 0 ? "/etc/containers" : home.map { $0 + "/containers" }
    for file in [variable("CONTAINERS_STORAGE_CONF"), own.map { $0 + "/storage.conf" }].compactMap(\.self) {
      guard var file = try? ForeignFile(file, limit: 1 << 20) else { continue }
      while let line = try? file.nextLine(longest: 4096) {
        let parts = String(decoding: line, as: UTF8.self).split(separator: "=", maxSplits: 1).map {
          $0.filter { $0 != " " && $0 != "\"" }
        }
        if parts.count == 2, parts[0] == "graphroot" { return parts[1] }
      }
    }
    return nil
  }

  /// Its containers. Which of Podman's run is in a database, and told by their conmon.
  var containers: [ContainerIdentity] {
    roots.flatMap { root in
      EngineDirectory(root).names.filter { $0.hasSuffix("-containers") }.flatMap { name -> [ContainerIdentity] in
        guard let directory = EngineDirectory("\(root)/\(name)"),
          case .array(let records)? = directory.json("containers.json")
        else { return [] }
        return records.compactMap(Self.container)
      }
    }
  }

  private static func container(_ record: JSONValue) -> ContainerIdentity? {
    guard case .object(let members) = record else { return nil }
    var reader = JSONReader(members)
    // Buildah's containers are there too, without what the others note of their own.
    guard let id = reader.string("id"), reader.string("metadata")?.isEmpty == false else { return nil }
    return ContainerIdentity(conmonID: id, name: reader.strings("names")?.first)
  }
}
