import Instruments
import LinuxABI
import MountNamespace
import Testing

struct MountLedgerTests {
  private static func mount(
    _ id: UInt64,
    on parent: UInt64,
    _ path: String,
    source: String = "none",
    options: [String] = ["rw"],
    peerGroup: UInt64? = nil,
    unique: Bool = true
  ) -> MountEntry {
    MountEntry(
      id: id,
      parentID: parent,
      device: "0:\(id)",
      root: "/",
      mountPoint: path,
      options: options,
      peerGroup: peerGroup,
      type: "tmpfs",
      source: source,
      superblockOptions: ["rw"],
      uniqueID: unique ? 1000 + id : nil
    )
  }

  private static let root = mount(1, on: 0, "/")
  private static let srv = mount(2, on: 1, "/srv")
  private static let below = mount(3, on: 2, "/srv/a")
  private static let table = MountTable(entries: [root, srv, below])

  /// The changes as words: `attached /mnt`.
  private static func words(_ changes: [WatchedChange]) -> [String] {
    changes.map { change in
      let detail = change.detail.map { " " + $0 } ?? ""
      return "\(change.kind.rawValue) \(change.entry?.mountPoint ?? "id \(change.id ?? 0)")\(detail)"
    }
  }

  @Test func aMountThatIsGoneIsStillKnown() {
    var ledger = MountLedger(Self.table)
    let change = ledger.take(MountNotice(.detach, mountID: 1003), nil)
    #expect(change == WatchedChange(.detached, Self.below))
    // What was told is not told again.
    #expect(ledger.take(MountNotice(.detach, mountID: 1003), nil) == nil)
  }

  @Test func whatCameAndWentAtOnceIsTold() {
    var ledger = MountLedger(Self.table)
    #expect(ledger.take(MountNotice(.attach, mountID: 1009), nil) == WatchedChange(.attached, id: 1009))
    #expect(ledger.holds(1009))
    #expect(ledger.take(MountNotice(.detach, mountID: 1009), nil) == WatchedChange(.detached, id: 1009))
    #expect(!ledger.holds(1009))
  }

  @Test func whatWasThereAtTheBeginningDidNotCome() {
    var ledger = MountLedger(Self.table)
    #expect(ledger.take(MountNotice(.attach, mountID: 1002), Self.srv) == nil)
  }

  @Test func whatIsBelowAMoveGoesAlong() {
    var ledger = MountLedger(Self.table)
    var moved = Self.srv
    moved.mountPoint = "/mnt"
    let change = ledger.take(MountNotice(.move, mountID: 1002), moved)
    #expect(change.map { Self.words([$0]) } == ["moved /mnt from /srv"])
    let gone = ledger.take(MountNotice(.detach, mountID: 1003), nil)
    #expect(gone?.entry?.mountPoint == "/mnt/a")
  }

  @Test(arguments: [true, false]) func tablesAreCompared(unique: Bool) {
    func mount(_ id: UInt64, on parent: UInt64, _ path: String, peerGroup: UInt64? = nil) -> MountEntry {
      Self.mount(id, on: parent, path, peerGroup: peerGroup, unique: unique)
    }
    let before = [
      mount(1, on: 0, "/"), mount(2, on: 1, "/srv"), mount(3, on: 2, "/srv/a"), mount(4, on: 1, "/old"),
      mount(5, on: 4, "/old/x"),
    ]
    var ledger = MountLedger(MountTable(entries: before))
    let after = [
      mount(1, on: 0, "/", peerGroup: 7), mount(2, on: 1, "/mnt"), mount(3, on: 2, "/mnt/a"), mount(6, on: 1, "/new"),
    ]
    let expected = [
      "detached /old/x", "detached /old", "changed / propagation: private -> shared:7", "moved /mnt from /srv",
      "attached /new",
    ]
    #expect(Self.words(ledger.compare(with: MountTable(entries: after), .whole)) == expected)
    #expect(ledger.compare(with: MountTable(entries: after), .whole).isEmpty)
  }

  @Test func anIDThatIsUsedAgainIsAnotherMount() {
    let old = Self.mount(2, on: 1, "/srv", source: "old", unique: false)
    let new = Self.mount(2, on: 1, "/srv", source: "new", unique: false)
    var ledger = MountLedger(MountTable(entries: [old]))
    let changes = ledger.compare(with: MountTable(entries: [new]), .whole)
    #expect(changes.map(\.kind) == [.detached, .attached])
    #expect(changes.map { $0.entry?.source } == ["old", "new"])
  }

  @Test func beforeNoticesOnlyWhatTheyDoNotTellIsCompared() {
    var ledger = MountLedger(Self.table)
    var moved = Self.srv
    moved.mountPoint = "/mnt"
    moved.options = ["ro"]
    let table = MountTable(entries: [Self.root, moved, Self.mount(4, on: 1, "/new")])
    let changes = ledger.compare(with: table, .quiet(withPlaces: false))
    #expect(Self.words(changes) == ["changed /mnt options: rw -> ro"])
    // The notices that are under way find what they speak of.
    #expect(ledger.take(MountNotice(.move, mountID: 1002), moved)?.detail == "from /srv")
    #expect(ledger.take(MountNotice(.detach, mountID: 1003), nil)?.entry?.uniqueID == 1003)
    #expect(ledger.take(MountNotice(.attach, mountID: 1004), Self.mount(4, on: 1, "/new"))?.kind == .attached)
  }

  @Test func afterALossNoticesAreNotToldTwice() {
    var ledger = MountLedger(Self.table)
    let new = Self.mount(9, on: 1, "/new")
    let changes = ledger.compare(with: MountTable(entries: [Self.root, Self.srv, new]), .whole)
    #expect(Self.words(changes) == ["detached /srv/a", "attached /new"])
    #expect(ledger.take(MountNotice(.detach, mountID: 1003), nil) == nil)
    #expect(ledger.take(MountNotice(.attach, mountID: 1009), new) == nil)
    #expect(ledger.take(MountNotice(.detach, mountID: 1009), nil)?.entry == new)
  }

  @Test func linesStayLines() {
    let place = MountEvent.Place(inode: 5, label: "docker web")
    let actor = MountEvent.Actor(id: 7, command: "mo\u{1b}unt")
    let entry = Self.mount(4, on: 1, "/a\nb")
    let text = MountEvent(WatchedChange(.attached, entry), in: place, by: actor).text(
      at: Timestamp(seconds: 0, nanoseconds: 0)
    )
    #expect(
      text == "1970-01-01T00:00:00Z  attached  /a\\012b  tmpfs  none  by mo\\033unt[7]  in docker web, mnt:[5]\n"
    )
  }
}
