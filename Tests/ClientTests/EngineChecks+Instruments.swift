/// What `berth mounts` and `berth ns` tell of an engine's containers.
extension EngineChecks {
  /// Of a container with a host directory at /v, on a file system of its own that is mounted twice.
  static func instruments(engine: String) -> [Check] {
    let begin =
      "mkdir v; mount -t tmpfs leak-$name v; trap 'clean >/dev/null 2>&1; umount -l v' EXIT; up -v \"$PWD/v:/v\" bb sleep 100; "
    let identity = "jq -r '\(select) | .engine + \" \" + .name' | sort -u | grep \"$name\" | sed \"s/$name/NAME/\""
    return [
      (begin + "berth ns list --json 2>/dev/null | jq '.namespaces[].container' | \(identity)", "\(engine) NAME\n"),
      (
        begin
          + "berth mounts $name --list -o target | grep -xc /v; berth mounts \(engine):$name --path /v --list -o source | tail -1 | sed \"s/$name/NAME/\"",
        "1\nleak-NAME\n"
      ),
      (
        begin
          + "berth ns enter $name -- /bin/sh -c 'readlink /proc/self/ns/mnt' >in; readlink /proc/$(berth ns list --json 2>/dev/null | jq \".namespaces[] | select(.container.name == \\\"$name\\\") | .container.pid\")/ns/mnt | diff - in && echo same",
        "same\n"
      ),
      (
        begin + "berth mounts holders leak-$name --json 2>/dev/null | jq '.mounts[].container' | \(identity)",
        "\(engine) NAME\n"
      ),
      (
        begin + "berth mounts explain \"$PWD/v\" --to $name --json 2>/dev/null | jq -r '.finding, .place'",
        "seenElsewhere\n/v\n"
      ),
      (begin + "berth mounts predict $name -- umount /v 2>/dev/null | grep -c '^  - /v '", "1\n"),
      (
        begin
          + "berth mounts diff self $name | grep -c '^+ /v '; berth mounts snapshot $name | jq '.mounts | length > 5'",
        "1\ntrue\n"
      ),
      (begin + "berth mounts graph $name --format svg | grep -c \"\(engine) $name\"", "1\n"),
      (
        begin
          + "berth mounts watch $name --json --timeout 20 --count 1 >events 2>told & until_true grep -q watching told; berth ns enter $name --types mount -- /bin/mount -t tmpfs new /tmp; wait; jq -r '.event, .path' events",
        "attached\n/tmp\n"
      ),
      (
        begin
          + "engine stop -t 0 $name >/dev/null; berth mounts $name 2>&1 | sed \"s/$name/NAME/g\"; engine start $name >/dev/null; berth mounts $name --list -o target | grep -xc /v",
        "berth: NAME: \(engine) NAME is stopped, so it has no namespace (\(engine) start NAME starts it)\n1\n"
      ),
      // A command in the container makes no second container of it, and is the container's too.
      (
        begin
          + """
          engine exec -d $name sh -c 'cd /v; exec sleep 50' >/dev/null; works() { berth mounts holders leak-$name --json >held 2>/dev/null; grep -q workingDirectory held; }
          until_true works; jq '.processes[] | select(.use == "workingDirectory") | .container' held | \(identity); berth mounts $name --list -o target | grep -xc /v
          """,
        "\(engine) NAME\n1\n"
      ),
    ]
  }

  private static let select = "select(. != null)"
}
