import TestSupport
import Testing

/// `--no-pivot` leaves the host's root below the container's, and nothing of it that shows more than the container may see.
@Suite(.requiresRoot, .requires("jq", "busybox")) struct RuntimeNoPivotTests {
  /// A nested user namespace may mount a file system of these only if one that shows all of it is there.
  @Test(arguments: ["", "--no-pivot"], [("-mrpf", "proc"), ("-mrn", "sys")])
  func noViewOfTheHostIsExposed(option: String, view: (flags: String, name: String)) throws {
    let (flags, name) = view
    let output = try RuntimeHost.script(
      #"""
      # Others than the usual ones, one of them hidden beneath a tmpfs.
      mkdir -p views/hidden/proc views/sys; mount -t proc proc views/hidden/proc; mount -t tmpfs none views/hidden
      mount -t sysfs sysfs views/sys; mount -t proc proc bundle/rootfs/proc
      before=$(cut -d' ' -f5- /proc/self/mountinfo)
      command unshare \#(flags) sh -c 'mount -t \#(name == "sys" ? "sysfs" : name) none /\#(name) && echo exposed'
      change '.process.capabilities |= map_values(. + ["CAP_SETFCAP"])'
      berth run \#(option) -b bundle $id; echo $?
      [ "$(cut -d' ' -f5- /proc/self/mountinfo)" = "$before" ] && echo unchanged
      """#,
      hostRoot: .shared
    )
    #expect(output.out == "1\nunchanged\n")
    #expect(output.err.lowercased().contains("permission denied"), "\(output)")
  }

  /// The container's own are there all the same.
  @Test func whatTheContainerMountsIsThere() throws {
    let output = try RuntimeHost.script(
      #"""
      command sh -c 'echo $(awk "{ print \$9 }" /proc/self/mountinfo | grep -cE "^(proc|sysfs)$"); ls -d /proc/self /sys/kernel'
      change '.linux.maskedPaths = [] | .linux.readonlyPaths = []'
      berth run --no-pivot -b bundle $id
      """#
    )
    #expect(output == Output(status: 0, out: "2\n/proc/self\n/sys/kernel\n", err: ""))
  }
}
