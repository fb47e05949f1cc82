import TestSupport
import Testing

/// Whether mounts and umounts travel between the host and the shell, by both mount tables.
struct Travel: Equatable {
  var outwards: Bool
  var inwards: Bool

  /// What the script of a test prints: about a mount and about an umount, each way.
  var report: String {
    """
    mounted inside, seen outside: \(outwards ? "yes" : "no")
    mounted outside, seen inside: \(inwards ? "yes" : "no")
    umounted inside, gone outside: \(outwards ? "yes" : "no")
    umounted outside, gone inside: \(inwards ? "yes" : "no")

    """
  }

  /// Asks both tables about the mount points `$HERE/NAME` outside and `$THERE/NAME` inside.
  static let script =
    Scripts.dialogue + """
      outside() { eval "$1"; }
      listed() { echo "grep -q ' $1 ' /proc/self/mountinfo && echo yes || echo no"; }
      unlisted() { echo "grep -q ' $1 ' /proc/self/mountinfo && echo no || echo yes"; }
      travel() {
        inside "mount -t tmpfs one $THERE/one"
        echo "mounted inside, seen outside: $(outside "$(listed "$HERE/one")")"
        outside "mount -t tmpfs two $HERE/two"
        echo "mounted outside, seen inside: $(inside "$(listed "$THERE/two")")"
        inside "umount $THERE/three"
        echo "umounted inside, gone outside: $(outside "$(unlisted "$HERE/three")")"
        outside "umount $HERE/four"
        echo "umounted outside, gone inside: $(inside "$(unlisted "$THERE/four")")"
      }

      """
}

@Suite(.requiresRoot) struct PropagationTests {
  @Test(arguments: [
    ("private", HostRoot.private, Travel(outwards: false, inwards: false)),
    ("unchanged", .private, Travel(outwards: false, inwards: false)),
    ("private", .shared, Travel(outwards: false, inwards: false)),
    ("slave", .shared, Travel(outwards: false, inwards: true)),
    ("shared", .shared, Travel(outwards: true, inwards: true)),
    ("unchanged", .shared, Travel(outwards: true, inwards: true)),
  ])
  func travels(type: String, hostRoot: HostRoot, expected: Travel) throws {
    let output = try Berth.script(
      Travel.script + """
        mkdir one two three four
        mount -t tmpfs three three
        mount -t tmpfs four four
        HERE=$PWD THERE=$PWD
        begin --propagation \(type)
        travel
        end
        """,
      hostRoot: hostRoot
    )
    #expect(output == Output(status: 0, out: expected.report, err: ""))
  }

  /// The tags say which peer group a mount of the host belongs to, and which it receives from.
  @Test(arguments: ["private", "slave", "shared", "unchanged"])
  func leavesTheHostAsItIs(type: String) throws {
    let output = try Berth.script(
      Scripts.dialogue + """
        mkdir alone slave
        mount -t tmpfs alone alone && mount --make-private alone
        mount --bind / slave && mount --make-slave slave
        table() { cut -d ' ' -f 3- /proc/self/mountinfo; }
        before=$(table)
        begin --propagation \(type)
        [[ $(table) == "$before" ]] && echo "the same meanwhile"
        end
        [[ $(table) == "$before" ]] && echo "the same after"
        grep -c -e master: -e shared: <<<"$before" >/dev/null && echo "there are tags"
        """,
      hostRoot: .shared
    )
    #expect(output == Output(status: 0, out: "the same meanwhile\nthe same after\nthere are tags\n", err: ""))
  }

  @Test(arguments: ["slave", "shared"])
  func refusesAPrivateHost(type: String) throws {
    let output = try Berth.script(
      """
      "$BERTH" shell --propagation \(type) -- true 2>message
      echo $?
      cat message
      eval "$(sed 's/.*to share it, run there: //' message)"
      "$BERTH" shell --propagation \(type) -- true
      """
    )
    #expect(
      output
        == Output(
          status: 0,
          out: """
            125
            berth: --propagation \(type): \(type) cannot work: / is a private mount on the host; \
            to share it, run there: mount --make-rshared /

            """,
          err: ""
        )
    )
  }

  @Test func refusesAVolumeOnASharedTree() throws {
    let output = try Berth.script(
      """
      mkdir source
      "$BERTH" shell --propagation shared -v ./source:/mnt -- true
      """,
      hostRoot: .shared
    )
    let message = """
      berth: -v ./source:/mnt: a mount on /mnt would appear on the host too, which shares its mounts with this namespace: \
      use --propagation slave

      """
    #expect(output == Output(status: 125, out: "", err: message))
  }
}

/// The steps of the article that berth comes from.
@Suite(.requiresRoot) struct ArticleTests {
  @Test(arguments: HostRoot.allCases)
  func mountsInsideStayInside(hostRoot: HostRoot) throws {
    let output = try Berth.script(
      """
      printf '%s\\n' 'mount --bind /usr/bin /mnt' 'ls /mnt/cp' | SHELL=/bin/sh "$BERTH" shell
      ls /mnt/cp 2>&1
      grep -c ' /mnt ' /proc/self/mountinfo
      """,
      hostRoot: hostRoot
    )
    #expect(output.lines == ["/mnt/cp", "ls: cannot access '/mnt/cp': No such file or directory", "0"])
  }

  @Test func setsThePrompt() throws {
    let output = try Berth.script(
      """
      echo 'printenv PS1' | SHELL=/bin/sh "$BERTH" shell
      echo 'printenv PS1' | SHELL=/bin/sh "$BERTH" shell --name blue
      echo exit | SHELL=/bin/sh "$BERTH" shell --share pid 2>&1 >/dev/null
      """
    )
    #expect(output == Output(status: 0, out: "-[berth]- # \n-[blue]- # \n", err: ""))
  }

  /// The prompt as a person sees it, on a terminal.
  @Test(.requires("script")) func showsThePrompt() throws {
    let output = try Berth.script("echo exit | SHELL=/bin/sh script -qec '$BERTH shell' /dev/null")
    #expect(output.status == 0)
    #expect(output.out.contains("-[berth]- # "))
  }
}
