import TestSupport
import Testing

/// Mounts below a volume travel as its own option says, whatever the rest of the tree does.
@Suite(.requiresRoot) struct VolumePropagationTests {
  /// What the source of the volume is: a directory on the root mount, or a mount of its own.
  enum Source: String, CaseIterable {
    case directory, privateMount, sharedMount

    var script: String {
      switch self {
      case .directory: "mkdir source\n"
      case .privateMount: "mkdir source && mount -t tmpfs source source && mount --make-private source\n"
      case .sharedMount: "mkdir source && mount -t tmpfs source source && mount --make-shared source\n"
      }
    }
  }

  private static let apart = Travel(outwards: false, inwards: false)
  private static let receiving = Travel(outwards: false, inwards: true)
  private static let together = Travel(outwards: true, inwards: true)

  private static let rest = """
    mkdir source/one source/two source/three source/four
    mount -t tmpfs three source/three
    mount -t tmpfs four source/four
    HERE=$PWD/source THERE=/mnt

    """

  @Test(arguments: [
    ("", HostRoot.shared, Source.directory, apart),
    (":rprivate", .shared, .directory, apart),
    (":rprivate", .private, .sharedMount, apart),
    (":rprivate", .private, .privateMount, apart),
    (":rslave", .shared, .directory, receiving),
    (":slave", .shared, .directory, receiving),
    (":rslave", .private, .sharedMount, receiving),
    (":rshared", .shared, .directory, together),
    (":shared", .shared, .directory, together),
    (":rshared", .private, .sharedMount, together),
  ])
  func travels(option: String, hostRoot: HostRoot, source: Source, expected: Travel) throws {
    let output = try Berth.script(
      Travel.script + source.script + Self.rest + """
        begin -v ./source:/mnt\(option)
        travel
        end
        """,
      hostRoot: hostRoot
    )
    #expect(output == Output(status: 0, out: expected.report, err: ""))
  }

  @Test(arguments: [
    ("rslave", Source.directory, receiving), ("rslave", .privateMount, receiving),
    ("rshared", .directory, together), ("rshared", .privateMount, together),
  ])
  func refusesAPrivateSourceUntilItIsShared(option: String, source: Source, expected: Travel) throws {
    let output = try Berth.script(
      Travel.script + source.script + """
        "$BERTH" shell -v ./source:/mnt:\(option) -- true 2>message
        echo $?
        sed "s#$PWD#PWD#g" message
        eval "$(sed 's/.*to share it, run there: //' message)"
        \(Self.rest)
        begin -v ./source:/mnt:\(option)
        travel
        end
        """
    )
    let type = option.dropFirst()
    let place = source == .directory ? "/" : "PWD/source"
    let bind = source == .directory ? "mount --bind PWD/source PWD/source && " : ""
    let refusal = """
      125
      berth: -v ./source:/mnt:\(option): \(type) cannot work: PWD/source is on \(place), a private mount of the host; \
      to share it, run there: \(bind)mount --make-shared PWD/source

      """
    #expect(output == Output(status: 0, out: refusal + expected.report, err: ""))
  }
}
