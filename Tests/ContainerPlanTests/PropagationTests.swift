import ContainerPlan
import LinuxABI
import OCISpec
import Testing

/// How the container's tree is tied to the host's, config-linux.md "Rootfs Mount Propagation".
struct PropagationTests {
  private static func host(_ root: RootFact = .host, isShared: Bool = true, isSlave: Bool = false) -> Host {
    .of {
      $0.root = root
      $0.rootPropagation = PropagationFact(isShared: isShared, isSlave: isSlave, mountPoint: "/")
    }
  }

  @Test(
    arguments: [
      ("private", "private"), ("rprivate", "rprivate"), ("slave", "rslave"), ("rslave", "rslave"),
      ("shared", "rshared"),
      ("rshared", "rshared"), ("unbindable", "runbindable"), ("runbindable", "runbindable"),
    ]
  )
  func hostRoot(given: String, option: String) throws {
    // The copied tree is one whole: what ties it to the host is cut, or kept, all the way down.
    let line = option.hasPrefix("r") ? option : "r" + option
    #expect(try steps(.of(propagation: given), Self.host()) == ["mount --make-\(line) /"])
  }

  /// Without a word the specification leaves it open; runc's and berth's choice is to receive only.
  @Test func unsaid() throws {
    #expect(try steps(.of(propagation: nil)) == ["mount --make-rslave /"])
  }

  @Test func unchanged() throws {
    #expect(try steps(.of(propagation: nil), .of(), .of { $0.keepsPropagation = true }) == [])
  }

  /// Under a root of its own the old tree goes away; what the root is to be is said once it is the root.
  @Test(
    arguments: [
      ("rprivate", "rprivate", []), ("rslave", "rslave", []), ("shared", "rslave", ["mount --make-shared /"]),
      ("rshared", "rslave", ["mount --make-shared /"]), ("unbindable", "rslave", ["mount --make-unbindable /"]),
    ] as [(String, String, [String])]
  )
  func ownRoot(given: String, before: String, after: [String]) throws {
    let lines = try steps(.of(root: "/r", propagation: given), Self.host(.directory(path: "/r")))
    let expected = [
      "mount --make-\(before) /", "mount --rbind /r /r", "cd /r", "pivot_root . .", "umount -l .", "cd /",
    ]
    // What is below the root is made so at once: mounts that come later may be something else.
    let below = given == "rshared" ? ["mount --make-rshared /r", "mount --make-private /r"] : []
    #expect(lines == expected[..<2] + below + expected[2...] + after)
  }

  @Test(
    arguments: [
      ("rshared", false, false, "shared"), ("rshared", false, true, "shared"), ("slave", false, false, "slave"),
      ("rslave", false, true, nil), ("rslave", true, false, nil), ("rshared", true, false, nil),
      ("rprivate", false, false, nil),
    ] as [(String, Bool, Bool, String?)]
  )
  func privateHost(given: String, isShared: Bool, isSlave: Bool, wanted: String?) {
    let expected = wanted.map {
      "linux.rootfsPropagation: \($0) cannot work: / is a private mount on the host; to share it, run there: "
        + "mount --make-rshared /"
    }
    #expect(
      problems(.of(propagation: given), Self.host(isShared: isShared, isSlave: isSlave))
        == (expected.map { [$0] } ?? [])
    )
  }

  @Test func sharedFromAUserNamespace() {
    #expect(
      problems(Spec.of(propagation: "rshared").mappedToCaller, Self.host()) == [
        "linux.rootfsPropagation: mounts cannot get out of a mount namespace with a user namespace of its own, "
          + "which only receives: use slave"
      ]
    )
  }

  @Test(arguments: ["bogus", "ro", "bind", ""])
  func unknown(text: String) {
    #expect(
      problems(.of(propagation: text)) == [
        "linux.rootfsPropagation: \"\(text)\" is not a propagation type; private, slave, shared and unbindable are"
      ]
    )
  }

  // MARK: Mounts in a tree that stays shared

  private func sharedHost(_ path: String, isShared: Bool) -> Host {
    var host = Self.host()
    var fact = DestinationFact.directory(path)
    fact.isSharedWithHost = isShared
    host.destinations.set(fact, at: 0)
    return host
  }

  @Test func sharedMountWouldAppearOnTheHost() throws {
    let spec = Spec.of(mounts: [.tmpfs("/b")], propagation: "rshared")
    #expect(
      problems(spec, sharedHost("/b", isShared: true)) == [
        "mounts[0].destination: a mount on /b would appear on the host too, which shares its mounts with this namespace: "
          + "use --propagation slave"
      ]
    )
    #expect(problems(spec, sharedHost("/b", isShared: false)) == [])
    let slave = Spec.of(mounts: [.tmpfs("/b")], propagation: "rslave")
    #expect(problems(slave, sharedHost("/b", isShared: true)) == [])
  }

  /// The new /proc is the one mount that must be: it is cut off by itself.
  @Test(arguments: ["rshared", "unchanged"])
  func procIsCutOff(propagation: String) throws {
    let proc = Mount(destination: "/proc", type: "proc", source: "proc")
    let spec = Spec.of(mounts: [proc], propagation: propagation == "unchanged" ? nil : propagation)
    let traits = ShellTraits.of { $0.keepsPropagation = propagation == "unchanged" }
    #expect(
      try steps(spec, sharedHost("/proc", isShared: true), traits).suffix(2) == [
        "mount --make-rprivate /proc", "mount -t proc proc /proc",
      ]
    )
    #expect(try steps(spec, sharedHost("/proc", isShared: false), traits).last == "mount -t proc proc /proc")
    #expect(!(try steps(spec, sharedHost("/proc", isShared: false), traits).contains("mount --make-rprivate /proc")))
  }
}
