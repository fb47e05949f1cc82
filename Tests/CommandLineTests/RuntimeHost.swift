import TestSupport

/// A host with a bundle of a busybox system, for scripts that run containers of it.
enum RuntimeHost {
  /// Runs a script that finds `bundle`, whose process sleeps, and `berth`, which keeps containers in the script's directory.
  ///
  /// `command WORDS` makes another configuration, which runs the words; `change FILTER` changes it with jq. The container
  /// is `$id`; `said COMMAND` is what a command prints, with the directory as DIR.
  static func script(_ script: String, hostRoot: HostRoot = .private) throws -> Output {
    try Berth.script(Scripts.waiting + Scripts.system + tools + script, hostRoot: hostRoot)
  }

  private static let tools = #"""
    berth() { timeout -k 5 60 "$BERTH" --root "$PWD/containers" "$@"; }
    mkdir bundle && mv root bundle/rootfs
    berth spec -b bundle && jq '.process.terminal = false | .root.readonly = false' bundle/config.json >config.json
    change() { jq "$@" <bundle/config.json >changed && mv changed bundle/config.json; }
    command() { jq --args '.process.args = $ARGS.positional' -- "$@" <config.json >bundle/config.json; }
    command sleep 100
    said() { "$@" 2>&1 | sed "s,$PWD,DIR,g"; }
    status() { berth state "$1" | jq -r .status; }
    is() { [ "$(status "$1")" = "$2" ]; }
    process() { berth state "$1" | jq .pid; }
    # Cgroups are named after containers: no other test may have one of this name.
    id=c$$
    trap '[ ! -d containers ] || for each in $(berth list -q); do berth delete --force $each; done' EXIT

    """#
}
