import Foundation
import TestSupport
import Testing

/// The instruments on namespaces that the tests make.
@Suite(.requiresRoot) struct InstrumentTests {
  /// `valid NAME`: whether standard input is what docs/schemas/NAME.schema.json describes, a document a line with `lines`.
  static let prelude =
    Scripts.waiting + """
      valid() {
        /usr/bin/python3 -c '
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1]))
      text = sys.stdin.read()
      for part in text.splitlines() if len(sys.argv) > 2 else [text]:
          jsonschema.Draft202012Validator(schema).validate(json.loads(part))
      ' "\(URL(filePath: #filePath).appending(path: "../../../docs/schemas").standardized.path)/$1.schema.json" $2
      }
      # A process in another namespace, whose file is mounted on `file`: the kernel refuses that where it cannot rule out a loop
      # of namespaces, by ids that each processor counts for itself.
      bound() {
        touch file
        for _ in $(seq 50); do
          apart private; mount --bind /proc/$last/ns/mnt file 2>/dev/null && return
          kill $last; wait $last 2>/dev/null
        done
        exit 99
      }
      # A process in a namespace of its own, once it is there.
      apart() { unshare -m --propagation "$1" sleep 100 & last=$!; until_true moved "$last"; }
      moved() { [ "$(readlink /proc/$1/ns/mnt)" != "$(readlink /proc/$$/ns/mnt)" ] && grep -q sleep /proc/$1/comm; }
      inside() { [ "$(readlink /proc/$1/cwd)" = "$PWD/$2" ]; }
      number() { stat -Lc %i "$1"; }
      trap 'kill $(jobs -p) 2>/dev/null' EXIT
      mkdir -p disk


      """

  func run(_ script: String) throws -> Output { try Berth.script(Self.prelude + script) }

  /// One reading is by /proc/PID/mountinfo, the other by listmount(2) and statmount(2).
  @Test func readsTheSameBothWays() throws {
    let output = try run(
      #"""
      mount -t tmpfs -o noatime,size=1m 'a b' disk; mkdir "$PWD/disk/x y" disk/z; mount --make-shared disk
      mount --bind disk/z "$PWD/disk/x y"; mount -o remount,bind,ro,nosuid "$PWD/disk/x y"
      mount -t tmpfs over disk/z; mount -t tmpfs over2 disk/z; mount --make-unbindable disk/z
      apart slave; $BERTH mounts $last --json >one; n=$(number /proc/$last/ns/mnt); exec 7</proc/$last/ns/mnt
      valid mounts <one; kill $last; wait $last 2>/dev/null
      $BERTH mounts "mnt:[$n]" --json >two; valid mounts <two
      jq -S '.mounts | map(del(.propagateFrom)) | sort_by(.id)' one >1; jq -S '.mounts | map(del(.propagateFrom)) | sort_by(.id)' two >2
      diff 1 2 && echo same
      """#
    )
    #expect(output.out == "same\n", "\(output.out)\(output.err)")
  }

  @Test func showsTrees() throws {
    let output = try run(
      """
      mount -t tmpfs top disk; mkdir disk/a disk/b; mount -t tmpfs low disk/a; mount -t tmpfs hidden disk/b; mount -t tmpfs above disk/b
      mount --make-shared disk/a
      LC_ALL=C.UTF-8 $BERTH mounts --path "$PWD/disk" -o source,propagation,overmounted --list | sed 's/shared:[0-9]*/shared:N/; s/  */ /g'
      $BERTH mounts --type tmpfs --source low -o target --list | sed "s|$PWD||"
      $BERTH mounts -o nothing; echo $?
      $BERTH mounts nosuchcontainer; echo $?
      $BERTH mounts | head -1 | sed 's/  */ /g'
      """
    )
    #expect(
      output.out
        == """
        SOURCE PROPAGATION OVERMOUNTED
        top private -
        low shared:N -
        hidden private yes
        above private -
        TARGET
        /disk/a
        2
        2
        TARGET SOURCE FSTYPE PROPAGATION OPTIONS

        """
    )
    #expect(output.err.contains("--columns: there is no column \"nothing\"; there are target, source"))
    #expect(output.err.contains("nosuchcontainer: no container has this name or id"))
  }

  @Test func findsWhatIsAskedFor() throws {
    let output = try run(
      #"""
      mount -t tmpfs base disk; mkdir disk/a; mount -t tmpfs in disk/a; ln -s disk/a link
      list() { $BERTH mounts --list -o source "$@" | tail -n +2; echo "${PIPESTATUS[0]}"; }
      list --path disk; list --path link; cd disk/a; list --path .; list --path ..; list --path nothing; list --type nosuch; list --source in
      $BERTH mounts --type nosuch --json | jq -c .mounts
      $BERTH mounts --all --json 2>/dev/null | valid mounts && echo valid
      for line in "--propagation odd" "-o ,target" "--all self" "--path here $$"; do $BERTH mounts $line 2>&1 | head -1 | cut -c1-50; done
      """#
    )
    #expect(
      output.out == """
        base
        in
        0
        in
        0
        in
        0
        base
        in
        0
        1
        1
        in
        0
        []
        valid
        berth: The value 'odd' is invalid for '--propagati
        berth: --columns: there is no column ""; there are
        berth: --all shows every namespace: it takes no ta
        berth: --path here: must begin with /: it is proce

        """,
      "\(output.err)"
    )
  }

  @Test func showsWhatDisksAreCalled() throws {
    let output = try run(
      #"""
      mkdir files dev; mksquashfs files image -quiet >/dev/null; mount -t squashfs -o loop image disk
      # A /dev of this test, with the links that udev would make.
      loop=$(findmnt -no SOURCE disk); loop=${loop#/dev/}; mount -t tmpfs dev dev; mknod dev/null c 1 3; mknod dev/$loop b 7 ${loop#loop}
      mkdir -p dev/disk/by-label dev/disk/by-uuid; ln -s ../../$loop 'dev/disk/by-label/my\x20disk'; ln -s ../../$loop dev/disk/by-uuid/12-34
      mount --move dev /dev
      $BERTH mounts --path "$PWD/disk" -o label,uuid,partlabel --list | sed 's/   */  /g'; umount disk
      """#
    )
    #expect(output.out == "LABEL  UUID  PARTLABEL\nmy disk  12-34  -\n", "\(output.err)")
  }

  @Test func knowsItsOwnContainers() throws {
    let output = try RuntimeHost.script(
      """
      # The usual place of the state, for this test alone.
      mount -t tmpfs run /run; unset -f berth; trap '"$BERTH" delete --force "$id"' EXIT
      "$BERTH" run -d -b bundle "$id" </dev/null >/dev/null 2>&1
      "$BERTH" mounts "$id" --list -o target | grep -xc /proc
      "$BERTH" ns enter "berth:$id" -- /bin/sh -c 'echo inside; exit 3'; echo $?
      "$BERTH" ns list --json 2>/dev/null | jq -r --arg id "$id" '.namespaces[].container | select(.id? == $id) | .engine'
      "$BERTH" mounts explain / --from "$id" --to self --json 2>/dev/null | jq -r .from.name | sed "s/$id/ID/"
      "$BERTH" mounts "${id}x" 2>&1 | sed "s/$id/ID/g"
      "$BERTH" mounts graph "$id" --format svg | grep -c "berth $id"
      "$BERTH" mounts diff self "$id" >/dev/null; echo $?; "$BERTH" mounts snapshot "$id" | jq '.mounts | length > 5'
      "$BERTH" mounts predict "$id" -- umount -l /proc 2>/dev/null | grep -c '^  - /proc '
      "$BERTH" mounts watch "$id" --json --timeout 20 --count 1 >events 2>told & until_true grep -q watching told
      "$BERTH" ns enter "$id" --types mount -- /bin/mount -t tmpfs new$$ /bin/../proc; wait $!; jq -r '.event, .path' events
      "$BERTH" mounts holders new$$ --json 2>/dev/null | jq -r '.mounts[].container.engine'
      """
    )
    #expect(
      output.out == """
        1
        inside
        3
        berth
        berth ID
        berth: IDx: no container has this name or id; did you mean ID?
        1
        1
        true
        1
        attached
        /proc
        berth

        """,
      "\(output.err)"
    )
  }

  @Test func explainsAndPredicts() throws {
    let output = try run(
      """
      mount -t tmpfs base disk; mkdir disk/a; mount --make-shared disk
      apart slave; slave=$last; apart private; private=$last
      $BERTH mounts predict --json -- mount -t tmpfs new "$PWD/disk/a" >predicted; valid predict <predicted
      jq -r '.changes[].cause' predicted
      mount -t tmpfs new disk/a
      $BERTH mounts explain "$PWD/disk/a" --to $slave --json >explained; echo $?; valid explain <explained
      jq -r .finding explained
      $BERTH mounts explain "$PWD/disk/a" --to $private | sed "s|$PWD||g; s/process [0-9][0-9]*/P/; s/group [0-9]*/G/"
      $BERTH mounts predict -- umount "$PWD/disk" | tail -1 | cut -c1-27; $BERTH mounts predict -- mount --bind /nosuch /mnt
      ln -s disk/a link; (cd disk/a; exec sleep 100) & until_true inside $! disk/a
      $BERTH mounts predict --json -- umount "$PWD/link" >predicted 2>/dev/null; echo $?; valid predict <predicted
      jq -r .busy.use predicted; $BERTH mounts predict -- umount "$PWD/link" | grep -c /disk/a; $BERTH mounts predict -- mount --bnd /x /y; echo $?
      """
    )
    #expect(
      output.out == """
        asked
        slave
        0
        seen
        /disk/a is not seen in P.
        It is mounted on /disk, which is shared (peer G); but /disk in P, which shows the same directory, is private and receives nothing from that group.

        To start the process anew with the directory, and with what is mounted below it later:
          unshare --mount --propagation slave COMMAND
        The kernel would refuse it:
        The kernel would refuse it: /nosuch does not exist (No such file or directory).
        1
        works in it
        2
        2

        """,
      "\(output.err)"
    )
    #expect(output.err.contains("would fail, the target is busy: process "))
  }

  @Test(arguments: ["", "--poll"])
  func watches(option: String) throws {
    let output = try run(
      """
      $BERTH mounts watch --json --timeout 30 \(option) >events 2>told & watch=$!
      until_true grep -q watching told
      seen() { grep -q "$1" events; }
      mount -t tmpfs one disk; until_true seen attached
      mount --make-shared disk; until_true seen 'propagation: private'
      mount -o remount,bind,ro disk; until_true seen 'options: rw'
      mount --make-private disk; mkdir other; mount --move disk other; until_true seen moved
      umount other; until_true seen detached
      kill -INT $watch; wait $watch; echo $?; valid watch lines <events
      """
    )
    #expect(output.out == "0\n", "\(output.err)")
  }

  @Test(arguments: ["", "--limited-queue"])
  func losesNothing(option: String) throws {
    let output = try run(
      """
      mount -t tmpfs t disk; mkdir disk/b
      $BERTH mounts watch --timeout 60 \(option) >events 2>told & watch=$!
      until_true grep -q watching told
      /usr/bin/python3 -c '
      import ctypes
      libc = ctypes.CDLL(None)
      for _ in range(10000):
          assert libc.mount(b"disk", b"disk/b", None, 4096, None) == 0
          assert libc.umount2(b"disk/b", 0) == 0'
      all() { [ "$(grep -c attached events)" = 10000 ] && [ "$(grep -c detached events)" = 10000 ]; }
      until_true all; kill -INT $watch; wait $watch; echo $?
      """
    )
    #expect(output.out == "0\n", "\(output.err)")
  }

  @Test func comparesAndRemembers() throws {
    let output = try run(
      """
      mount -t tmpfs base disk; $BERTH mounts snapshot >before; valid mounts <before
      $BERTH mounts diff before self; echo $?
      mount -o remount,bind,ro disk; mkdir other; mount -t tmpfs new other
      $BERTH mounts diff before self | sed "s|$PWD||"; $BERTH mounts diff before self --json >changes; echo $?; valid diff <changes
      $BERTH mounts diff nothing self 2>/dev/null; echo $?
      $BERTH mounts diff - before <before; echo $?; echo x >text; $BERTH mounts diff text self 2>&1
      cp before after; mount -t tmpfs $'n\\nl' disk; $BERTH mounts diff after self | grep -c 'n\\\\012l'
      """
    )
    #expect(
      output.out == "0\n~ /disk  options: rw,relatime -> ro,relatime\n+ /other  tmpfs new\n1\n2\n0\n"
        + "berth: text: the file is not what berth mounts snapshot prints, and no target has this name\n1\n",
      "\(output.err)"
    )
  }

  /// What is drawn is looked at by a real browser: names that are markup stay names.
  @Test(.requires("chromium", "dot")) func draws() throws {
    let output = try run(
      """
      mkdir 'disk/<b>&"x' ; mount -t tmpfs base disk; mkdir 'disk/<b>&"x'; mount -t tmpfs '<script>' 'disk/<b>&"x'; mount --make-rshared disk
      apart slave
      $BERTH mounts graph self $last --format html >page.html; $BERTH mounts graph self $last --format svg >picture.svg
      mkdir $'disk/e\\e\\\\s'; mount -t tmpfs e $'disk/e\\e\\\\s'
      $BERTH mounts graph self self $last --format dot | dot -Tsvg >dot.svg; /usr/bin/python3 -c 'import xml.dom.minidom as x; x.parse("picture.svg"); x.parse("dot.svg")'
      HOME=$PWD timeout 60 chromium --headless --no-sandbox --disable-gpu --dump-dom "file://$PWD/page.html" >dom 2>/dev/null
      # What a click and the keyboard do is also done by the address: searched, folded, and one mount's peers and slaves lit.
      look() { HOME=$PWD timeout 60 chromium --headless --no-sandbox --disable-gpu --dump-dom "file://$PWD/page.html#$1" 2>/dev/null; }
      rows() { grep -o 'class="row[^"]*"' | grep -$1 hidden; }
      [ "$(look search=script | rows vc)" = 2 ] && echo searched
      [ "$(look fold=all | rows vc)" = 2 ] && echo folded
      look "show=$PWD/disk" >shown; grep -o 'class="row[^"]*lit' shown | wc -l; grep -o "<dd[^>]*>$PWD/disk</dd>" shown | wc -l
      grep -o '<path[^>]*class="lit"' shown | wc -l; grep -o "<dd[^>]*>$last sleep: $PWD/disk</dd>" shown | wc -l
      grep -c 'class="column"' dom | sed 's/^[1-9].*/columns/'; grep -o '&lt;b&gt;&amp;"x</span>' dom | head -1
      grep -o 'marker-end="url(#arrow)"' dom | head -1; grep -c '<script>' dom | sed 's/^1$/one script/'
      grep -c 'e.033.s' dot.svg; grep -c '<g id="clust' dot.svg; $BERTH mounts graph --all self 2>&1 | head -1
      umount $'disk/e\\e\\\\s'; $BERTH mounts simulate --json - <<<'mount -t tmpfs a /b' | valid simulate && echo valid
      """
    )
    #expect(
      output.out
        == "searched\nfolded\n2\n1\n1\n1\ncolumns\n&lt;b&gt;&amp;\"x</span>\nmarker-end=\"url(#arrow)\"\none script\n2\n2\n"
        + "berth: --all draws every namespace: it takes no target\nvalid\n",
      "\(output.err)"
    )
  }

  @Test func saysWhatItCannotSee() throws {
    let output = try run(
      Scripts.users + """
        apart private
        $nobody $BERTH ns list 2>told >list; echo $?; head -1 list | cut -c1-9; grep -c 'run as root to see more' told
        $nobody $BERTH mounts $last 2>&1 | grep -c 'hidden from this user\\|Permission denied'
        $nobody $BERTH mounts simulate --verify - 2>&1 </dev/null | tail -1
        """
    )
    #expect(
      output.out == "0\nNAMESPACE\n1\n1\nberth: --verify: namespaces of its own need root\n",
      "\(output.err)"
    )
  }
}
