import TestSupport
import Testing

/// What each command says of a container in each part of its life.
@Suite(.requiresRoot, .requires("jq", "busybox")) struct RuntimeStatusTests {
  /// Brings the container there.
  private static let ways = [
    "creating": #"""
    mkfifo hold; change --arg fifo "$PWD/hold" '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "cat " + $fifo]}]'
    berth create -b bundle $id & until_true is $id creating 2>/dev/null
    """#,
    "running creating": #"""
    mkfifo hold; change --arg fifo "$PWD/hold" '.hooks.prestart = [{path: "/bin/sh", args: ["sh", "-c", "cat " + $fifo]}]'
    berth run -d -b bundle $id & until_true is $id creating 2>/dev/null
    """#,
    "created": "berth create -b bundle $id",
    "running": "berth run -d -b bundle $id",
    "paused": "berth run -d -b bundle $id; berth pause $id",
    "stopped": "berth create -b bundle $id; berth kill $id KILL; until_true is $id stopped",
  ]

  private static let isBeingCreated =
    "berth: container \"ID\" is being created: try again (if its creation was interrupted, berth delete --force ID removes it)"

  /// The command, the status, and what is said; nothing if it does its work. Those that change a container wait for who
  /// creates it.
  static let answers: [(command: String, status: String, words: String)] = [
    ("exec $id true", "creating", isBeingCreated), ("exec $id true", "running creating", isBeingCreated),
    ("exec $id true", "created", ""), ("exec $id true", "running", ""),
    ("exec $id true", "paused", "berth: cannot exec in a paused container (use --ignore-paused to override)"),
    ("exec $id true", "stopped", "berth: cannot exec in a stopped container"),
    ("kill $id 0", "creating", isBeingCreated), ("kill $id 0", "running creating", isBeingCreated),
    ("kill $id 0", "created", ""), ("kill $id 0", "running", ""), ("kill $id 0", "paused", ""),
    ("kill $id 0", "stopped", "berth: container not running"),
    ("start $id", "created", ""), ("start $id", "running", "berth: cannot start an already running container"),
    ("start $id", "paused", "berth: cannot start an already running container"),
    ("start $id", "stopped", "berth: cannot start a container that has stopped"),
    ("pause $id", "created", ""), ("pause $id", "running", ""),
    ("pause $id", "paused", "berth: cannot pause container \"ID\": it is paused, not running or created"),
    ("pause $id", "stopped", "berth: cannot pause container \"ID\": it is stopped, not running or created"),
    ("resume $id", "created", "berth: cannot resume container \"ID\": it is created, not paused"),
    ("resume $id", "running", "berth: cannot resume container \"ID\": it is running, not paused"),
    ("resume $id", "paused", ""),
    ("resume $id", "stopped", "berth: cannot resume container \"ID\": it is stopped, not paused"),
    ("update --pids-limit 50 $id", "created", ""), ("update --pids-limit 50 $id", "running", ""),
    ("update --pids-limit 50 $id", "stopped", "berth: cannot update container \"ID\": it has stopped"),
    ("events --stats $id >/dev/null", "creating", isBeingCreated), ("events --stats $id >/dev/null", "running", ""),
    ("events --stats $id >/dev/null", "stopped", "berth: container with id ID is not running"),
    ("checkpoint $id", "stopped", "berth: cannot checkpoint container \"ID\": it is stopped, not running"),
    ("checkpoint $id", "created", "berth: cannot checkpoint container \"ID\": it is created, not running"),
    ("delete $id", "created", ""), ("delete $id", "stopped", ""),
    ("delete $id", "running", "berth: cannot delete container ID that is not stopped: running"),
    ("delete $id", "paused", "berth: cannot delete container ID that is not stopped: paused"),
    ("ps $id >/dev/null", "created", ""), ("ps $id >/dev/null", "stopped", ""),
    ("state $id >/dev/null", "creating", ""),
  ]

  @Test(arguments: Self.answers.indices) func whatIsSaidIsTrue(row: Int) throws {
    let (command, status, words) = Self.answers[row]
    let way = try #require(Self.ways[status])
    let output = try RuntimeHost.script(
      """
      \(way)
      { berth \(command); } 2>&1 | sed "s/$id/ID/g"; [ ! -p hold ] || echo >hold; wait
      """
    )
    #expect(output == Output(status: 0, out: words.isEmpty ? "" : words + "\n", err: ""))
  }

  /// Who would change a container that is being created waits until it is, and finds it so.
  @Test(arguments: ["start", "pause", "delete"]) func whoChangesItWaitsForIt(verb: String) throws {
    let way = try #require(Self.ways["creating"])
    let output = try RuntimeHost.script(
      """
      \(way)
      berth \(verb) $id & echo >hold; wait; status $id 2>/dev/null
      """
    )
    let status = ["start": "running\n", "pause": "paused\n", "delete": ""][verb]
    #expect(output.out == status && output.err.isEmpty, "\(output)")
  }
}
