import TestSupport
import Testing

/// Mounts inside mounts, each with a propagation of its own: what a container sees, and what of it reaches the host.
@Suite(.requiresRoot, .requires("busybox", "jq", "runc")) struct NestedPropagationTests {
  /// `scene WORD`: file systems of the host's, and a configuration with them in each other, each in every way. `look COMMAND`: what a
  /// runtime makes of it, inside and outside, where another file system is mounted in each of them.
  private static let setting = #"""
    words() {
      for outer in private rprivate slave rslave shared rshared tmpfs,private tmpfs,shared tmpfs,rslave; do
        for inner in private rprivate slave rslave shared rshared unbindable runbindable; do echo $outer-$inner; done
      done
    }
    scene() {
      mkdir scene; mount -t tmpfs scene scene; mount --make-shared scene
      for word in $(words); do mkdir -p scene/outer/$word/inner scene/inner/$word/later; done
      command sh -c 'for place in /vol/*/inner/later; do mount -t tmpfs later $place; done; cat /proc/self/mountinfo'
      words | jq -Rn --arg scene "$PWD/scene" --slurpfile config bundle/config.json --arg root "$1" '
        [inputs | . as $word | split("-") as [$outer, $inner] | ($outer | split(",")) as $last |
          (if $last[1] then {type: "tmpfs", source: "tmpfs", options: $last[1:]}
            else {type: "bind", source: "\($scene)/outer/\($word)", options: ["rbind", $outer]} end) + {destination: "/vol/\($word)"},
          {destination: "/vol/\($word)/inner", type: "bind", source: "\($scene)/inner/\($word)", options: ["rbind", $inner]}
        ] as $mounts | $config[0] | .mounts += $mounts | .process.capabilities |= with_entries(.value = ["CAP_SYS_ADMIN"])
          | if $root != "" then .linux.rootfsPropagation = $root else . end' >changed && mv changed bundle/config.json
    }
    shapes() { awk '{ shape = ""; for (i = 7; $i != "-"; i++) { sub(":.*", "", $i); shape = shape " " $i } print $5 shape }' | sort; }
    look() {
      "$@" </dev/null >inside 2>/dev/null || cat inside; shapes <inside | grep ^/vol/
      grep -F "$PWD/scene/" /proc/self/mountinfo | sed "s,$PWD/,," | shapes; umount -R scene; rmdir scene
    }

    """#

  /// The peer's tree is the host's until it is told otherwise: its volumes are the host's peers with `rshared` alone. berth's are by
  /// their own word.
  @Test(arguments: ["", "rslave", "private", "shared", "rshared"]) func isWhatRuncMakesOfIt(root: String) throws {
    let output = try RuntimeHost.script(
      Self.setting + """
        scene rshared; look runc --root $PWD/peers run -b bundle other-$id >peer
        scene '\(root)'; look berth run -b bundle $id >own
        diff peer own; grep -c . own; grep -c '^scene/.*later' own
        """
    )
    #expect(output == Output(status: 0, out: "254\n22\n", err: ""))
  }
}
