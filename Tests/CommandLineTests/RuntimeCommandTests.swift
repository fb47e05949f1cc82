import Foundation
import TestSupport
import Testing

/// The commands of the OCI runtime as a person at a shell uses them: what each prints, and its status.
@Suite(.requiresRoot, .requires("jq", "busybox"))
struct RuntimeCommandTests {
  /// Each of the first commands finds no state directory, and makes it.
  @Test func beginsMoreThanOnceAtATime() throws {
    let output = try RuntimeHost.script(
      """
      command true
      for round in $(seq 20); do
        for each in 1 2 3; do
          "$BERTH" --root "$PWD/new/$round/state" run -b bundle "$id-$round-$each" </dev/null 2>>said &
        done
        wait
      done
      cat said
      """
    )
    #expect(output.out.isEmpty)
    #expect(output.err.isEmpty)
  }

  /// Runs a script that finds a bundle whose process sleeps, and `berth`, which keeps containers in the script's directory.
  private func script(_ script: String) throws -> Output {
    try RuntimeHost.script(script)
  }

  @Test func theLifeOfAContainer() throws {
    let output = try script(
      """
      berth create -b bundle --pid-file pid $id && status $id
      [ "$(cat pid)" = "$(berth state $id | jq .pid)" ] || echo "another pid"
      berth start $id && status $id
      berth pause $id && status $id
      berth resume $id && status $id
      berth kill $id KILL && until_true is $id stopped && berth state $id | jq .pid
      berth delete $id; berth state $id 2>&1 | sed s/$id/ID/
      """
    )
    let text = "created\nrunning\npaused\nrunning\n0\nberth: container \"ID\" does not exist\n"
    #expect(output == Output(status: 0, out: text, err: ""))
  }

  /// Signals end a container that waits to be started, though it is the init of its PID namespace; some mean nothing.
  @Test(arguments: [
    ("TERM", "stopped"), ("INT", "stopped"), ("USR1", "stopped"), ("WINCH", "created"), ("CHLD", "created"),
  ])
  func signalsBeforeTheStart(signal: String, status: String) throws {
    let output = try script(
      """
      command cat /proc/self/status; berth create -b bundle $id >out && berth kill $id \(signal)
      [ \(status) = created ] || until_true is $id \(status)
      sleep 0.1; status $id
      berth start $id 2>err && until_true is $id stopped; grep SigBlk out | grep -v 0000000000000000; cat err
      """
    )
    let refusal = status == "created" ? "" : "berth: cannot start a container that has stopped\n"
    #expect(output == Output(status: 0, out: "\(status)\n" + refusal, err: ""))
  }

  @Test func state() throws {
    let output = try script(
      """
      command sleep 100; jq '.annotations = {"org.b": "2", "org.a": "1"}' bundle/config.json >c && mv c bundle/config.json
      berth run -d -b bundle $id
      berth state $id | sed -E "s,$PWD,DIR,; s/$id/ID/; s/20[0-9-]+T[0-9:.]+Z/TIME/; s/\\"pid\\": [1-9][0-9]*/PID/"
      """
    )
    let text = """
      {
        "ociVersion": "1.3.0",
        "id": "ID",
        PID,
        "status": "running",
        "bundle": "DIR/bundle",
        "rootfs": "DIR/bundle/rootfs",
        "created": "TIME",
        "annotations": {
          "org.a": "1",
          "org.b": "2"
        },
        "owner": ""
      }

      """
    #expect(output == Output(status: 0, out: text, err: ""))
  }

  @Test func lists() throws {
    let output = try script(
      """
      berth run -d -b bundle $id
      [ "$(berth list -q)" = $id ] || echo "another ID"
      berth list | awk '{ print $1, $3, $4, $6 }' | sed "s,$PWD,DIR,; s/$id/ID/"
      berth list -f json | jq -c '.[] | [.status, .owner]'
      [ "$(berth ps -f json $id)" = "[$(berth state $id | jq .pid)]" ] || echo "other processes"
      berth ps $id | awk '{ print $1, $8, $9 }'; berth ps $id -o pid,args | awk '{ print $2, $3 }'
      """
    )
    #expect(
      output.out == """
        ID STATUS BUNDLE OWNER
        ID running DIR/bundle root
        ["running","root"]
        UID CMD\(" ")
        root sleep 100
        COMMAND\(" ")
        sleep 100

        """
    )
    #expect(output.err.isEmpty)
  }

  @Test func noContainers() throws {
    let output = try script("mkdir containers; berth list; berth list -q; berth list -f json; mkdir -p containers")
    let heading = "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n"
    #expect(output == Output(status: 0, out: heading + "null\n", err: ""))
    let none = try Berth.script("$BERTH --root $PWD/none list 2>&1 | sed s,$PWD,DIR,")
    #expect(none.out == "berth: --root DIR/none: there is no such directory\n")
  }

  @Test func execution() throws {
    let output = try script(
      """
      berth run -d -b bundle $id
      berth exec $id sh -c 'exit 3'; echo $?
      berth exec -e A=b --cwd /bin $id sh -c 'echo $A; pwd'
      berth exec $id nosuch 2>/dev/null; echo $?
      berth exec nosuch true 2>/dev/null; echo $?
      berth exec --pid-file pid -d $id sleep 100; ps -o args= -p "$(cat pid)"
      echo '{"cwd": "/", "user": {"uid": 0, "gid": 0}, "args": ["echo", "a file"]}' >process
      berth exec --process process $id
      """
    )
    #expect(output == Output(status: 0, out: "3\nb\n/bin\n255\n255\nsleep 100\na file\n", err: ""))
  }

  @Test(arguments: [
    ("ps ID -o args", "ps -o args: there is no column PID: its options must leave one"),
    ("ps -f xml ID", "ps -f xml: the choice is between table, json\n  berth ps --help describes the options."),
    (
      "kill c FOO",
      "kill c FOO: this is no signal of signal(7), by name or by number\n  berth kill --help describes the options."
    ),
    ("exec -p /nonexistent ID", "--process /nonexistent: No such file or directory"),
    ("delete ID", "cannot delete container ID that is not stopped: running"),
  ])
  func errors(words: String, message: String) throws {
    let output = try script(
      "berth run -d -b bundle $id; berth \(words.replacingOccurrences(of: "ID", with: "$id")) 2>err; sed \"s/^berth: //; s/$id/ID/\" err"
    )
    #expect(output == Output(status: 0, out: message + "\n", err: ""))
  }

  @Test func runs() throws {
    let output = try script(
      """
      command sh -c 'exit 7'; berth run -b bundle $id; echo $?; berth list -q
      berth run --keep -b bundle $id; echo $?; status $id; berth delete $id
      berth --log log --log-format json run -b nosuch $id 2>err; echo $?; jq -r .msg log | sed s,$PWD,DIR,
      """
    )
    #expect(output.out == "7\n7\nstopped\n1\nread DIR/nosuch/config.json: No such file or directory\n")
  }

  /// The limits are the cgroup's own files: of version 1 or of version 2.
  @Test func updates() throws {
    let output = try script(
      """
      berth run -d -b bundle $id
      limit() { cat /sys/fs/cgroup/pids/$id/pids.max /sys/fs/cgroup/$id/pids.max 2>/dev/null; }
      berth update --pids-limit 50 $id && limit
      echo '{"pids": {"limit": 40}}' | berth update -r - $id && limit
      berth update --memory 0 --cpu-quota 0 $id && limit
      echo '{"pids": {"limit": "x"}, "cpu": 3}' | berth update -r - $id 2>&1; echo $?
      echo '{"pids"' | berth update -r - $id 2>&1; berth update -r nosuch $id 2>&1; berth update --cpu-quota x $id 2>&1
      """
    )
    let text = """
      50
      40
      40
      berth: --resources -: cpu: an object is needed here, and this is a number
      --resources -: pids.limit: a number is needed here, and this is a string
      1
      berth: --resources -: line 2, column 1: the document ends in the middle: is it truncated?
      berth: --resources nosuch: No such file or directory
      berth: update --cpu-quota x: this is not a number from -9223372036854775808 to 9223372036854775807
        berth update --help describes the options.

      """
    #expect(output == Output(status: 1, out: text, err: ""))
  }

  @Test func lettersOfADeviceRuleThatMeanNothing() throws {
    let rules = """
      [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 11, "access": "rwa"}]
      """
    let output = try script(
      """
      command echo runs; jq '.linux.resources.devices = \(rules)' bundle/config.json >c && mv c bundle/config.json
      berth run -b bundle $id 2>err; sed 's/.* msg=//' err
      """
    )
    let message = "linux.resources.devices[1].access: \\\"rwa\\\" has letters that mean nothing: r, w and m do"
    #expect(output == Output(status: 0, out: "runs\n\"\(message)\"\n", err: ""))
  }

  @Test(arguments: [
    ("", "4"), (", flags: []", "0"), (", flags: [\"SECCOMP_FILTER_FLAG_TSYNC\", \"SECCOMP_FILTER_FLAG_LOG\"]", "2"),
  ])
  func debugging(flags: String, number: String) throws {
    let output = try script(
      """
      command true; change '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"\(flags)}'
      berth --debug --log log --log-format json run -b bundle $id; jq -r .msg log | grep seccomp
      rm -r containers; mkdir containers  # Compiled filters stay there.
      """
    )
    #expect(output == Output(status: 0, out: "seccomp filter flags: \(number)\n", err: ""))
  }

  /// What the specification asks for and the kernel refuses, in words.
  @Test(arguments: [
    (
      ".hooks.startContainer = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"kill -SYS $$\"]}]",
      "error running startContainer hook #0: /bin/sh: signal 31 (bad system call) ended it"
    ),
    (
      ".linux.memoryPolicy = {nodes: \"0\"}",
      "config.json: linux.memoryPolicy.mode: invalid memory policy mode \"\": MPOL_DEFAULT"
    ),
    (
      ".linux.resources.cpu.cpus = \"0\" | .process.scheduler = {policy: \"SCHED_DEADLINE\", runtime: 42000, deadline: 1000000, period: 1000000}",
      "process.scheduler (chrt): operation not permitted (process scheduler can't be used together with AllowedCPUs"
    ),
  ])
  func refusals(filter: String, message: String) throws {
    let output = try script("command true; change '\(filter)'; berth run -b bundle $id")
    #expect(output.status == 1)
    #expect(output.err.hasPrefix("berth: " + message), "\(output.err)")
  }

  @Test func events() throws {
    let output = try script(
      """
      berth run -d -b bundle $id
      berth events --stats $id | jq -c '[.type, (.data.pids.current >= 1), (.data | has("cpu") and has("memory") and has("blkio"))]'
      touch events; berth events --interval 20ms $id >events & watcher=$!
      several() { [ "$(wc -l <events)" -ge 3 ]; }
      until_true several; berth delete --force $id; wait $watcher; echo $?; jq -r .type events | sort -u
      berth events --stats $id 2>&1 | sed s/$id/ID/
      """
    )
    let text = "[\"stats\",true,true]\n0\nstats\nberth: container \"ID\" does not exist\n"
    #expect(output == Output(status: 0, out: text, err: ""))
  }

  @Test func thePlaceOfTheState() throws {
    let output = try Berth.script("cd /; for root in / . ../.. /usr/..; do $BERTH --root $root list; done")
    let refused = ["/", ".", "../..", "/usr/.."].map { "berth: --root \($0): / itself cannot hold containers\n" }
    #expect(output == Output(status: 1, out: "", err: refused.joined()))
    let user = try Berth.script(
      Scripts.users
        + "$nobody env -u XDG_RUNTIME_DIR $BERTH list; $nobody env XDG_RUNTIME_DIR=$PWD/run $BERTH list -f json"
    )
    #expect(user.out == "null\n")
    #expect(user.err.hasPrefix("berth: without root, containers are kept in $XDG_RUNTIME_DIR/berth, and"))
  }
}
