import TestSupport
import Testing

/// containerd by ctr, its own client, with berth as the binary of its runc shim.
@Suite(
  .requiresRoot,
  .requires("containerd", "ctr", "busybox", "tmux"),
  .lab(
    """
    daemon containerd
    until_true ctr version
    archive docker.io/library/bb:latest '["sh"]' | ctr image import -
    cat >/run/lab/client <<'END'
    bb=docker.io/library/bb:latest
    run() { ctr run --runc-binary /usr/local/bin/berth "$@"; }
    engine() { ctr task exec --exec-id x$BASHPID "$@"; }
    up() { run -d "$@" && until_true eval 'ctr task ls | grep -q "^$name .*RUNNING"'; }
    inside() { engine "$name" "$@"; }
    state() { ctr task ls | awk -v name="$name" '$1 == name { print $3 }'; }
    clean() { ctr task kill -s KILL "$name"; until_true eval '[[ $(state) != RUNNING ]]'; ctr task rm "$name"; ctr container rm "$name"; }
    END
    """
  )
)
struct ContainerdTests {
  private static let up = "up --mount type=bind,src=$PWD/v,dst=/v,options=rbind $bb $name sleep 100"

  @Test(arguments: EngineChecks.instruments(engine: "containerd", up: up))
  func instruments(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  /// A task that has ended is still there, until it is removed.
  @Test func tellsWhatIsStopped() throws {
    try Lab.expect(
      """
      up $bb $name sleep 100; ctr task kill -s KILL $name; until_true eval '[[ $(state) == STOPPED ]]'
      berth mounts $name 2>&1 | sed "s/$name/NAME/g"
      ctr task rm $name 2>/dev/null; ctr task start -d $name && berth mounts $name --list -o target | grep -xc /proc
      """,
      prints: """
        berth: NAME: containerd NAME is stopped, so it has no namespace (ctr task rm NAME and then ctr task start -d NAME start it)
        1

        """
    )
  }

  @Test(arguments: [
    ("run --rm $bb $name echo hi", "hi\n"),
    ("run --rm --rootfs /run/lab/root $name /bin/echo hi", "hi\n"),
    ("status run --rm $bb $name sh -c 'exit 7'", "7\n"),
    (
      "status run --rm $bb $name /nope; grep -oi 'no such file or directory' err | tail -n 1",
      "1\nno such file or directory\n"
    ),
    ("status run --rm $bb $name /etc/passwd; grep -oi 'permission denied' err | tail -n 1", "1\npermission denied\n"),
    ("run --rm --env A=b --cwd /tmp $bb $name sh -c 'echo $A; pwd'", "b\n/tmp\n"),
    ("run --rm --read-only $bb $name touch /x 2>&1", "touch: /x: Read-only file system\n"),
    (
      "mkdir v; echo words >v/f; run --rm --mount type=bind,src=$PWD/v,dst=/v,options=rbind:ro $bb $name sh -c 'cat /v/f; touch /v/x 2>&1'",
      "words\ntouch: /v/x: Read-only file system\n"
    ),
    (
      "run --rm --mount type=tmpfs,src=tmpfs,dst=/t,options=size=1m:noexec $bb $name df -k /t | awk 'NR==2 { print $2 }'",
      "1024\n"
    ),
    ("run --rm --cap-drop CAP_CHOWN $bb $name chown 1 /tmp 2>&1", "chown: /tmp: Operation not permitted\n"),
    ("run --rm --cap-add CAP_NET_ADMIN $bb $name grep CapEff /proc/self/status | cut -f2", "00000000a80435fb\n"),
    ("run --rm --seccomp $bb $name grep ^Seccomp: /proc/self/status | cut -f2", "2\n"),
    ("run --rm $bb $name grep ^NoNewPrivs /proc/self/status | cut -f2", "1\n"),
    ("run --rm --allow-new-privs $bb $name grep ^NoNewPrivs /proc/self/status | cut -f2", "0\n"),
    ("run --rm --net-host $bb $name readlink /proc/self/ns/net >net; readlink /proc/self/ns/net | diff - net", ""),
    (
      "up --memory-limit 67108864 $bb $name sleep 100; cat /sys/fs/cgroup{/memory,}/default/$name/memory.{limit_in_bytes,max} 2>/dev/null",
      "67108864\n"
    ),
    (
      "up --cpus 0.5 $bb $name sleep 100; cd /sys/fs/cgroup/cpu/default/$name 2>/dev/null && echo $(cat cpu.cfs_{quota,period}_us) || cat /sys/fs/cgroup/default/$name/cpu.max",
      "50000 100000\n"
    ),
    ("run --rm --device /dev/kmsg $bb $name sh -c 'test -c /dev/kmsg && echo there'", "there\n"),
    (
      "run --rm --with-ns pid:/proc/1/ns/pid $bb $name readlink /proc/self/ns/pid >pid; readlink /proc/self/ns/pid | diff - pid",
      ""
    ),
    ("run --rm --pid-file pid $bb $name true; [[ -s pid ]] && echo written", "written\n"),
  ])
  func run(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: [
    ("up $bb $name sleep 100; inside echo in; status inside sh -c 'exit 5'", "in\n5\n"),
    ("up $bb $name sleep 100; status inside /nope", "1\n"),
    (
      "up $bb $name sleep 100; ctr task exec --exec-id x --user 1000 --cwd /tmp $name sh -c 'id -u; pwd'",
      "1000\n/tmp\n"
    ),
    ("up $bb $name sleep 100; inside ps -o args | grep -c '^sleep 100'", "1\n"),
    ("up $bb $name sleep 100; ctr task ps $name | wc -l", "2\n"),
    ("up $bb $name sleep 100; ctr task metrics $name | grep -c memory", "3\n"),
    (
      "up $bb $name sleep 100; ctr task pause $name; state; ctr task resume $name; state; inside echo again",
      "PAUSED\nRUNNING\nagain\n"
    ),
    (
      "(until_true eval '[[ $(state) == RUNNING ]]'; sleep 0.5; ctr task kill -s TERM $name) & status run --rm $bb $name sh -c 'trap \"exit 4\" TERM; while :; do sleep 0.1; done'",
      "4\n"
    ),
    (
      "up $bb $name sleep 100; ctr task kill -a -s KILL $name; until_true eval '[[ $(state) == STOPPED ]]'; ctr task rm $name 2>&1 | grep -o 'status.*'; echo $?",
      "1\n"
    ),
    (
      #"""
      declare -f run >run; export bb name
      tmux -S tmux -f /dev/null new-session -d -x 100 -y 30 "bash -c '. ./run; run --rm -t $bb $name sh; sleep 60'"
      see '^/ #'; enter 'stty size; tty'; see '^30 100$'; see '^/dev/pts/0$'
      enter 'sleep 100'; sleep 0.5; key C-c; sleep 0.2; enter 'echo status $?'; see '^status 130$'; enter exit; echo seen
      """#, "seen\n"
    ),
    (
      "ctr events >events & up $bb $name sh -c 'sleep 0.3'; until_true grep -q \"/tasks/exit.*$name\" events; ctr task rm $name; ctr container rm $name; until_true grep -q \"/containers/delete.*$name\" events; kill %1; grep $name events | grep -o '/tasks/[a-z]*' | xargs",
      "/tasks/create /tasks/start /tasks/exit /tasks/delete\n"
    ),
  ])
  func tasks(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }
}
