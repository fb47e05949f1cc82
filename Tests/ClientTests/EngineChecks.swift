/// Checks of what Docker and Podman have in common: a script, in which `engine` is either of them, and what it writes.
enum EngineChecks {
  typealias Check = (script: String, expected: String)

  /// Standard input, output and error, the log, and a terminal.
  static let streams: [Check] = [
    ("engine run --rm bb echo hi", "hi\n"),
    ("engine run --rm bb sh -c 'echo out; echo err >&2' 2>err; tail -n 1 err", "out\nerr\n"),
    ("printf 'one\\ntwo\\n' | engine run --rm -i bb wc -l", "2\n"),
    ("seq 200000 >in; engine run --rm -i bb md5sum <in >out; md5sum <in | diff - out", ""),
    ("up bb sh -c 'echo out; echo err >&2'; engine wait $name; engine logs $name 2>err; cat err", "0\nout\nerr\n"),
    ("engine create --name $name bb echo created >/dev/null; engine start -a $name", "created\n"),
    ("engine run --rm -t bb tty | tr -d '\\r'", "/dev/pts/0\n"),
    (
      "up -t bb sh -c 'ls -l /dev/console | cut -c1; echo on a terminal'; engine wait $name; engine logs $name | tr -d '\\r'",
      "0\nc\non a terminal\n"
    ),
    (
      #"""
      terminal engine run --rm -it --name $name bb sh
      see '^/ #'; enter 'stty size; tty'; see '^30 100$'; see '^/dev/pts/0$'
      enter 'sleep 100'; sleep 0.5; key C-c; sleep 0.2; enter 'echo status $?'; see '^status 130$'
      tmux -S tmux resize-window -x 90 -y 20; until_true eval 'enter "stty size" && sleep 0.3; screen | grep -q "^20 90$"'
      enter 'echo over && exit'; see '^over$'; until_true eval '! inspect x'; echo ended
      """#, "ended\n"
    ),
  ]

  /// Exit statuses, those of the client itself among them.
  static let statuses: [Check] = [
    ("status engine run --rm bb sh -c 'exit 7'", "7\n"),
    ("status engine run --rm bb /nope; grep -oi 'no such file or directory' err", "127\nno such file or directory\n"),
    ("status engine run --rm bb nope; grep -oi 'executable file.*not found' err | cut -c1-10", "127\nexecutable\n"),
    ("status engine run --rm bb /etc/passwd; grep -oi 'permission denied' err | sort -u", "126\npermission denied\n"),
    ("status engine run --rm bb /etc", "126\n"),
    ("status engine run --rm --entrypoint sh bb -c 'kill -TERM $$; exit 9'", "9\n"),
    ("up bb sleep 100; engine kill $name >/dev/null; engine wait $name", "137\n"),
    ("up bb sleep 100; status inside sh -c 'exit 5'", "5\n"),
    ("up bb sleep 100; status inside sh -c 'kill -TERM $$'", "143\n"),
    ("up bb sleep 100; status inside /etc/passwd", "126\n"),
  ]

  /// Commands in a running container.
  static let executions: [Check] = [
    ("up bb sleep 100; inside echo in; echo words | engine exec -i $name cat", "in\nwords\n"),
    ("up bb sleep 100; engine exec -t $name tty | tr -d '\\r'", "/dev/pts/0\n"),
    (
      "up bb sleep 100; engine exec -u 1000:50 -w /tmp -e A=b $name sh -c 'echo $(id -u):$(id -g) $PWD $A'",
      "1000:50 /tmp b\n"
    ),
    ("up -u guest bb sleep 100; inside id -un; inside id -G | xargs -n 1 | sort -n | xargs", "guest\n50 1000\n"),
    (
      "up bb sleep 100; engine exec -d $name sh -c 'echo made >/made' >/dev/null; until_true inside test -s /made; inside cat /made",
      "made\n"
    ),
    (
      "up bb sh -c 'echo $$ >/pid; exec sleep 100'; until_true inside test -e /pid; inside ps -o pid,args | sed -n 2p | xargs",
      "1 sleep 100\n"
    ),
    ("up --cap-drop ALL bb sleep 100; inside grep CapEff /proc/self/status | cut -f2", "0000000000000000\n"),
    (
      "up bb sleep 100; for n in pid net ipc mnt uts; do inside sh -c \"readlink /proc/1/ns/$n; readlink /proc/self/ns/$n\" | uniq | wc -l; done | uniq",
      "1\n"
    ),
    (
      "up bb sleep 100; for i in $(seq 8); do engine exec $name echo $i & done | sort | xargs; inside ps -o args | grep -c echo",
      "1 2 3 4 5 6 7 8\n0\n"
    ),
    (
      #"""
      up bb sleep 100; terminal engine exec -it $name sh
      see '^/ #'; enter 'stty size; echo pid $$'; see '^30 100$'; see '^pid [0-9]'; enter 'exit'; sleep 0.3
      is .State.Running true || is '{{.State.Running}}' true && echo running
      """#, "running\n"
    ),
  ]

  /// From start to removal.
  static let lives: [Check] = [
    (
      """
      up bb sh -c 'trap "echo bye; exit 3" TERM; echo ready; while :; do sleep 0.1; done'; until_true logged ready
      engine stop $name >/dev/null; engine logs $name; inspect '{{.State.Status}} {{.State.ExitCode}}'
      """, "ready\nbye\nexited 3\n"
    ),
    ("up bb sleep 100; engine stop -t 1 $name >/dev/null; inspect '{{.State.ExitCode}}'", "137\n"),
    (
      "up --stop-signal USR1 bb sh -c 'trap \"exit 6\" USR1; echo ready; while :; do sleep 0.1; done'; until_true logged ready; engine stop $name >/dev/null; engine wait $name",
      "6\n"
    ),
    (
      """
      up bb sh -c 'trap "echo got" USR1; echo ready; while :; do sleep 0.1; done'; until_true logged ready
      engine kill -s USR1 $name >/dev/null; until_true logged got; inspect '{{.State.Status}}'
      engine kill $name >/dev/null; engine wait $name; inspect '{{.State.Status}}'
      """, "running\n137\nexited\n"
    ),
    (
      "up bb sleep 100; status engine rm $name | sed 's/[1-9].*/refused/'; clean >/dev/null; engine ps -aq -f name=$name",
      "refused\n"
    ),
    (
      "engine run -d --rm --name $name bb true >/dev/null; until_true eval '! engine inspect $name'; echo gone",
      "gone\n"
    ),
    (
      "up bb sh -c 'echo started; exec sleep 100'; until_true logged started; engine restart -t 0 $name >/dev/null; until_true eval '[[ $(engine logs $name | wc -l) == 2 ]]'; inspect '{{.State.Status}}'",
      "running\n"
    ),
    (
      "up --restart on-failure:2 bb sh -c 'echo run; exit 3'; until_true eval '[[ $(engine logs $name | wc -l) == 3 ]]'; until_true is '{{.State.Status}}' exited; inspect '{{.RestartCount}} {{.State.ExitCode}}'",
      "2 3\n"
    ),
    (
      "engine run --name $name bb true; engine start $name >/dev/null; engine wait $name; engine start -a $name; echo $?",
      "0\n0\n"
    ),
    ("engine run --rm --init bb ps -o pid,args | sed -n 2p | grep -c 'init.* ps -o'", "1\n"),
    (
      "up --init bb sh -c '(sleep 0.1 &); exec sleep 100'; sleep 0.6; inside ps -o stat | grep -c Z; engine stop $name >/dev/null; inspect '{{.State.ExitCode}}'",
      "0\n143\n"
    ),
  ]

  /// Stopping for a while, which takes a cgroup.
  static let pauses: [Check] = [
    (
      """
      up bb sh -c 'while :; do echo x; sleep 0.05; done'; until_true logged x; engine pause $name >/dev/null
      inspect '{{.State.Status}}'; sleep 0.3; before=$(engine logs $name | wc -l); sleep 0.5; after=$(engine logs $name | wc -l)
      [[ $before == $after ]] && echo still; status inside true | sed 's/[1-9].*/refused/'
      engine unpause $name >/dev/null; inspect '{{.State.Status}}'; inside echo again
      """, "paused\nstill\nrefused\nrunning\nagain\n"
    ),
    ("up bb sleep 100; engine pause $name >/dev/null; clean >/dev/null; engine ps -aq -f name=$name", ""),
  ]

  /// Ids, capabilities, seccomp and what else a process may do.
  static let privileges: [Check] = [
    ("engine run --rm bb sh -c 'id -u; id -g'", "0\n0\n"),
    ("engine run --rm -u 1000:50 bb sh -c 'id -u; id -g'", "1000\n50\n"),
    ("engine run --rm -u guest --group-add 77 bb id -G", "1000 50 77\n"),
    (
      "engine run --rm -u 1000 bb sh -c 'grep CapEff /proc/self/status | cut -f2; cat /proc/1/environ | wc -c | grep -c .'",
      "0000000000000000\n1\n"
    ),
    ("engine run --rm --cap-drop ALL bb grep CapBnd /proc/self/status | cut -f2", "0000000000000000\n"),
    (
      "engine run --rm --cap-drop ALL --cap-add NET_ADMIN bb grep CapEff /proc/self/status | cut -f2",
      "0000000000001000\n"
    ),
    ("engine run --rm --cap-drop CHOWN bb chown 1 /tmp 2>&1", "chown: /tmp: Operation not permitted\n"),
    ("engine run --rm --security-opt no-new-privileges bb grep NoNewPrivs /proc/self/status | cut -f2", "1\n"),
    ("engine run --rm bb grep -e ^Seccomp: -e NoNew /proc/self/status | cut -f2 | xargs", "0 2\n"),
    ("engine run --rm --security-opt seccomp=unconfined bb grep ^Seccomp: /proc/self/status | cut -f2", "0\n"),
    (
      """
      cat >profile.json <<'END'
      {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_AARCH64"],
       "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"},
                    {"names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]}]}
      END
      engine run --rm --security-opt seccomp=profile.json bb sh -c 'mkdir /x 2>&1; (kill -CONT $$; echo continued); sh -c "kill -USR1 1"; echo $?'
      """, "mkdir: can't create directory '/x': Operation not permitted\ncontinued\n159\n"
    ),
    ("engine run --rm --ulimit nofile=100:200 --ulimit nproc=900:1000 bb sh -c 'ulimit -n; ulimit -Hn'", "100\n200\n"),
    ("engine run --rm --oom-score-adj 300 bb cat /proc/self/oom_score_adj", "300\n"),
    ("engine run --rm bb sh -c 'head -c 1 /proc/timer_list | wc -c; ls /sys/firmware | wc -l'", "0\n0\n"),
    ("engine run --rm bb sh -c 'echo 1 >/proc/sys/kernel/msgmax' 2>&1 | sed 's/.*: //'", "Read-only file system\n"),
    ("engine run --rm --sysctl kernel.msgmax=9000 bb cat /proc/sys/kernel/msgmax", "9000\n"),
    ("engine run --rm --network none --sysctl net.ipv4.ip_forward=1 bb cat /proc/sys/net/ipv4/ip_forward", "1\n"),
    ("engine run --rm bb mount -t tmpfs x /tmp 2>&1 | grep -c -e denied -e 'not permitted'", "1\n"),
  ]

  /// Files: the root, volumes, tmpfs, devices.
  static let files: [Check] = [
    ("engine run --rm --read-only bb touch /x 2>&1", "touch: /x: Read-only file system\n"),
    ("engine run --rm --read-only --tmpfs /tmp bb sh -c 'touch /tmp/x && ls /tmp'", "x\n"),
    (
      "engine run --rm --tmpfs /t:size=1m,mode=1770 bb sh -c 'stat -c %a /t; df -k /t | awk \"NR==2 { print \\$2 }\"'",
      "1770\n1024\n"
    ),
    (
      "engine run --rm --tmpfs /t:noexec bb sh -c 'cp /bin/busybox /t/ls; /t/ls' 2>&1 | grep -o 'Permission denied'",
      "Permission denied\n"
    ),
    (
      "mkdir -m 777 v; echo words >v/f; engine run --rm -v $PWD/v:/v bb sh -c 'cat /v/f; echo made >/v/g'; cat v/g",
      "words\nmade\n"
    ),
    ("mkdir -m 777 v; engine run --rm -v $PWD/v:/v:ro bb touch /v/x 2>&1", "touch: /v/x: Read-only file system\n"),
    ("echo words >f; engine run --rm -v $PWD/f:/new/place/f:ro bb cat /new/place/f", "words\n"),
    (
      "mkdir -m 777 v; engine run --rm --mount type=bind,source=$PWD/v,target=/v,readonly bb grep -c ' /v ro,' /proc/self/mountinfo",
      "1\n"
    ),
    (
      "engine volume create $name >/dev/null; engine run --rm -v $name:/home bb touch /home/kept; engine run --rm -v $name:/v bb ls /v; engine volume rm $name >/dev/null",
      "kept\n"
    ),
    ("engine run --rm -v /anonymous bb sh -c 'touch /anonymous/x && ls /anonymous'", "x\n"),
    (
      "up -v /data bb sh -c 'echo of another >/data/f; exec sleep 100'; until_true inside test -s /data/f; engine run --rm --volumes-from $name bb cat /data/f; engine rm -fv $name >/dev/null",
      "of another\n"
    ),
    ("engine run --rm --shm-size 2m bb df -k /dev/shm | awk 'NR==2 { print $2 }'", "2048\n"),
    (
      "engine run --rm bb sh -c 'for f in null zero full random urandom tty; do test -c /dev/$f || echo no $f; done; for f in fd stdin ptmx; do readlink /dev/$f; done'",
      "/proc/self/fd\n/proc/self/fd/0\npts/ptmx\n"
    ),
    ("engine run --rm --hostname named bb sh -c 'hostname; grep -c named /etc/hosts'", "named\n1\n"),
    ("engine run --rm -w /tmp -e A=1 -e B bb sh -c 'pwd; echo $A${B-unset}'", "/tmp\n1unset\n"),
    (
      "up bb sleep 100; echo copied >f; engine cp f $name:/tmp/g; inside cat /tmp/g; inside sh -c 'echo back >/tmp/h'; engine cp $name:/tmp/h h; cat h",
      "copied\nback\n"
    ),
    (
      "up bb sh -c 'echo 1 >/new; exec sleep 100'; until_true inside test -s /new; engine diff $name | grep new",
      "A /new\n"
    ),
    (
      "engine run --name $name bb touch /new; engine commit $name $name >/dev/null; engine run --rm $name ls /new; engine rmi -f $name >/dev/null",
      "/new\n"
    ),
  ]

  /// A volume's propagation: what is mounted later on the machine shows in the container, and the other way round.
  static let propagations: [(option: String, fromHost: Bool, toHost: Bool)] = [
    ("", false, false), (":private", false, false), (":rprivate", false, false), (":slave", true, false),
    (":rslave", true, false), (":shared", true, true), (":rshared", true, true), (":ro,rslave", true, false),
  ]

  /// The script for an option; `SYS_ADMIN` is what mounting in the container needs.
  static func propagation(_ option: String) -> String {
    """
    mkdir -p v/earlier v/host v/inside && chmod 777 v/* && mount -t tmpfs earlier v/earlier && touch v/earlier/file
    up --cap-add SYS_ADMIN -v $PWD/v:/v\(option) bb sleep 100
    mount -t tmpfs host v/host
    inside mount -t tmpfs inside /v/inside
    inside ls /v/earlier
    inside grep -c ' /v/host ' /proc/self/mounts
    grep -c " $PWD/v/inside " /proc/self/mounts
    """
  }

  /// Limits, for the clients that have cgroups.
  static let limits: [Check] = [
    ("engine run --rm -m 64m bb sh -c \"$memory\"", "67108864\n"),
    ("engine run --rm --pids-limit 33 bb sh -c \"$pids\"", "33\n"),
    ("engine run --rm --cpus 0.5 bb sh -c \"$cpu\"", "50000 100000\n"),
    ("engine run --rm --cpuset-cpus 0 bb grep Cpus_allowed_list /proc/self/status | cut -f2", "0\n"),
    ("up -m 16m --memory-swap 16m bb tail /dev/zero; engine wait $name", "137\n"),
    (
      "engine run --rm --pids-limit 6 bb sh -c 'for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done' 2>&1 | grep -o 'Resource temp.*'",
      "Resource temporarily unavailable\n"
    ),
    (
      "up -m 64m --memory-swap 64m bb sleep 100; engine update -m 32m --memory-swap 32m $name >/dev/null; inside sh -c \"$memory\"",
      "33554432\n"
    ),
    ("up bb sleep 100; engine update --cpus 0.25 $name >/dev/null; inside sh -c \"$cpu\"", "25000 100000\n"),
    (
      "up -m 64m --pids-limit 9 bb sleep 100; engine update --cpus 0.25 $name >/dev/null; inside sh -c \"$memory\"; inside sh -c \"$pids\"",
      "67108864\n9\n"
    ),
    ("up bb sleep 100; engine stats --no-stream --format '{{.PIDs}}' $name", "1\n"),
    ("up bb sleep 100; engine stats --no-stream --format '{{.MemUsage}}' $name | grep -c '^[1-9]'", "1\n"),
    (
      "engine run --rm --cap-add SYSLOG --device /dev/kmsg:/dev/mine:r bb sh -c ': </dev/mine && echo opened; (: >/dev/mine) 2>/dev/null || echo refused'",
      "opened\nrefused\n"
    ),
    (
      "engine run --rm --cap-add MKNOD bb sh -c 'mknod /x b 259 7; head -c 1 /x' 2>&1 | grep -o 'Operation not permitted'",
      "Operation not permitted\n"
    ),
    ("engine run --rm --cap-add MKNOD bb sh -c 'mknod /n c 1 3 && echo x >/n && echo written'", "written\n"),
  ]

  /// Namespaces shared with others.
  static let namespaces: [Check] = [
    ("engine run --rm --pid host bb readlink /proc/self/ns/pid >out; readlink /proc/self/ns/pid | diff - out", ""),
    ("engine run --rm --network host bb readlink /proc/self/ns/net >out; readlink /proc/self/ns/net | diff - out", ""),
    ("engine run --rm --uts host bb hostname", "lab\n"),
    ("engine run --rm --network none bb ls /sys/class/net", "lo\n"),
    ("up bb sleep 100; engine run --rm --pid container:$name bb ps -o pid,args | sed -n 2p | xargs", "1 sleep 100\n"),
    (
      "up bb sleep 100; inside readlink /proc/self/ns/net >a; engine run --rm --network container:$name bb readlink /proc/self/ns/net | diff a -",
      ""
    ),
    (
      "up --ipc shareable bb sleep 100; inside readlink /proc/self/ns/ipc >a; engine run --rm --ipc container:$name bb readlink /proc/self/ns/ipc | diff a -",
      ""
    ),
  ]
}
