import Instruments
import LinuxABI
import LinuxABI
import MountNamespace
import Testing

@Suite("MountExplanation")
struct MountExplanationTests {
  /// A machine that was modelled, as its namespaces' tables show it.
  private struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var before: [Machine.Operation] = []
    var userNamespace = false
    /// What is done in the host's namespace, and in the container's, once it was copied.
    var inContainer: [Machine.Operation] = []
    var afterwards: [Machine.Operation] = []
    var path = "/srv/data"
    var finding: MountExplanation.Finding
    var says: String
  }

  private static let mount = Machine.Operation.mount(type: "tmpfs", source: "data", at: "/srv/data")
  private static let share = Machine.Operation.setPropagation(.shared, recursive: true, at: "/")

  private static let cases = [
    Case(
      testDescription: "peers",
      before: [share],
      afterwards: [mount],
      finding: .seen,
      says: "The two are peers (group 2)"
    ),
    Case(
      testDescription: "slave",
      before: [share],
      inContainer: [.setPropagation(.slave, recursive: true, at: "/")],
      afterwards: [mount],
      finding: .seen,
      says: "The one in web is a slave (of group 2): it receives from host"
    ),
    Case(
      testDescription: "copied",
      before: [mount],
      finding: .seenAsCopy,
      says: "an unmount in host leaves the one in web"
    ),
    Case(
      testDescription: "private parent",
      afterwards: [mount],
      finding: .parentPrivate,
      says: "It is mounted on /, which is private in host"
    ),
    Case(
      testDescription: "private in the container",
      before: [share],
      inContainer: [.setPropagation(.private, recursive: true, at: "/")],
      afterwards: [mount],
      finding: .unlinked,
      says: "/ in web, which shows the same directory, is private and receives nothing"
    ),
    Case(
      testDescription: "unmounted in a slave",
      before: [share],
      inContainer: [.setPropagation(.slave, recursive: true, at: "/")],
      afterwards: [mount],
      path: "/gone",
      finding: .notMounted,
      says: "it lies in the mount at / (tmpfs, disk)"
    ),
    Case(
      testDescription: "covered",
      before: [share],
      inContainer: [
        .setPropagation(.slave, recursive: true, at: "/"), .mount(type: "tmpfs", source: "cover", at: "/srv"),
      ],
      afterwards: [mount],
      finding: .covered,
      says: "a mount covers it (tmpfs at /srv)"
    ),
  ]

  @Test("Each finding is told by what the kernel's model makes", arguments: cases)
  private func finding(_ example: Case) throws {
    var machine = Machine()
    let host = machine.addNamespace(name: "host", superblock: .init(type: "tmpfs", source: "disk", device: "0:2"))
    for operation in example.before { _ = try machine.apply(operation, in: host) }
    _ = try machine.apply(.unshare(as: "web", newUser: false), in: host)
    for operation in example.inContainer { _ = try machine.apply(operation, in: 1) }
    for operation in example.afterwards { _ = try machine.apply(operation, in: host) }
    let sides = [0, 1].map {
      MountExplanation.Side(
        name: $0 == 0 ? "host" : "web",
        target: $0 == 0 ? "host" : "web",
        inode: UInt64($0),
        table: machine.table(of: $0)
      )
    }
    let explanation = MountExplanation(path: example.path, from: sides[0], to: sides[1], machine: [])
    #expect(explanation.finding == example.finding)
    #expect(explanation.text(verbose: true).text.contains(example.says), "\(explanation.text(verbose: true))")
  }

  @Test("What a slave mounts is not seen where it receives from")
  func oneWay() throws {
    var machine = Machine()
    let host = machine.addNamespace(name: "host", superblock: .init(type: "tmpfs", source: "disk", device: "0:2"))
    _ = try machine.apply(Self.share, in: host)
    _ = try machine.apply(.unshare(as: "web", newUser: true), in: host)
    _ = try machine.apply(Self.mount, in: 1)
    let web = MountExplanation.Side(
      name: "web",
      target: "web",
      inode: 1,
      table: machine.table(of: 1),
      engine: .docker
    )
    var explanation = MountExplanation(
      path: "/srv/data",
      from: web,
      to: MountExplanation.Side(name: "host", target: "host", inode: 0, table: machine.table(of: host)),
      machine: []
    )
    #expect(explanation.finding == .oneWay)
    #expect(!explanation.isSeen)
    #expect(explanation.advice.map(\.command).first == "docker run -v /srv:/srv:rshared ...")
    // In a namespace of others a program that mounts would be theirs; in one's own it is advised.
    #expect(explanation.advice.count == 1)
    explanation.to.target = "self"
    #expect(explanation.text(verbose: false).text.contains("Or, to mount it in host, from where it is sent:"))
  }

  @Test(
    "A container is started anew in its engine's words, and a process in unshare(1)'s",
    arguments: [
      (.docker, "docker run -v /srv:/srv:rslave ..."), (.podman, "podman run -v /srv:/srv:rslave ..."),
      (.kubernetes, "volumeMounts: [{mountPath: \"/srv\", mountPropagation: HostToContainer, ...}]"),
      (.containerd, #"config.json: {"destination": "/srv", "source": "/srv", "options": ["rbind", "rslave"]}"#),
      (nil, "unshare --mount --propagation slave COMMAND"),
    ] as [(ContainerIdentity.Engine?, String)]
  )
  func startsAnew(engine: ContainerIdentity.Engine?, command: String) throws {
    var machine = Machine()
    let host = machine.addNamespace(name: "host", superblock: .init(type: "tmpfs", source: "disk", device: "0:2"))
    _ = try machine.apply(.unshare(as: "web", newUser: false), in: host)
    _ = try machine.apply(Self.mount, in: host)
    let explanation = MountExplanation(
      path: "/srv/data",
      from: .init(name: "host", target: "host", inode: 0, table: machine.table(of: host)),
      to: .init(name: "web", target: "web", inode: 1, table: machine.table(of: 1), engine: engine),
      machine: []
    )
    #expect(
      explanation.advice.map(\.command) == ["berth mounts set host / shared", command]
    )
    #expect(explanation.advice.map(\.relation) == [.first, .then])
  }

  @Test("What a process with a root of its own does not reach is not seen")
  func outsideRoot() throws {
    var machine = Machine()
    let host = machine.addNamespace(name: "host", superblock: .init(type: "tmpfs", source: "disk", device: "0:2"))
    _ = try machine.apply(Self.mount, in: host)
    let table = machine.table(of: host)
    let explanation = MountExplanation(
      path: "/srv/data",
      from: .init(name: "host", target: "host", inode: 0, table: table),
      to: .init(name: "jailed", target: "812", inode: 0, table: MountTable(entries: [])),
      machine: []
    )
    #expect(explanation.finding == .outsideRoot)
    #expect(!explanation.isSeen)
  }
}
