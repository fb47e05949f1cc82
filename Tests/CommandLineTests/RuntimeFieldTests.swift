import TestSupport
import Testing

/// Fields and options that configurations of the field have, and what other runtimes make of them.
@Suite(.requiresRoot, .requires("jq", "busybox")) struct RuntimeFieldTests {
  @Test(arguments: [
    // -1 stands for no id at all: the process would have run as root.
    (
      ".process.user.uid = 4294967295",
      "config.json: process.user.uid: 4294967295 is no id: it stands for none, credentials(7)"
    ),
    (
      ".process.user.gid = 4294967295",
      "config.json: process.user.gid: 4294967295 is no id: it stands for none, credentials(7)"
    ),
    // Nothing is mounted there.
    (
      #".mounts += [{destination: "/bin", type: "bind", source: "/bin", options: ["bind", "remount"]}]"#,
      "mount -o remount"
    ),
    (
      #".mounts += [{destination: "/bin", type: "bind", source: "/bin", options: ["bind", "remount", "ro"]}]"#,
      "mount -o remount"
    ),
    // Ids are mapped for binds alone: a file system would go without.
    (
      #".mounts += [{destination: "/x", type: "tmpfs", source: "x", uidMappings: [{containerID: 0, hostID: 1, size: 1}], gidMappings: [{containerID: 0, hostID: 1, size: 1}]}]"#,
      "config.json: mounts[7].uidMappings: ids are mapped for binds alone, and this is tmpfs"
    ),
    (
      #".mounts += [{destination: "/x", type: "tmpfs", source: "x", options: ["ridmap"]}]"#,
      "config.json: mounts[7].options: ids are mapped for binds alone, and this is tmpfs"
    ),
    // Docker looks for these words.
    (
      #".mounts += [{destination: "/bin", type: "bind", source: "/etc/hostname", options: ["bind"]}]"#,
      "not a directory"
    ),
    (#".mounts += [{destination: "/bin/sh", type: "bind", source: "/etc", options: ["bind"]}]"#, "not a directory"),
  ]) func isRefused(change: String, message: String) throws {
    let output = try RuntimeHost.script(
      #"""
      command true; change '\#(change)'; said berth run -b bundle $id; ls -A containers
      """#
    )
    #expect(output.out.hasPrefix("berth: ") && output.out.contains(message), "\(output)")
    #expect(output.out.split(separator: "\n").count == 1, "\(output)")
  }

  @Test(arguments: [
    // What is empty is as if it were not there.
    (#".hostname = "" | .domainname = """#, #"[ "$(hostname)" = "$(cat /host)" ] && echo same"#, "same\n"),
    (#".linux.rootfsPropagation = """#, "echo yes", "yes\n"),
    // A device of the configuration's comes before the link of that name.
    (
      #".linux.devices = [{path: "/dev/stdin", type: "c", major: 1, minor: 5}, {path: "/dev/fd", type: "c", major: 1, minor: 3}]"#,
      "ls -l /dev/stdin /dev/fd | cut -c 1; ls -l /dev/stdout | cut -c 1", "c\nc\nl\n"
    ),
    // Empty mappings are none.
    (
      #".mounts += [{destination: "/x", type: "bind", source: "/etc", options: ["bind"], uidMappings: [], gidMappings: []}]"#,
      "ls -d /x", "/x\n"
    ),
    // What is said of a tree counts, wherever it stands; for binds and file systems alike.
    (mount("bind", "/etc", ["rbind", "rro", "rw"]), flags, "ro\n"),
    (mount("bind", "/etc", ["rbind", "rw", "rro"]), flags, "ro\n"),
    (mount("bind", "/etc", ["rbind", "ro", "rrw"]), flags, "rw\n"),
    (mount("bind", "/etc", ["rbind", "rrw", "ro"]), flags, "rw\n"),
    (mount("bind", "/etc", ["rbind", "ro", "rnosuid", "suid"]), flags, "ro,nosuid\n"),
    (mount("tmpfs", "x", ["rro", "rw"]), flags, "ro\n"), (mount("tmpfs", "x", ["ro", "rrw"]), flags, "rw\n"),
    (mount("tmpfs", "x", ["rnosuid", "suid"]), flags, "rw,nosuid\n"),
  ]) func isAsWithOtherRuntimes(change: String, command: String, said: String) throws {
    let output = try RuntimeHost.script(
      #"""
      hostname >bundle/rootfs/host; command sh -c '\#(command)'
      change '\#(change) | .linux.namespaces |= map(select(.type != "uts" or \#(change.contains("hostname") ? "false" : "true")))'
      berth run -b bundle $id
      """#
    )
    #expect(output == Output(status: 0, out: said, err: ""))
  }

  private static let flags = #"grep " /x " /proc/self/mountinfo | cut -d " " -f 6 | sed "s/,relatime//""#

  private static func mount(_ type: String, _ source: String, _ options: [String]) -> String {
    let list = options.map { "\"\($0)\"" }.joined(separator: ", ")
    return #".mounts += [{destination: "/x", type: "\#(type)", source: "\#(source)", options: [\#(list)]}]"#
  }

  /// One warning for all: a build has a process for each of its steps.
  @Test func ambientCapabilitiesAreOneWarning() throws {
    let output = try RuntimeHost.script(
      """
      command true; change '.process.capabilities.ambient = ["CAP_KILL", "CAP_CHOWN"] | .process.capabilities.inheritable = []'
      berth run -b bundle $id 2>&1 | sed 's/.*msg=//'
      """
    )
    #expect(
      output.out == "\"can't raise ambient capabilities: not both permitted and inheritable: CAP_CHOWN, CAP_KILL\"\n"
    )
  }

  /// What a terminal here shows is as it was printed: a line begins at its left edge.
  @Test(.requires("script")) func linesOnATerminalAreLines() throws {
    let output = try RuntimeHost.script(
      #"""
      command printf 'a\nb\n'; change '.process.terminal = true'
      script -qec "$BERTH --root $PWD/containers run -b bundle $id" /dev/null </dev/null | od -An -c | tr -s ' ' | sed 's/ ^ @//'
      command sleep 100; berth run -d -b bundle $id </dev/null >/dev/null 2>&1
      script -qec "$BERTH --root $PWD/containers exec -t $id printf 'c\\nd\\n'" /dev/null </dev/null | od -An -c | tr -s ' ' | sed 's/ ^ @//'
      """#
    )
    #expect(output.out == " a \\r \\n b \\r \\n\n c \\r \\n d \\r \\n\n", "\(output.err)")
  }

  /// A file with a process says all of it, as with runc and crun.
  @Test func theFileOfExecCounts() throws {
    let output = try RuntimeHost.script(
      """
      berth run -d -b bundle $id; jq '.process | .args = ["echo", "file"] | .terminal = false' bundle/config.json >process
      berth exec --process process $id echo words; berth exec --process process $id
      """
    )
    #expect(output == Output(status: 0, out: "file\nfile\n", err: ""))
  }

  /// Who is told that it started finds it running.
  @Test func whatHasStartedRuns() throws {
    let output = try RuntimeHost.script(
      """
      for try in $(seq 40); do berth create -b bundle $id; berth start $id; status $id; berth delete --force $id; done | sort | uniq -c | tr -s ' '
      """
    )
    #expect(output == Output(status: 0, out: " 40 running\n", err: ""))
  }

  /// An overlay of many layers has an option that is too long for fsconfig(2): each `podman run --mount type=image` without root.
  @Test(arguments: ["rw", "ro,nosuid"]) func anOptionMayBeLong(flags: String) throws {
    let output = try RuntimeHost.script(
      #"""
      mkdir layers; mount -t tmpfs layers layers; cd layers; mkdir upper work; lower=
      for number in 1 2 3 4 5; do
        layer=$PWD/$(printf '%060d' $number); mkdir $layer; echo $number >$layer/$number; lower=$layer${lower:+:$lower}
      done
      options="lowerdir=$lower,upperdir=$PWD/upper,workdir=$PWD/work"; cd ..
      command sh -c 'cat /x/*; touch /x/new 2>/dev/null && echo written; grep " /x " /proc/self/mountinfo | cut -d " " -f 6'
      change --arg options "$options" --arg flags '\#(flags)' '.mounts += [
        {destination: "/x", type: "overlay", source: "overlay", options: (($options | split(",")) + ($flags | split(",")))}]'
      berth run -b bundle $id; ls containers 2>/dev/null
      """#
    )
    let rest = flags == "rw" ? "written\nrw,relatime\n" : "ro,nosuid,relatime\n"
    #expect(output == Output(status: 0, out: "1\n2\n3\n4\n5\n" + rest, err: ""))
  }

  @Test func anOptionMayBeTooLong() throws {
    let output = try RuntimeHost.script(
      #"""
      change --arg word "$(printf '%05000d' 1)" '.mounts += [{destination: "/x", type: "tmpfs", source: "x", options: ["size=" + $word]}]'
      berth run -b bundle $id 2>&1 | tail -c 60; ls -A containers
      """#
    )
    #expect(output.out.hasSuffix("argument list too long\n"), "\(output)")
  }
}
