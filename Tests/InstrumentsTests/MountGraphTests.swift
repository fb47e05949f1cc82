import Instruments
import MountNamespace
import Testing

@Suite("MountGraph")
struct MountGraphTests {
  @Test("A mount is named by its path below the mount that it is on")
  func names() throws {
    var machine = Machine()
    let host = machine.addNamespace(name: "host", superblock: .init(type: "tmpfs", source: "disk", device: "0:2"))
    for path in ["/srv/data", "/srv/data/a/b", "/srv/data/a/b"] {
      _ = try machine.apply(.mount(type: "tmpfs", source: "x", at: path), in: host)
    }
    let graph = MountGraph([NamespaceState(inode: 1, table: machine.table(of: host))])
    #expect(graph.columns.first?.rows.map(\.name) == ["/", "srv/data", "a/b", "b"])
    #expect(graph.columns.first?.rows.map(\.isCovered) == [false, false, true, false])
  }

  @Test("A long name is cut in its middle: both ends tell it from others")
  func shortens() throws {
    let entry = try #require(MountTable(mountinfo: "1 1 0:1 / / rw - tmpfs disk rw\n").entries.first)
    let row = MountGraph.Row(entry: entry, depth: 0, isCovered: false, name: "var/lib/engine/0123456789/merged")
    #expect(row.shortName(32) == row.name)
    #expect(row.shortName(18) == "var/li…6789/merged")
  }
}
