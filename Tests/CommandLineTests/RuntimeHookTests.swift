import TestSupport
import Testing

/// Hooks, config.md "POSIX-platform Hooks": when each kind runs, where, with what, and what its failure does.
@Suite(.requiresRoot, .requires("jq", "busybox")) struct RuntimeHookTests {
  @Test func eachKindHasItsTimeItsPlaceAndTheState() throws {
    let output = try RuntimeHost.script(
      #"""
      mkdir marks; touch marks/host bundle/rootfs/container
      # Where it is, the state that it reads, its environment, and whether it is in the container's namespaces.
      cat >hook <<'END'
      #!/bin/bash
      state=$(jq -c '[.ociVersion, .id == env.ID, .status, (.pid // 0) > 1, (.bundle | sub(".*/"; "")), .annotations.a]')
      inside=outside; [ "$(readlink /proc/self/ns/mnt)" = "$HOST" ] || inside=inside
      # The root of createContainer hooks is the host's still, and the one to come is where they begin.
      place=elsewhere; [ -e config.json ] && place=bundle; [ -e container ] && place=root
      echo "$1 $inside $place $state $(env | grep ^GIVEN)" >>"$MARKS"
      END
      chmod 755 hook
      command sh -c 'echo process >>/volume/all'
      change --arg dir "$PWD" --arg id $id --arg host "$(readlink /proc/self/ns/mnt)" '
        .annotations = {a: "b"} | .mounts += [{destination: "/volume", type: "bind", source: ($dir + "/marks"), options: ["rbind"]}]
        | (["PATH=/bin:/usr/bin", "ID=" + $id, "HOST=" + $host, "MARKS=" + $dir + "/marks/all"]) as $env
        | .hooks = ([["prestart", "createRuntime", "createContainer", "poststart", "poststop"][]
          | {key: ., value: [{path: ($dir + "/hook"), args: ["hook", . + "1"], env: ($env + ["GIVEN=1"])},
              {path: ($dir + "/hook"), args: ["hook", . + "2"], env: $env}]}] | from_entries)
        | .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat >/volume/state; echo startContainer >>/volume/all"],
            env: ["PATH=/bin"]}]'
      berth create -b bundle $id; echo created >>marks/all
      berth start $id; until_true grep -q ^process marks/all; until_true is $id stopped
      berth delete $id; cat marks/all; jq -c '[.status, .pid, .annotations, .bundle == env.PWD + "/bundle"]' marks/state
      """#
    )
    func lines(_ kind: String, _ place: String, _ status: String, _ process: Bool) -> [String] {
      let state = #"["1.3.0",true,"\#(status)",\#(process),"bundle","b"]"#
      return ["\(kind)1 \(place) \(state) GIVEN=1", "\(kind)2 \(place) \(state) "]
    }
    let creation =
      lines("prestart", "outside bundle", "creating", true) + lines("createRuntime", "outside bundle", "creating", true)
      + lines("createContainer", "inside root", "creating", false)
    // In the container's namespaces its process has the id that it has there: 1. It runs beside the poststart hooks.
    let rest = output.lines.drop { $0 != "created" }.filter { $0 != "process" }
    #expect(Array(output.lines.prefix(6)) == creation)
    #expect(
      rest == ["created", "startContainer"] + lines("poststart", "outside bundle", "running", true)
        + lines("poststop", "outside bundle", "stopped", false) + [#"["created",1,{"a":"b"},true]"#]
    )
    #expect(output.lines.contains("process"))
    #expect(output.err.isEmpty)
  }

  /// The first hook that fails ends its kind's; what is there of the container goes, but for the warning of the last kind.
  @Test(arguments: [
    ("prestart", false), ("createRuntime", false), ("createContainer", false), ("startContainer", false),
    ("poststart", true),
  ])
  func aFailureEndsTheContainer(kind: String, runs: Bool) throws {
    let output = try RuntimeHost.script(
      """
      command sh -c 'echo process; exec sleep 100'
      change --arg file "$PWD/third" '.hooks.\(kind) = [{path: "/bin/true"},
        {path: "/bin/sh", args: ["sh", "-c", "echo first; echo second >&2; exit 3"]},
        {path: "/bin/sh", args: ["sh", "-c", "touch " + $file]}]'
      berth run -b bundle $id >out; echo $?; ls containers third bundle/rootfs/third; ls -d /sys/fs/cgroup/*/$id 2>&1 | grep -v 'cannot access'
      """
    )
    let words = "berth: error running \(kind) hook #1: /bin/sh: it exited with status 3, and printed: first; second\n"
    #expect(output.out == "1\ncontainers:\n")
    #expect(output.err.hasPrefix(words))
  }

  /// What goes wrong, and which hooks of a container with hooks of every kind run then, runtime.md "Lifecycle".
  private static let failures: [(change: String, hooks: String)] = [
    (".", "prestart createRuntime createContainer startContainer poststart poststop"),
    (#".hooks.prestart[0].args[1] = "prestart!""#, "prestart! poststop"),
    (#".hooks.createRuntime[0].args[1] = "createRuntime!""#, "prestart createRuntime! poststop"),
    (#".hooks.createContainer[0].args[1] = "createContainer!""#, "prestart createRuntime createContainer! poststop"),
    (#".process.args = ["/nonexistent"]"#, "prestart createRuntime createContainer poststop"),
    (#".process.cwd = "/bin/busybox""#, "prestart createRuntime createContainer poststop"),
    (#".linux.sysctl = {"kernel.shm_rmid_forced": "x"}"#, "prestart createRuntime createContainer poststop"),
    (#".mounts += [{destination: "/x", type: "tmpfs", source: "x", options: ["size=x"]}]"#, "poststop"),
    (
      #".hooks.startContainer[0].args[2] |= . + "; exit 3""#,
      "prestart createRuntime createContainer startContainer poststop"
    ),
    (
      #".hooks.poststart[0].args[1] = "poststart!""#,
      "prestart createRuntime createContainer startContainer poststart! poststop"
    ),
    // Nothing was begun.
    (#".process.args = []"#, ""),
  ]

  /// A hook that is given no environment has the caller's; and what it writes into the root is there, which is read-only for the process
  /// alone, as it alone does not see what is masked.
  @Test(
    arguments: failures.indices,
    [
      "berth run -b bundle $id",
      "berth create -b bundle $id && { berth start $id; until_true is $id stopped; berth delete $id; }",
    ]
  )
  func aContainerThatFailsGoesOnAtItsEnd(row: Int, command: String) throws {
    let output = try RuntimeHost.script(
      #"""
      mkdir marks; export MARKS="$PWD/marks/all"; touch marks/all
      cat >hook <<'END'
      #!/bin/bash
      echo "$1 $(jq -r .status)" >>"$MARKS"
      case $1 in
        createRuntime) touch rootfs/made ;;
        createContainer) touch made2 && cat masked >>"$MARKS" ;;
        *!) exit 3 ;;
      esac
      END
      chmod 755 hook; echo unmasked >bundle/rootfs/masked
      command sh -c 'touch /no 2>/dev/null || cat /masked; ls /made /made2 >/dev/null; until [ -e /volume/end ]; do sleep 0.1; done'
      change --arg dir "$PWD" '.root.readonly = true | .linux.maskedPaths = ["/masked"]
        | .mounts += [{destination: "/volume", type: "bind", source: ($dir + "/marks"), options: ["rbind"]}]
        | .hooks = ([["prestart", "createRuntime", "createContainer", "poststart", "poststop"][]
          | {key: ., value: [{path: ($dir + "/hook"), args: ["hook", .]}]}] | from_entries)
        | .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat >/dev/null; echo startContainer created >>/volume/all"]}]'
      change '\#(Self.failures[row].change)'
      (for _ in $(seq 600); do grep -q poststart marks/all && touch marks/end; sleep 0.05; done) 2>/dev/null & watcher=$!
      \#(command); kill $watcher; cat marks/all; ls containers 2>/dev/null
      """#
    )
    let status = [
      "prestart": "creating", "createRuntime": "creating", "createContainer": "creating", "startContainer": "created",
      "poststart": "running", "poststop": "stopped",
    ]
    let expected = Self.failures[row].hooks.split(separator: " ").flatMap { name -> [String] in
      let kind = name.filter { $0 != "!" }
      return ["\(name) \(status[kind] ?? "")"] + (name == "createContainer" ? ["unmasked"] : [])
    }
    #expect(output.lines == expected, "\(output.err)")
    #expect(output.err.isEmpty == (row == 0), "\(output.err)")
  }

  /// By annotations of crun's that are allowed, what hooks print is added to files of the host's; hooks in the container
  /// have no say in that.
  @Test func whatHooksPrintGoesWhereItIsWanted() throws {
    let output = try RuntimeHost.script(
      #"""
      echo before >out; command true
      change --arg dir "$PWD" '{path: "/bin/sh", args: ["sh", "-c", "echo printed; echo wrong >&2"]} as $hook
        | .annotations = {"run.oci.hooks.stdout": ($dir + "/out"), "run.oci.hooks.stderr": ($dir + "/err")}
        | .hooks = {createRuntime: [$hook], createContainer: [$hook], startContainer: [$hook], poststop: [$hook]}'
      allowed() { berth --allow-annotation 'run.oci.hooks.*' "$@"; }
      allowed run -b bundle $id; cat out err; ls bundle/rootfs | xargs
      change '.annotations["run.oci.hooks.stdout"] = "/nonexistent/file"'; said allowed run -b bundle $id | sed 's/.*msg=//'
      """#
    )
    let printed = String(repeating: "printed\n", count: 3) + String(repeating: "wrong\n", count: 3)
    let entries = "bin dev etc proc root sys tmp\n"
    let failure = "error running createRuntime hook #0: /bin/sh: open /nonexistent/file: no such file or directory\n"
    let warning = "\"error running poststop hook #0: /bin/sh: open /nonexistent/file: no such file or directory\"\n"
    #expect(output == Output(status: 0, out: "before\n" + printed + entries + warning + "berth: " + failure, err: ""))
  }

  /// All of these run, and the container is gone all the same, config.md "Poststop".
  @Test func aFailureAfterTheEndIsAWarning() throws {
    let output = try RuntimeHost.script(
      """
      command true; change --arg file "$PWD/second" '.hooks.poststop = [
        {path: "/bin/sh", args: ["sh", "-c", "exit 1"]}, {path: "/bin/sh", args: ["sh", "-c", "touch " + $file]}]'
      berth run -b bundle $id 2>&1 | sed 's/.*msg=//'; ls second containers
      """
    )
    #expect(
      output.out == """
        "error running poststop hook #0: /bin/sh: it exited with status 1"
        second

        containers:

        """
    )
  }

  @Test func aHookThatTakesTooLongIsEnded() throws {
    let output = try RuntimeHost.script(
      """
      command true; change --arg time 100.$$ '.hooks.createRuntime = [{path: "/bin/sleep", args: ["sleep", $time], timeout: 1}]'
      berth run -b bundle $id; echo $?; ls containers; pgrep -f "^sleep 100.$$"
      """
    )
    let words = "berth: error running createRuntime hook #0: /bin/sleep: it was ended after 1 s, its timeout\n"
    #expect(output == Output(status: 1, out: "1\n", err: words))
  }

  @Test func whatIsNoHookIsNamed() throws {
    let output = try RuntimeHost.script(
      """
      command true; change '.hooks.prestart = [{path: "/nosuch"}]'; berth run -b bundle $id
      change '.hooks = {createRuntime: [{path: "/bin/true", timeout: 0}, {path: "/bin/true", timeout: -1}, {path: "bin"}, {}],
        poststop: [{path: "/bin/true", env: ["NOVALUE"]}]}'
      berth run -b bundle $id
      """
    )
    #expect(
      output.err == """
        berth: error running prestart hook #0: /nosuch: it exited with status 127, and printed: No such file or directory
        berth: config.json: hooks.createRuntime[3].path: this field is required, and it is not there
        config.json: hooks.createRuntime[0].timeout: 0 is not a time: it must be greater than zero
        config.json: hooks.createRuntime[1].timeout: -1 is not a time: it must be greater than zero
        config.json: hooks.createRuntime[2].path: "bin" is not an absolute path

        """
    )
  }
}
