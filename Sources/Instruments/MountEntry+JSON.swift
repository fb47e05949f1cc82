package import JSON
import LinuxABI
import MountNamespace

func quoted(_ text: String) -> String {
  // Most texts need no escape, and are not gone through by characters.
  let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
  return isPlain ? "\"" + text + "\"" : JSONValue.quoted(text)
}

extension MountEntry {
  /// Writes the mount as a JSON object.
  func writeJSON(to text: inout String, isCovered: Bool, _ places: PeerPlaces? = nil) {
    text += "{\"id\":\(id),\"parentId\":\(parentID),\"uniqueId\":"
    text += uniqueID.map { "\($0)" } ?? "null"
    text += ",\"mountPoint\":" + quoted(mountPoint) + ",\"source\":" + quoted(source) + ",\"type\":" + quoted(type)
    text += ",\"device\":" + quoted(device) + ",\"root\":" + quoted(root)
    text += ",\"options\":"
    Self.write(options, to: &text)
    text += ",\"superblockOptions\":"
    Self.write(superblockOptions, to: &text)
    text +=
      ",\"peerGroup\":" + (peerGroup.map { "\($0)" } ?? "null") + ",\"master\":" + (master.map { "\($0)" } ?? "null")
    text += ",\"propagateFrom\":" + (propagateFrom.map { "\($0)" } ?? "null")
    text +=
      ",\"unbindable\":" + (isUnbindable ? "true" : "false") + ",\"overmounted\":" + (isCovered ? "true" : "false")
    text += ",\"idMappings\":" + (idMappings.map(Self.json(of:)) ?? "null")
    if let places {
      for (name, group) in [("peers", peerGroup), ("masters", master)] {
        let (values, omitted) = places.json(of: group, besides: self)
        text += ",\"\(name)\":" + JSONValue.array(values).text
        if omitted > 0 { text += ",\"\(name)Omitted\":\(omitted)" }
      }
    }
    text += "}"
  }

  private static func write(_ words: [String], to text: inout String) {
    text += "["
    for (index, word) in words.enumerated() {
      if index > 0 { text += "," }
      text += quoted(word)
    }
    text += "]"
  }

  private static func json(of mappings: IDMappings) -> String {
    func list(_ maps: [IDMapping]) -> JSONValue {
      .array(
        maps.map {
          .object([
            .init("containerID", .number($0.containerID)), .init("hostID", .number($0.hostID)),
            .init("size", .number($0.size)),
          ])
        }
      )
    }
    return JSONValue.object([.init("users", list(mappings.users)), .init("groups", list(mappings.groups))]).text
  }
}

extension MountEntry {
  /// The mount as a JSON value, of the form that `MountListing` writes.
  package var json: JSONValue {
    var text = ""
    writeJSON(to: &text, isCovered: false)
    // What was written a moment ago can be read.
    return (try? JSONValue(parsing: Array(text.utf8))) ?? .null
  }

  /// Reads a mount of a listing or a snapshot; nil when a member is missing or of another type.
  package init?(_ value: JSONValue) {
    guard case .object(let members) = value else { return nil }
    var json = JSONReader(members)
    guard let id: UInt64 = json.integer("id"), let parentID: UInt64 = json.integer("parentId"),
      let mountPoint = json.string("mountPoint"), let source = json.string("source"), let type = json.string("type"),
      let device = json.string("device"), let root = json.string("root"), let options = json.strings("options")
    else { return nil }
    self.init(
      id: id,
      parentID: parentID,
      device: device,
      root: root,
      mountPoint: mountPoint,
      options: options,
      peerGroup: json.integer("peerGroup"),
      master: json.integer("master"),
      isUnbindable: json.bool("unbindable") ?? false,
      propagateFrom: json.integer("propagateFrom"),
      type: type,
      source: source,
      superblockOptions: json.strings("superblockOptions") ?? [],
      uniqueID: json.integer("uniqueId")
    )
  }
}

extension MountTable {
  /// Reads the mounts of a listing, as `berth mounts --json` and `berth mounts snapshot` print them: each id once.
  package init?(json: JSONValue) {
    guard case .object(let members) = json,
      case .array(let values)? = members.first(where: { $0.name == "mounts" })?.value
    else { return nil }
    let entries = values.compactMap { MountEntry($0) }
    guard Set(entries.map(\.id)).count == values.count else { return nil }
    self.init(entries: entries)
  }
}
