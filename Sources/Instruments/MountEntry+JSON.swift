import JSON
import LinuxABI
import MountNamespace

func quoted(_ text: String) -> String {
  // Most texts need no escape, and are not gone through by characters.
  let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
  return isPlain ? "\"" + text + "\"" : JSONValue.quoted(text)
}

extension MountEntry {
  /// Writes the mount as a JSON object.
  func writeJSON(to text: inout String, isCovered: Bool) {
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
    text += ",\"idMappings\":" + (idMappings.map(Self.json(of:)) ?? "null") + "}"
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
