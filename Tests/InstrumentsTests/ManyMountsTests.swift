import Instruments
import LinuxABI
import MountNamespace
import Testing

@Suite("Many mounts: what is told of them is no longer than they are")
struct ManyMountsTests {
  private static func entry(_ id: UInt64, on parent: UInt64, at path: String, group: UInt64? = nil) -> MountEntry {
    MountEntry(
      id: id,
      parentID: parent,
      device: "0:1",
      root: "/",
      mountPoint: path,
      options: ["rw"],
      peerGroup: group,
      type: "tmpfs",
      source: "t"
    )
  }

  /// Mounts that are stacked on one place.
  private static func stack(_ count: UInt64) -> MountTable {
    var entries = [entry(10, on: 9, at: "/")]
    for id in 11..<(10 + count) { entries.append(entry(id, on: id - 1, at: "/mnt")) }
    return MountTable(entries: entries)
  }

  @Test("A deep tree is indented up to a level, and says the level from there on")
  func levels() {
    var style = MountListing.Style(columns: [.target])
    style.isASCII = true
    let lines = MountListing(Self.stack(40)).text(style).text.split(separator: "\n")
    #expect(lines[2] == "`-/mnt (covered)")
    #expect(lines[31] == String(repeating: " ", count: 58) + "`-/mnt (covered)")
    #expect(lines[32] == String(repeating: " ", count: 58) + "`-(level 31) /mnt (covered)")
    #expect(lines[40] == String(repeating: " ", count: 58) + "`-(level 39) /mnt")
  }

  @Test("Twice the mounts are twice the text")
  func isLinear() {
    func sizes(_ count: UInt64) -> [Int] {
      let table = Self.stack(count)
      let state = MachineState(namespaces: [NamespaceState(inode: 1, table: table)], unseen: [])
      let graph = MountGraph(state.namespaces)
      return [
        MountListing(table).text(MountListing.Style(columns: [.target, .source, .peers])).text.utf8.count,
        MountListing(table).json(namespace: 1, unseen: []).utf8.count, graph.svg.utf8.count, graph.dot.utf8.count,
        graph.html.utf8.count, TableDifference(table, MountTable(entries: [])).text.text.utf8.count,
      ]
    }
    for (small, large) in zip(sizes(500), sizes(1000)) { #expect(large < 3 * small) }
  }

  @Test("Of a large peer group, some members are told, and how many more there are")
  func peers() {
    var entries = [Self.entry(10, on: 1, at: "/", group: 7)]
    for index in 1..<UInt64(100) { entries.append(Self.entry(10 + index, on: 10, at: "/m\(index)", group: 7)) }
    let table = MountTable(entries: entries)
    var style = MountListing.Style(columns: [.peers])
    style.places = PeerPlaces(MachineState(namespaces: [NamespaceState(inode: 1, table: table)], unseen: []))
    let lines = MountListing(table).text(style).text.split(separator: "\n")
    #expect(lines.count == 101)
    #expect(lines[1].hasSuffix("mnt:[1]:/m19 and 80 more"))
    #expect(lines[100].hasSuffix("mnt:[1]:/m19 and 79 more"))
  }
}
