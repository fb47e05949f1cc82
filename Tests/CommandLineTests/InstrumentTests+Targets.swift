import TestSupport
import Testing

/// How containers are found by the words that people have for them, and what is said of those that cannot be looked at.
extension InstrumentTests {
  /// A host whose states of containers are this test's alone. `crun ID PROCESS START` writes one as crun does, and `engine ID` tells
  /// whose a container is.
  private static let states = """
    mount -t tmpfs run /run; unset -f berth
    crun() { mkdir -p "/run/crun/$1"; printf '{"pid": %s, "process-start-time": %s}' "$2" "$3" >"/run/crun/$1/status"; }
    started() { cut -d ' ' -f 22 "/proc/$1/stat"; }
    engine() { "$BERTH" ns list --json 2>/dev/null | jq -r --arg id "$1" '.namespaces[].container | select(.id? == $id) | .engine'; }
    apart() { unshare -m sleep 100 & last=$!; until_true moved "$last"; }
    moved() { [ "$(readlink /proc/$1/ns/mnt)" != "$(readlink /proc/$$/ns/mnt)" ] && grep -q sleep /proc/$1/comm; }

    """

  @Test(.requires("runc")) func findsContainersWithoutEngine() throws {
    let output = try RuntimeHost.script(
      Self.states + """
        trap 'runc delete --force $id; kill $(jobs -p) 2>/dev/null' EXIT
        runc run -d -b bundle $id </dev/null >/dev/null 2>&1; engine $id
        "$BERTH" mounts "runc:$id" --list -o target | grep -xc /proc; "$BERTH" ns enter $id -- /bin/echo inside
        apart; crun other $last $(started $last); engine other; "$BERTH" mounts other | head -1 | cut -c1-6
        runc kill $id KILL; until_true eval '[ $(runc state $id | jq -r .status) = stopped ]'; "$BERTH" mounts $id 2>&1 | sed "s/$id/ID/g"
        kill $last; wait $last 2>/dev/null; "$BERTH" mounts crun:other
        # Another process has the id by now.
        apart; crun reused $last 1; "$BERTH" mounts reused; "$BERTH" mounts rused
        """
    )
    #expect(
      output.out == """
        runc
        1
        inside
        crun
        TARGET
        berth: ID: runc ID is stopped, so it has no namespace (runc delete ID removes it, for a new one of this id)

        """
    )
    #expect(
      output.err == """
        berth: crun:other: crun other is stopped, so it has no namespace (crun delete other removes it, for a new one of this id)
        berth: reused: crun reused is stopped, so it has no namespace (crun delete reused removes it, for a new one of this id)
        berth: rused: no container has this name or id; did you mean reused?

        """
    )
  }

  /// berth stays while a container that it ran in the foreground runs, and tells by its words where the state is.
  @Test func findsContainersOfAnotherRoot() throws {
    let output = try RuntimeHost.script(
      Self.states + """
        trap 'for root in a b; do "$BERTH" --root $root delete --force $id; done' EXIT
        "$BERTH" --root a run -b bundle $id </dev/null >/dev/null 2>&1 &
        known() { [ "$(engine $id)" = berth ]; }
        until_true known; "$BERTH" mounts berth:$id --list -o target | grep -xc /proc
        # Of one id, only the processes are different.
        change --arg id other-$id '.linux.cgroupsPath = $id'
        "$BERTH" --root=$PWD/b run -b bundle $id </dev/null >/dev/null 2>&1 & two() { [ "$(engine $id | wc -l)" = 2 ]; }
        until_true two; "$BERTH" mounts $id 2>&1 | sed "s/$id/ID/g; s/[0-9][0-9]* (/PID (/g"
        "$BERTH" --root a kill $id KILL; until_true eval '! two'; "$BERTH" mounts $id | head -1 | cut -c1-6
        """
    )
    #expect(
      output.out == "1\nberth: ID names 2 containers: say which: PID (berth ID), PID (berth ID)\nTARGET\n",
      "\(output.err)"
    )
  }

  /// Where not all namespaces can be walked, a file leads to its own all the same: to that of a descriptor, in which no process is.
  @Test func findsByAFileWhatNothingElseShows() throws {
    let output = try run(
      """
      mount -t tmpfs base /mnt; mkdir /mnt/x; export -f until_true
      timeout 60 unshare --pid --mount-proc --fork --kill-child --propagation private bash -c '
        unshare -m bash -c "mount -t tmpfs inner /mnt/x; exec sleep 100" & there() { grep -q inner /proc/$!/mountinfo; }
        until_true there; exec 8</proc/$!/ns/mnt; kill $!; wait $! 2>/dev/null; file=/proc/1/fd/8
        $BERTH mounts $file --list -o source | grep -c inner
        $BERTH ns enter $file -- findmnt -n -o source /mnt/x
        $BERTH mounts diff self $file | grep -c inner
        $BERTH mounts graph $file --format dot 2>/dev/null | grep -c "/mnt/x"
        $BERTH mounts explain /mnt/x --from $file --json 2>/dev/null | jq -r .finding
        $BERTH mounts predict $file -- umount /mnt/x 2>/dev/null | grep -c "/mnt/x"
        $BERTH mounts watch $file --json --count 1 --timeout 30 >told 2>began & until_true grep -q watching began
        nsenter --mount=$file mount -t tmpfs more /mnt/x; wait $!; jq -r .event told
        $BERTH mounts set $file /mnt/x ro; $BERTH mounts $file --list -o source,options | grep -c "^more  *ro,"
        $BERTH mounts remove $file /mnt/x; $BERTH mounts $file --list -o source | grep -c more
        for other in /proc/self/ns/net ./told; do $BERTH mounts $other || echo $?; done' 2>&1
      """
    )
    #expect(
      output.out == """
        1
        inner
        1
        1
        parentPrivate
        1
        attached
        1
        0
        berth: /proc/self/ns/net: it is not the file of a mount namespace, as /proc/PID/ns/mnt is
        2
        berth: ./told: it is not the file of a mount namespace, as /proc/PID/ns/mnt is
        2

        """
    )
  }

  /// Namespaces that end while the machine is read are no longer there, and nothing that more privilege would show.
  @Test func leavesOutWhatEndsMeanwhile() throws {
    let output = try run(
      """
      for _ in 1 2 3 4; do while :; do unshare -m true; done & done
      for _ in $(seq 30); do $BERTH mounts --all 2>&1 >/dev/null | grep 'could not be read'; done; echo done
      """
    )
    #expect(output.out == "done\n")
  }

  /// A shim calls the runtime, and Podman's cleans up after its container: those children are in the namespace of the shim, and no
  /// container's processes.
  @Test func distinguishesShimsHelpers() throws {
    let output = try run(
      """
      cp /bin/bash conmon; shims=; trap 'pkill -P ${shims%,}' EXIT
      # shim NAME COMMAND: of a container of that name, with the command as its child.
      shim() { ./conmon -c "$2; :" x -n "$1" 2>/dev/null & shims+=$!,; until_true pgrep -x sleep -P $! >/dev/null; }
      shim web "unshare -m sleep 100"; shim web "sleep 100"; shim gone "sleep 100"
      $BERTH mounts podman:web --list -o target | grep -xc /; $BERTH mounts podman:gone
      """
    )
    #expect(output.out == "1\n")
    #expect(output.err == "berth: podman:gone: no container has this name or id\n")
  }

  /// From what Docker and Podman keep on disk, which is looked at for a name that nothing has that runs.
  @Test func tellsWhatIsStopped() throws {
    let output = try run(
      #"""
      mount -t tmpfs lib /var/lib; docker=/var/lib/docker/containers; podman=/var/lib/containers/storage/overlay-containers
      docker() { mkdir -p $docker/$1; printf '{"ID": "%s", "Name": "/%s", "State": {"Running": %s}}' $1 $2 $3 >$docker/$1/config.v2.json; }
      docker 4f1e00000000aa quay false; docker 77aa00000000bb jetty false; docker 99bb00000000cc elsewhere true
      mkdir -p $podman; cat >$podman/containers.json <<'END'
      [{"id": "d0d000000000dd", "names": ["jetty"], "metadata": "{}"}, {"id": "bbbb00000000bb", "names": ["bb-working-container"]}]
      END
      # What is no file does not keep anyone waiting.
      mkdir $docker/odd; mkfifo $docker/odd/config.v2.json
      for target in quay 4f1e docker:jetty podman:jetty jetty docker:4f elsewhere qauy bb-working-container "" docker:; do
        timeout 20 $BERTH mounts "$target"; done
      touch plain; $BERTH ns enter plain
      mkdir graph; mv $podman graph; printf '[storage]\n graphroot = "%s"\n' $PWD/graph >conf
      CONTAINERS_STORAGE_CONF=$PWD/conf $BERTH mounts podman:d0d
      """#
    )
    #expect(
      output.err == """
        berth: quay: docker quay is stopped, so it has no namespace (docker start quay starts it)
        berth: 4f1e: docker quay is stopped, so it has no namespace (docker start quay starts it)
        berth: docker:jetty: docker jetty is stopped, so it has no namespace (docker start jetty starts it)
        berth: podman:jetty: podman jetty is stopped, so it has no namespace (podman start jetty starts it)
        berth: jetty names 2 containers: say which: docker:jetty, podman:jetty
        berth: docker:4f: docker quay is stopped, so it has no namespace (docker start quay starts it)
        berth: elsewhere: no container has this name or id
        berth: qauy: no container has this name or id; did you mean quay?
        berth: bb-working-container: no container has this name or id
        berth: "" names nothing: a target is a process, a container or a namespace
        berth: "docker:" names nothing: a target is a process, a container or a namespace
        berth: plain: no container has this name or id; the file of this name is ./plain
        berth: podman:d0d: podman jetty is stopped, so it has no namespace (podman start jetty starts it)

        """
    )
  }
}
