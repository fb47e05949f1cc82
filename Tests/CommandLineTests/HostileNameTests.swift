import TestSupport
import Testing

/// Names that others chose, and that a terminal would act on: none gets to one as it is.
@Suite(.requiresRoot, .requires("jq", "busybox", "python3")) struct HostileNameTests {
  private static let tools = #"""
    # What each is named: a title for the terminal, a line of its own, a control of C1, a turn of the direction, what is not seen.
    h=$'\e]0;x\a\nforged\u009b2J\u202eb\u200b\x7f'
    # row NAME COMMAND...: what is told of it, on either stream, is checked; its status does not matter.
    row() { "${@:2}" >said 2>&1 </dev/null; [ -s said ] || echo "$1: nothing is told"; told "$1" said; }
    told() {
      /usr/bin/python3 -c '
    import sys, unicodedata
    said = open(sys.argv[2], "rb").read()
    rows = [line for line in said.split(b"\n") if line.startswith((b"forged", b"  forged"))]
    bad = {c for c in said.decode(errors="surrogateescape") if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n"}
    if rows or bad: print(sys.argv[1] + ":", "a forged line" if rows else "", *sorted(map(ascii, bad)))
    ' "$1" "$2"
    }


    """#

  @Test func instrumentsSayNothingThatATerminalActsOn() throws {
    let output = try Berth.script(
      InstrumentTests.prelude + Self.tools
        + #"""
        cp /usr/bin/sleep ./$'\e]0;x\a\nforge\u202e'
        mkdir "$h" "$h/in"; mount -t tmpfs "$h" "$h"; mkdir "$h/dir"; mount --make-shared "$h"; mount --bind "$h/dir" "$h/dir"
        unshare -m --propagation slave ./$'\e]0;x\a\nforge\u202e' 100 & last=$!
        apart_by_now() { [ "$(readlink /proc/$last/ns/mnt)" != "$(readlink /proc/$$/ns/mnt)" ]; }; until_true apart_by_now
        (cd "$h/dir" && exec "$OLDPWD/"$'\e]0;x\a\nforge\u202e' 100) & until_true inside $! "$h/dir"
        mounts() { "$BERTH" mounts "$@"; }
        row 'ns list' "$BERTH" ns list
        row 'ns list --all' "$BERTH" ns list --all
        row 'mounts' mounts $last
        row 'mounts --list' mounts --list -o target,source,peers,masters,fsroot,options $last
        row 'mounts --all' mounts --all
        row 'mounts --all --list' mounts --all --list
        row 'mounts holders PATH' mounts holders "$h"
        row 'mounts holders SOURCE' mounts holders "$h "
        for path in "$PWD/$h" "$PWD/$h/dir" "$PWD/$h/nothing"; do
          row 'mounts explain --to' mounts explain "$path" --to $last --verbose
          row 'mounts explain --from' mounts explain "$path" --from $last --verbose
        done
        row 'mounts diff' mounts diff self $last
        row 'mounts diff FILE' mounts diff "$h/nothing" self
        mounts snapshot >snapshot; mount -t tmpfs "$h" "$h"; row 'mounts diff snapshot' mounts diff snapshot self; umount "$h"
        row 'mounts predict' mounts predict -- umount -l "$h"
        row 'mounts predict, busy' mounts predict -- umount "$h/dir"
        row 'mounts predict, refused' mounts predict -- umount "$h/nothing"
        row 'mounts predict, a word' mounts predict -- umount --"$h" x
        for format in svg html dot; do row "mounts graph $format" mounts graph self $last --format $format; done
        { sleep 0.5; mount -t tmpfs "$h" "$h"; umount "$h"; } & row 'mounts watch' mounts watch --count 1 --timeout 20; wait $!
        printf '%s\n' "mount -t tmpfs ${h//$'\n'/} /${h//$'\n'/}" "umount ${h//$'\n'/}/x" >"scenario$h"
        row 'mounts simulate, a line' mounts simulate "scenario$h"
        printf '%s\n' "mount -t tmpfs ${h//$'\n'/} /${h//$'\n'/}" "umount /${h//$'\n'/}/x" "unshare -m a${h//$'\n'/}" >scenario
        row 'mounts simulate' mounts simulate scenario
        row 'mounts simulate FILE' mounts simulate "$h/nothing"
        for word in "$h" "./$h" "docker:$h" "/$h" "x$h"; do
          row 'a target' mounts "$word"
          row 'a target to enter' "$BERTH" ns enter "$word"
          row 'a target of graph' mounts graph "$word"
        done
        row 'ns enter --types' "$BERTH" ns enter self --types "$h"
        row 'ns enter, a command' "$BERTH" ns enter $last --types mount -- "$h"
        row 'ns enter --with' "$BERTH" ns enter $last --with "$h/nothing" -- true
        row 'mounts --path' mounts --path "$h" $last
        row 'mounts --columns' mounts -o "$h"
        row 'mounts, an option' mounts --"$h"
        row 'mounts --propagation' mounts --propagation "$h"
        row 'mounts, two words' mounts self "$h"
        row 'a command' "$BERTH" "$h"
        for words in --nothing --join --join=net: --propagation= --hostname=$(printf %070d 1) --mount= --env= --user= --cap-add= --ulimit= --umask= --sysctl= --rootfs=/ --image=/ --overlay=/proc/ --time= --tmpfs= --env-file= -v -w --share= --share=user,; do
          row "shell $words" "$BERTH" shell "$words$h" -- true
          row "shell --dry-run $words" "$BERTH" shell --dry-run "$words$h" -- true
        done
        row 'shell, a command' "$BERTH" shell -- "$h"
        row 'shell --dry-run, what is mounted' "$BERTH" shell --dry-run -v "$PWD/$h:/x" --hostname "a$h" -e "A=$h" -- "$h"
        row 'shell, a volume' "$BERTH" shell -v "$PWD/$h/nothing:/x" -- true
        row 'shell, a directory' "$BERTH" shell -w "/$h" -- true
        row 'shell, its debugging' "$BERTH" shell --log-level debug -v "$PWD/$h:/$h" -- true
        kill %1 %2
        echo done
        """#
    )
    #expect(output.out == "done\n", "\(output.out)\(output.err)")
  }

  @Test func theRuntimeSaysNothingThatATerminalActsOn() throws {
    let output = try RuntimeHost.script(
      Self.tools
        + #"""
        # Options and words of each command.
        for command in create run exec start state kill delete list ps pause resume update events checkpoint restore spec features; do
          row "$command, an option" berth $command --"$h"
          case $command in list | spec | features) ;; *) row "$command, a container" berth $command "$h" x ;; esac
          row "$command, too many words" berth $command $id x "$h" "$h"
        done
        row '--log-format' berth --log-format "$h" list
        row '--log' berth --log "$h/nothing" state x
        row '--root' berth --root "$PWD/$h/nothing" list
        row 'kill, a signal' berth kill x "$h"
        row 'spec --bundle' berth spec -b "$h/nothing"
        row 'update, a number' berth update --memory "$h" x
        row 'update --resources' berth update --resources "$h" x
        row 'exec --process' berth exec --process "$h" x
        row 'exec --user' berth exec --user "$h" x sh
        row 'run --bundle' berth run -b "$h/nothing" $id
        row 'run --pid-file' berth run --pid-file "$h/nothing" -b bundle $id; berth delete --force $id 2>/dev/null
        row 'run --console-socket' berth run --console-socket "$h/nothing" -b bundle $id; berth delete --force $id 2>/dev/null
        row 'checkpoint --image-path' berth checkpoint --image-path "$h" $id
        # Words of config.json.
        # spoil NAME FILTER: the configuration with a word in it, run; to the terminal and to a log.
        spoil() {
          jq --arg h "$h" "$2" config.json >bundle/config.json
          berth run -b bundle $id >said 2>&1 </dev/null; told "$1" said; berth delete --force $id 2>/dev/null
          >log; berth --log "$PWD/log" --log-format text create -b bundle $id >/dev/null 2>&1; told "$1, its log" log
          berth delete --force $id 2>/dev/null
        }
        for place in .ociVersion .process.args .process.cwd .process.user .process.capabilities.bounding '.process.rlimits[0].type' \
          '.mounts[0].destination' '.mounts[0].type' '.mounts[1].source' '.root.path' '.linux.namespaces[0].type' '.linux.maskedPaths' \
          '.linux.namespaces[0]' .hostname .linux.seccomp .linux.cgroupsPath .annotations .process.env .linux.rootfsPropagation; do
          spoil "$place" "$place = \$h"
        done
        spoil 'a program' '.process.args = ["/" + $h]'
        spoil 'a directory' '.process.cwd = "/" + $h + "/nothing" | .process.user.uid = 1 | .process.cwd = "/bin/sh/" + $h'
        spoil 'an option of a mount' '.mounts[1].options = ["size=" + $h]'
        spoil 'a source' '.mounts += [{destination: "/x", type: "bind", source: ("/" + $h), options: ["bind"]}]'
        spoil 'a type' '.mounts += [{destination: ("/" + $h), type: $h, source: $h}]'
        spoil 'a destination' '.mounts += [{destination: ("/bin/sh/" + $h), type: "tmpfs", source: "x"}]'
        spoil 'a namespace' '.linux.namespaces[1].path = "/" + $h'
        spoil 'a hook' '.hooks.prestart = [{path: ("/" + $h)}]'
        spoil 'a hook that complains' '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "printf %s \"$0\"; exit 1", $h]}]'
        spoil 'a parameter' '.linux.sysctl = {("net.ipv4." + $h): "1"}'
        spoil 'a value' '.linux.sysctl = {"net.ipv4.ip_forward": $h}'
        spoil 'a cgroup' '.linux.cgroupsPath = ("/" + $h + "/" + $h) | .linux.resources.unified = {($h): $h}'
        spoil 'a device' '.linux.devices = [{path: ("/dev/" + $h + "/a/" + $h), type: $h, major: 1, minor: 3}]'
        spoil 'a call' '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: [$h], action: $h}]}'
        spoil 'an architecture' '.linux.seccomp = {defaultAction: $h, architectures: [$h], flags: [$h], listenerPath: $h}'
        spoil 'an annotation' '.annotations = {("org.systemd.property." + $h): $h}'
        spoil 'a profile' '.process.apparmorProfile = $h'
        spoil 'a label' '.process.selinuxLabel = $h'
        spoil 'a member' '.[$h] = 1 | .process[$h] = 1 | .root.path = null'
        spoil 'a variable' '.process.env = ["A" + $h]'
        spoil 'a policy' '.process.scheduler = {policy: $h} | .process.ioPriority = {class: $h}'
        spoil 'a time' '.linux.timeOffsets = {($h): {secs: 1}}'
        spoil 'a device of the network' '.linux.netDevices = {($h): {name: $h}}'
        printf '{"a\n%s": ' "$h" >bundle/config.json; row 'no JSON' berth run -b bundle $id
        # What is listed of containers, and of their processes.
        mkdir -p "$h"; cp -r bundle/. "$h"
        jq --arg h "$h" '.process.args = ["sh", "-c", "exec sleep 100", $h]' config.json >"$h/config.json"
        berth run -d -b "$h" $id >said 2>&1 </dev/null || cat said
        row list berth list
        row ps berth ps $id -eo pid,args
        row 'ps, a word' berth ps $id "$h"
        row 'exec, a program' berth exec $id "$h"
        row 'exec --cap' berth exec --cap "$h" $id true
        row 'exec --cgroup' berth exec --cgroup "$h" $id true
        row 'exec --env' berth exec --env "$h" $id nothing
        echo '{"args": ["x'"${h//[[:cntrl:]]/}"'"], "cwd": "x"}' >process; row 'exec --process, what it says' berth exec --process process $id
        echo done
        """#
    )
    #expect(output.out == "done\n", "\(output.out)\(output.err)")
  }

  /// The commands of a plan are pasted: bash reads of each word the bytes that it was given.
  @Test func whatIsPrintedForAShellIsWhatWasMeant() throws {
    let output = try Berth.script(
      #"""
      for word in 'a b' "it's" '$(id) `id` \\' $'a\nb' $'\e[2J\a\x7f' $'\'\n\'' $'\\n\n' $'\u009b2J\u202e\u200b' é '~' '#a' $'\t1'; do
        $BERTH shell --dry-run --propagation private -- printf %s "$word" >plan 2>&1 || cat plan
        tail -n 1 plan | sed 's/^exec //' >line; [ "$(wc -l <line)" = 1 ] || echo "lines: $word"
        printf %s "$word" >meant; bash ./line >read; cmp meant read || cat line
      done
      echo done
      """#
    )
    #expect(output.out == "done\n", "\(output.out)\(output.err)")
  }
}
