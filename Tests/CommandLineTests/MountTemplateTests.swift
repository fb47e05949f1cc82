import TestSupport
import Testing

/// Containers on a host with many mounts begin in the template, and must not be told from others.
@Suite(.requiresRoot, .requires("jq", "busybox"))
struct MountTemplateTests {
  /// Runs a script that finds `crowd`, which makes many mounts, and `container ID COMMAND...`, which runs a container with a
  /// shared directory and the host's whole tree in it.
  private func script(_ script: String, hostRoot: HostRoot) throws -> Output {
    try Berth.script(
      Scripts.waiting + Scripts.system + """
        berth() { "$BERTH" --root "$PWD/containers" "$@"; }
        crowd() { mkdir -p many/{1..450} && for each in many/*; do mount -n --bind $each $each; done; }
        mkdir -p root/host root/shared shared && mount -n -t tmpfs shared shared && mount --make-shared shared
        mkdir shared/late
        berth spec -b .
        spec() {
          jq --arg here "$PWD" --argjson hooks "${hooks:-{\\}}" --args '.process.terminal = false
            | .root.path = $here + "/root" | .process.args = $ARGS.positional | .hooks = $hooks
            | .mounts += [
                {destination: "/shared", type: "bind", source: ($here + "/shared"), options: ["rbind", "rslave"]},
                {destination: "/host", type: "bind", source: "/", options: ["rbind", "rslave", "ro"]}]' -- "$@"
        }
        container() {
          mkdir -p "bundle$1"
          spec "${@:2}" <config.json >"bundle$1/config.json" && berth run -b "bundle$1" "c$$-$1"
        }
        # Mounts as the container sees them, without the host's, and without what is numbered anew each time.
        table='grep -v " /host" /proc/self/mountinfo | cut -d" " -f4- | sed -E "s/(master|shared):[0-9]+/\\1/g; s,/c[0-9]+-[^ /]*,/ID," | sort'
        # Since Linux 6.18 each CPU numbers namespaces by itself: the kernel may take the template for older than the namespace
        # that is to hold it, and refuse. Then the next start makes it.
        template() { until_true eval 'container template true; [ "$(pins)" = 1 ]'; }
        pins() { grep -c '/.template,mount/ns .* - nsfs ' /proc/self/mountinfo; true; }

        """ + script,
      hostRoot: hostRoot
    )
  }

  @Test(arguments: [HostRoot.private, .shared])
  func theContainerIsTheSame(hostRoot: HostRoot) throws {
    let output = try script(
      """
      container a sh -c "$table; ls /; ls -l /proc/keys | cut -c1; cat /proc/acpi/* 2>&1" >plain
      crowd; template
      for id in b c; do
        container $id sh -c "$table; ls /; ls -l /proc/keys | cut -c1; cat /proc/acpi/* 2>&1" >begun
        cmp plain begun || diff plain begun
      done
      [ -s plain ] && pins; berth list -q
      """,
      hostRoot: hostRoot
    )
    #expect(output == Output(status: 0, out: "1\n", err: ""))
  }

  @Test(arguments: [HostRoot.private, .shared])
  func theHostsMountsStillArrive(hostRoot: HostRoot) throws {
    let output = try script(
      """
      crowd; template
      container a sh -c 'touch /shared/up; until [ -e /shared/late/arrived ]; do sleep 0.05; done; echo here' &
      until_true [ -e shared/up ]
      mount -n -t tmpfs late shared/late && touch shared/late/arrived
      wait && umount -n shared/late && pins
      """,
      hostRoot: hostRoot
    )
    #expect(output == Output(status: 0, out: "here\n1\n", err: ""))
  }

  /// A process's own root is its mount namespace's; the template holds two mounts besides.
  @Test func nothingOfTheHostIsBehindTheRoot() throws {
    let output = try script(
      """
      crowd; template
      container a sh -c 'ls /proc/1/root/.. | sort >/tmp/seen; grep -vc " /host" /proc/self/mountinfo; umount /; ls / | cmp - /tmp/seen' \\
        >out 2>&1
      grep -c "umount: can't" out; jq '.root.readonly' bundlea/config.json
      """,
      hostRoot: .private
    )
    #expect(output == Output(status: 0, out: "1\ntrue\n", err: ""))
  }

  @Test func startsAtOnceMakeOneTemplate() throws {
    let output = try script(
      """
      crowd
      for id in 1 2 3 4 5 6; do container $id echo up & done; wait; template; pins
      """,
      hostRoot: .private
    )
    #expect(output == Output(status: 0, out: "up\nup\nup\nup\nup\nup\n1\n", err: ""))
  }

  /// Hooks that enter the mount namespace look for the root at its path on the host.
  @Test func hooksFindTheRootWhereItIsOnTheHost() throws {
    let output = try script(
      """
      crowd
      cat >hook <<END
      #!/bin/sh
      nsenter --mount=/proc/\\$(jq .pid)/ns/mnt ls -d $PWD/root/bin >$PWD/found
      END
      chmod +x hook
      hooks='{"createRuntime": [{"path": "'$PWD'/hook"}]}' container a true && sed "s,$PWD,DIR," found; pins
      """,
      hostRoot: .private
    )
    #expect(output == Output(status: 0, out: "DIR/root/bin\n0\n", err: ""))
  }

  /// What takes the template's place is not entered.
  @Test func somethingElseInItsPlaceIsPassedOver() throws {
    let output = try script(
      """
      crowd
      mkdir -p containers/.template,mount/ns
      container a echo up; pins
      """,
      hostRoot: .private
    )
    #expect(output == Output(status: 0, out: "up\n0\n", err: ""))
  }
}
