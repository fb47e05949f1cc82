/// What `berth mounts` and `berth ns` tell of an engine's containers.
extension EngineChecks {
  /// Of a container with a host directory at /v, on a file system of its own that is mounted twice: `up` starts it, and `target` is how
  /// berth names it.
  static func instruments(
    engine: String,
    up: String = "up -v \"$PWD/v:/v\" bb sleep 100",
    target: String = "$name"
  ) -> [Check] {
    let shown = "\(engine) \(target.replacing("$name", with: "NAME"))"
    let checks: [Check] = [
      ("berth ns list --json 2>/dev/null | jq '.namespaces[].container' | whose", "\(shown)\n"),
      (
        "berth mounts $target --list -o target | grep -xc /v; berth mounts $engine:$target --path /v --list -o source | tail -1 | sed \"s/$name/NAME/\"",
        "1\nleak-NAME\n"
      ),
      (
        """
        berth ns enter $target -- /bin/sh -c 'readlink /proc/self/ns/mnt' >in
        pid=$(berth ns list --json 2>/dev/null | jq --arg target $target '.namespaces[].container | select(. != null and (.name // .id) == $target) | .pid')
        readlink /proc/$pid/ns/mnt | diff - in && echo same
        """, "same\n"
      ),
      (
        "mkdir -p tools/{bin,mnt,proc}; cp /bin/busybox tools/bin; berth ns enter $target --with tools -- /bin/busybox sh -c 'busybox ls -d /mnt/v; busybox ls /mnt/tools /tools'",
        "/mnt/v\n"
      ),
      ("berth mounts holders leak-$name --json 2>/dev/null | jq '.mounts[].container' | whose", "\(shown)\n"),
      (
        "berth mounts explain \"$PWD/v\" --to $target --json 2>/dev/null | jq -r '.finding, .place'",
        "seenElsewhere\n/v\n"
      ),
      ("berth mounts predict $target -- umount /v 2>/dev/null | grep -c '^  - /v '", "1\n"),
      (
        "berth mounts diff self $target | grep -c '^+ /v '; berth mounts snapshot $target | jq '.mounts | length > 5'",
        "1\ntrue\n"
      ),
      ("berth mounts graph $target --format svg | grep -c \"$engine $target\"", "1\n"),
      (
        "berth mounts watch $target --json --timeout 20 --count 1 >events 2>told & until_true grep -q watching told; berth ns enter $target --types mount -- /bin/mount -t tmpfs new /tmp; wait; jq -r '.event, .path' events",
        "attached\n/tmp\n"
      ),
    ]
    return checks.map { (begin(engine: engine, up: up, target: target) + $0.script, $0.expected) }
  }

  /// What else is true of containers that are stopped and started, and in which more commands run: Docker's and Podman's.
  static func livesOfInstruments(engine: String) -> [Check] {
    let checks: [Check] = [
      (
        "engine stop -t 0 $name >/dev/null; berth mounts $name 2>&1 | sed \"s/$name/NAME/g\"; engine start $name >/dev/null; berth mounts $name --list -o target | grep -xc /v",
        "berth: NAME: \(engine) NAME is stopped, so it has no namespace (\(engine) start NAME starts it)\n1\n"
      ),
      // A command in the container makes no second container of it, and is the container's too.
      (
        """
        engine exec -d $name sh -c 'cd /v; exec sleep 50' >/dev/null
        works() { berth mounts holders leak-$name --json >held 2>/dev/null; grep -q workingDirectory held; }; until_true works
        jq '.processes[] | select(.use == "workingDirectory") | .container' held | whose; berth mounts $name --list -o target | grep -xc /v
        """, "\(engine) NAME\n1\n"
      ),
    ]
    let begin = begin(engine: engine, up: "up -v \"$PWD/v:/v\" bb sleep 100", target: "$name")
    return checks.map { (begin + $0.script, $0.expected) }
  }

  /// Starts the container; `whose` writes of containers in JSON those that are it.
  private static func begin(engine: String, up: String, target: String) -> String {
    """
    mkdir v; mount -t tmpfs leak-$name v; trap 'clean >/dev/null 2>&1; umount -l v' EXIT; engine=\(engine) target=\(target)
    whose() { jq -r 'select(. != null) | .engine + " " + (.name // .id)' | sort -u | grep -x "$engine $target" | sed "s/$name/NAME/"; }
    \(up)

    """
  }
}
