import TestSupport
import Testing

/// Cgroups that a container with a writable cgroup makes below its own.
@Suite(.requiresRoot, .requires("jq", "busybox", "python3")) struct RuntimeCgroupTests {
  private static let making = #"""
    directory() { awk -F: -v c="$1" '$2 == c { print $3 }' /proc/$(process $id)/cgroup; }
    # Where the container is in each hierarchy that it has to itself.
    own() { find /sys/fs/cgroup -maxdepth 3 -type d -name $id 2>/dev/null || :; }
    # Of these the one that freezes and the one of version 2 stand for all: a thousand cgroups take their time.
    some() { own | grep -E '/(freezer|unified|c[0-9]+)/|^/sys/fs/cgroup/c' | head -2; }
    berth run -d -b bundle $id; [ -n "$(own)" ] || echo none
    # As one that the container has born, a process is in all of its cgroups.
    enter() { for each in $(own); do echo $1 >$each/cgroup.procs; done; }
    # A shell that goes down looks at the whole path again with each step.
    deep() {
      /usr/bin/python3 -c '
    import os, subprocess, sys
    os.chdir(sys.argv[1])
    for _ in range(int(sys.argv[2])): os.mkdir(os.fsencode(sys.argv[3])); os.chdir(os.fsencode(sys.argv[3]))
    os.execv("/bin/sh", ["sh", "-c", "sleep 100 & for each in $0; do echo $! >$each/cgroup.procs; done; echo $! >cgroup.procs; echo $!", sys.argv[4]])
    ' "$1" $2 "$3" "$(own)" >>$sleepers
    }
    sleepers=$PWD/sleepers; >sleepers
    # What has ended may still wait to be reaped.
    lives() { grep -qs '^State:[[:space:]]*[^ZX]' /proc/$1/status; }
    are() { for each in $(cat sleepers); do lives $each && echo "$each goes on"; done; }

    """#

  /// What is made in each of the container's cgroups.
  static let shapes = [
    // A path of 500 such names is longer than PATH_MAX, and of 1,500 deep enough for recursion to be felt.
    "deep $each 500 nested-one", "deep $each 1500 d",
    #"deep $each 2 $'\xff\xfe*? name'; deep $each 1 $'caf\xe9'; deep $each 1 '..x'"#,
    "(cd $each && seq -f w%g 10000 | xargs mkdir)",
  ]

  @Test(arguments: Self.shapes) func aContainerOfAnyShapeIsDeleted(shape: String) throws {
    let output = try RuntimeHost.script(
      Self.making + #"""
        for each in $(some); do \#(shape); done
        count=$(berth ps -f json $id | jq length); [ $count -gt $(wc -l <sleepers) ] || echo "only $count processes"
        timeout -s KILL 60 "$BERTH" --root "$PWD/containers" delete --force $id; echo $?; own; ls containers
        # A process leaves its cgroups a moment before it has ended.
        until_true eval '[ -z "$(are)" ]'
        """#
    )
    #expect(output == Output(status: 0, out: "0\n", err: ""))
  }

  @Test func whatIsFrozenBelowIsEnded() throws {
    let output = try RuntimeHost.script(
      Self.making + #"""
        for each in $(some); do deep $each 5 inner; done
        for each in $(some); do
          inner=$each/inner/inner
          [ ! -e $inner/freezer.state ] || { echo FROZEN >$inner/freezer.state; until_true grep -q FROZEN $inner/freezer.state; }
          [ ! -e $inner/cgroup.freeze ] || echo 1 >$inner/cgroup.freeze
        done
        timeout -s KILL 60 "$BERTH" --root "$PWD/containers" delete --force $id; echo $?; own; until_true eval '[ -z "$(are)" ]'
        """#
    )
    #expect(output == Output(status: 0, out: "0\n", err: ""))
  }

  @Test func allOfItsProcessesAreReached() throws {
    let output = try RuntimeHost.script(
      Self.making + #"""
        for each in $(some); do deep $each 500 nested-one; done
        berth pause $id; is $id paused && berth resume $id && is $id running || echo "not paused"
        berth kill --all $id KILL; until_true is $id stopped; until_true eval '[ -z "$(are)" ]'; berth delete $id; echo $?; own
        """#
    )
    #expect(output == Output(status: 0, out: "0\n", err: ""))
  }
}
