import Foundation
import Testing

/// The commands of the OCI runtime as a person at a shell uses them: what each prints, and its status.
@Suite(.requiresRoot, .requires("jq", "busybox"))
struct RuntimeCommandTests {
  /// Runs a script that finds a bundle whose process sleeps, and `berth`, which keeps containers in the script's directory.
  private func script(_ script: String) throws -> Output {
    try Berth.script(
      Scripts.waiting + Scripts.system + """
        berth() { "$BERTH" --root "$PWD/containers" "$@"; }
        mkdir bundle && mv root bundle/rootfs
        command() { jq --args '.process.args = $ARGS.positional' -- "$@" <config.json >bundle/config.json; }
        berth spec -b bundle && jq '.process.terminal = false' bundle/config.json >config.json && command sleep 100
        status() { berth state "$1" | jq -r .status; }
        is() { [ "$(status "$1")" = "$2" ]; }
        trap 'berth delete --force c; rmdir containers' EXIT

        """ + script
    )
  }

  @Test func theLifeOfAContainer() throws {
    let output = try script(
      """
      berth create -b bundle --pid-file pid c && status c
      [ "$(cat pid)" = "$(berth state c | jq .pid)" ] || echo "another pid"
      berth start c && status c
      berth pause c && status c
      berth resume c && status c
      berth kill c KILL && until_true is c stopped && berth state c | jq .pid
      berth delete c; berth state c
      """
    )
    #expect(output.out == "created\nrunning\npaused\nrunning\n0\n")
    #expect(output.err == "berth: container \"c\" does not exist\n")
  }

  @Test func state() throws {
    let output = try script(
      """
      command sleep 100; jq '.annotations = {"org.b": "2", "org.a": "1"}' bundle/config.json >c && mv c bundle/config.json
      berth run -d -b bundle c
      berth state c | sed -E "s,$PWD,DIR,; s/20[0-9-]+T[0-9:.]+Z/TIME/; s/\\"pid\\": [1-9][0-9]*/PID/"
      """
    )
    let text = """
      {
        "ociVersion": "1.3.0",
        "id": "c",
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
      berth run -d -b bundle c
      berth list -q; berth list | awk '{ print $1, $3, $4, $6 }' | sed "s,$PWD,DIR,"
      berth list -f json | jq -c '.[] | [.id, .status, .owner]'
      [ "$(berth ps -f json c)" = "[$(berth state c | jq .pid)]" ] || echo "other processes"
      berth ps c | awk '{ print $1, $8, $9 }'; berth ps c -o pid,args | awk '{ print $2, $3 }'
      """
    )
    #expect(
      output.out == """
        c
        ID STATUS BUNDLE OWNER
        c running DIR/bundle root
        ["c","running","root"]
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
      berth run -d -b bundle c
      berth exec c sh -c 'exit 3'; echo $?
      berth exec -e A=b --cwd /bin c sh -c 'echo $A; pwd'
      berth exec c nosuch 2>/dev/null; echo $?
      berth exec nosuch true 2>/dev/null; echo $?
      berth exec --pid-file pid -d c sleep 100; ps -o args= -p "$(cat pid)"
      echo '{"cwd": "/", "user": {"uid": 0, "gid": 0}, "args": ["echo", "a file"]}' >process
      berth exec --process process c
      """
    )
    #expect(output == Output(status: 0, out: "3\nb\n/bin\n255\n255\nsleep 100\na file\n", err: ""))
  }

  @Test(arguments: [
    ("ps c -o args", "ps -o args: there is no column PID: its options must leave one"),
    ("ps -f xml c", "ps -f xml: the choice is between table, json\n  berth ps --help describes the options."),
    (
      "kill c FOO",
      "kill c FOO: this is no signal of signal(7), by name or by number\n  berth kill --help describes the options."
    ),
    ("exec -p /nonexistent c", "--process /nonexistent: No such file or directory"),
    ("delete c", "cannot delete container c that is not stopped: running"),
  ])
  func errors(words: String, message: String) throws {
    let output = try script("berth run -d -b bundle c; berth \(words) 2>err; sed 's/^berth: //' err")
    #expect(output == Output(status: 0, out: message + "\n", err: ""))
  }

  @Test func runs() throws {
    let output = try script(
      """
      command sh -c 'exit 7'; berth run -b bundle c; echo $?; berth list -q
      berth run --keep -b bundle c; echo $?; status c; berth delete c
      berth --log log --log-format json run -b nosuch c 2>err; echo $?; jq -r .msg log | sed s,$PWD,DIR,
      """
    )
    #expect(output.out == "7\n7\nstopped\n1\nread DIR/nosuch/config.json: No such file or directory\n")
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
