import TestSupport
import Testing

/// Hosts where files of mount namespaces are mounted, as snapd's are: the kernel attaches no tree that has such a file in it (ELOOP).
@Suite(.requiresRoot, .requires("busybox", "jq")) struct PinnedNamespaceTests {
  /// Several, made on each processor: since Linux 6.18 each numbers namespaces by itself, and only those with higher numbers are refused.
  private static let pins = #"""
    mkdir pins; mount -t tmpfs --make-private pins pins
    for number in 1 2 3 4 5 6; do
      touch pins/$number; taskset --cpu-list $((number % $(nproc))) unshare --mount="$PWD/pins/$number" true 2>/dev/null
    done
    grep -q "$PWD/pins/. .* nsfs " /proc/self/mountinfo || echo none
    look='echo $(grep -c " /host/.* nsfs " /proc/self/mountinfo) $(ls -d /host/etc) $(grep -c " /host " /proc/self/mountinfo)'

    """#

  private static let mapped = "{containerID: 0, hostID: 0, size: 65536}"
  private static let userNamespace =
    " | .linux.namespaces += [{type: \"user\"}] | .linux.uidMappings = [\(mapped)] | .linux.gidMappings = [\(mapped)]"
  private static let hook = " | .hooks.createRuntime = [{path: \"/bin/true\"}]"

  @Test(
    arguments: [
      #""rbind""#, #""rbind", "rslave""#, #""rbind", "rshared""#, #""rbind", "rro""#, #""rbind", "ro", "rprivate""#,
      #""rbind", "idmap=uids=0-1000-1;gids=0-1000-1""#,
    ],
    ["", userNamespace, hook]
  ) func theHostIsInAContainer(options: String, change: String) throws {
    let output = try RuntimeHost.script(
      Self.pins + """
        command sh -c "$look"
        change '.mounts += [{destination: "/host", type: "bind", source: "/", options: [\(options)]}]\(change)'
        for try in 1 2 3; do berth run -b bundle $id; done
        """,
      hostRoot: .shared
    )
    // The whole tree is the host's with its mounts; a mapped one is a single mount of it.
    #expect(output == Output(status: 0, out: String(repeating: "0 /host/etc 1\n", count: 3), err: ""))
  }

  /// Where there are many mounts, a container begins in the template, and goes back for a tree that cannot be attached there.
  @Test func theHostIsInAContainerOfTheTemplate() throws {
    let output = try RuntimeHost.script(
      Self.pins + """
        mkdir -p many/{1..450}; for each in many/*; do mount -n --bind $each $each; done
        command sh -c "$look"; change '.mounts += [{destination: "/host", type: "bind", source: "/", options: ["rbind", "rslave"]}]'
        for try in 1 2 3 4; do berth run -b bundle $id | cut -d ' ' -f 2-; done; ls -A containers
        """
    )
    #expect(
      output == Output(status: 0, out: String(repeating: "/host/etc 1\n", count: 4) + ".template,mount\n", err: "")
    )
  }

  @Test(arguments: [
    "-v /:/host", "-v /:/host:ro", "-v /:/host:rslave", "--overlay -v /:/host", "--read-only -v /:/host",
    "--userns -v /:/host",
  ])
  func theHostIsInAShell(options: String) throws {
    let output = try RuntimeHost.script(
      Self.pins + """
        for try in 1 2 3; do "$BERTH" shell \(options) -- sh -c "$look"; done
        """,
      hostRoot: .shared
    )
    #expect(output == Output(status: 0, out: String(repeating: "0 /host/etc 1\n", count: 3), err: ""))
  }

  /// The mounts of a shell in a user namespace that is there already are taken inside: outside there is no right to them by then.
  @Test func aVolumeIsInAJoinedUserNamespace() throws {
    let output = try RuntimeHost.script(
      """
      mkdir volume; touch volume/file; unshare -Ur sleep 100 & trap 'kill $!' EXIT
      entered() { [ "$(readlink /proc/$!/ns/user)" != "$(readlink /proc/$$/ns/user)" ]; }; until_true entered
      "$BERTH" shell --join user=/proc/$!/ns/user -v ./volume:/mnt -- ls /mnt
      """
    )
    #expect(output == Output(status: 0, out: "file\n", err: ""))
  }
}
