/// Functions of bash that several tests put before their scripts.
enum ScriptParts {
  /// `rootfs DIR`: a root directory with the programs of busybox.
  static let rootfs = """
    rootfs() {
      mkdir -p "$1/bin"
      cp "$(command -v busybox)" "$1/bin/busybox"
      for name in sh cat mount umount sleep true false; do ln -sf busybox "$1/bin/$name"; done
    }

    """

  /// `image DIR FILE`: a squashfs image of a directory. The kernel reads such an image through a loop device only.
  static let image = """
    image() { mksquashfs "$1" "$2" -quiet -no-progress >/dev/null; }

    """

  /// `table`: the mount table without what differs from one run to the next, ids and the numbers of anonymous devices.
  static let table = """
    table() { awk '{ split($3, device, ":"); $1 = $2 = ""; $3 = device[1]; gsub(/loop[0-9]+/, "loop"); print }' "$@"; }

    """

  /// `begin OPTIONS`: a berth shell with bash in it; `inside LINE`: what a line typed there prints; `end`: leaves it.
  ///
  /// A line's output ends with a dot of its own, so that nothing has to wait for a time.
  static let dialogue = """
    begin() { coproc SHELL_INSIDE { exec "$BERTH" shell "$@" -- bash 2>&1; }; inside true; }
    inside() {
      printf '%s\\n' "$1" 'echo .' >&"${SHELL_INSIDE[1]}"
      while IFS= read -r -t 30 -u "${SHELL_INSIDE[0]}" line && [[ $line != . ]]; do printf '%s\\n' "$line"; done
    }
    end() { local id=$SHELL_INSIDE_PID; eval "exec ${SHELL_INSIDE[1]}>&-"; wait "$id"; }

    """
}

/// A line of mountinfo, proc_pid_mountinfo(5), without ids and device number.
struct MountLine: Hashable {
  var root: String
  var mountPoint: String
  var options: Set<String>
  /// The optional fields: `shared:1`, `master:2`.
  var tags: [String]
  var type: String
  var source: String
  var superOptions: Set<String>

  init?(_ line: String) {
    let halves = line.split(separator: " - ", maxSplits: 1).map { $0.split(separator: " ").map(String.init) }
    guard halves.count == 2, halves[0].count >= 6, halves[1].count >= 3 else { return nil }
    root = halves[0][3]
    mountPoint = halves[0][4]
    options = Set(halves[0][5].split(separator: ",").map(String.init))
    tags = Array(halves[0].dropFirst(6))
    type = halves[1][0]
    source = halves[1][1]
    superOptions = Set(halves[1][2].split(separator: ",").map(String.init))
  }
}
