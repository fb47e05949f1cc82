import TestSupport
import Testing

/// Podman's configuration, for root and for others.
let podmanSettings = """
  mkdir -p /etc/containers
  cat >/etc/containers/containers.conf <<'END'
  [containers]
  # podman's own limits are above what a process without CAP_SYS_RESOURCE may set.
  default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
  log_driver = "k8s-file"
  [engine]
  runtime = "berth"
  cgroup_manager = "cgroupfs"
  events_logger = "file"
  runtime_supports_nocgroup = ["berth"]
  [engine.runtimes]
  berth = ["/usr/local/bin/berth"]
  [network]
  network_backend = "netavark"
  END

  """

/// Podman as root, with berth as its runtime.
@Suite(
  .requiresRoot,
  .requires("podman", "conmon", "netavark", "catatonit", "busybox", "tmux"),
  .lab(
    podmanSettings + """
      podman import -c 'ENV PATH=/bin' /run/lab/root.tar bb
      cat >/run/lab/client <<'END'
      engine() { podman "$@"; }
      clean() { engine rm -f -t 0 "$name"; }
      END
      """
  )
)
struct PodmanTests {
  @Test(arguments: EngineChecks.instruments(engine: "podman") + EngineChecks.livesOfInstruments(engine: "podman"))
  func instruments(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.streams)
  func streams(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.statuses)
  func statuses(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.executions)
  func executions(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.lives)
  func lives(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.pauses)
  func pauses(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.privileges)
  func privileges(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  /// An annotation asks for it, since config.json has no word for the caller's groups.
  @Test func groupsOfTheCaller() throws {
    let allowing = "--runtime-flag allow-annotation=run.oci.keep_original_groups"
    let run = "run --rm --group-add keep-groups bb id -G"
    try Lab.expect("setpriv --groups 50,77 podman \(allowing) \(run)", prints: "0 50 77\n")
  }

  @Test(arguments: EngineChecks.files)
  func files(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.limits)
  func limits(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.namespaces)
  func namespaces(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.propagations)
  func propagation(option: String, fromHost: Bool, toHost: Bool) throws {
    try Lab.expect(EngineChecks.propagation(option), prints: "file\n\(fromHost ? 1 : 0)\n\(toHost ? 1 : 0)\n")
  }

  /// What Podman does alone, or in its own way.
  @Test(arguments: PodmanChecks.own)
  func own(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: PodmanChecks.networks)
  func networks(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: PodmanChecks.pods)
  func pods(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }
}

private enum PodmanChecks {
  static let own: [EngineChecks.Check] = [
    ("up bb sleep 100; inspect '{{.OCIRuntime}}'", "berth\n"),
    ("up bb sleep 100; status inside /nope; status inside nope", "127\n127\n"),
    ("engine run --rm bb grep CapEff /proc/self/status | cut -f2", "00000000800405fb\n"),
    ("engine run --rm --ipc host bb readlink /proc/self/ns/ipc >out; readlink /proc/self/ns/ipc | diff - out", ""),
    ("engine run --rm --runtime /usr/sbin/runc bb echo beside", "beside\n"),
    ("up bb sleep 100; engine top $name pid args | tail -n +2 | awk '{ print $1, $2, $3 }'", "1 sleep 100\n"),
    (
      "engine run --name $name bb true; engine rm $name >/dev/null; engine events --stream=false --filter container=$name --format '{{.Status}}' | grep -v cleanup | sort | xargs",
      "attach create died init remove start\n"
    ),
    (
      "up --health-cmd 'test ! -e /ill' --health-interval disable bb sleep 100; status engine healthcheck run $name; inside touch /ill; status engine healthcheck run $name",
      "0\n1\n"
    ),
    ("engine run --rm --tmpfs /etc bb sh -c 'cut -d: -f1 /etc/passwd | xargs; touch /etc/x'", "root guest\n"),
    (
      "engine run --rm --uidmap 0:100000:1000 --gidmap 0:200000:1000 bb sh -c 'id -u; cat /proc/self/uid_map /proc/self/gid_map | awk \"{ print \\$1, \\$2, \\$3 }\"; touch /x && stat -c %u /x'",
      "0\n0 100000 1000\n0 200000 1000\n0\n"
    ),
    ("mkdir v; engine run --rm --uidmap 0:100000:1000 -v $PWD/v:/v:U bb touch /v/x; stat -c %u v/x", "100000\n"),
    ("engine run --rm --cgroups disabled bb echo unlimited", "unlimited\n"),
    ("engine run --rm --cgroupns private bb cat /proc/self/cgroup | cut -d: -f3 | sort -u", "/\n"),
    ("engine run --rm --rootfs /run/lab/root:O cat /etc/group | head -n 1", "root:x:0:\n"),
    ("engine run --rm --systemd always bb sh -c 'touch /run/x /tmp/x && stat -f -c %T /run /tmp | uniq'", "tmpfs\n"),
    ("engine run --rm --tz UTC --umask 0027 bb sh -c 'umask; date +%Z'", "0027\nUTC\n"),
    (
      "engine run --rm --read-only --read-only-tmpfs=false bb touch /tmp/x 2>&1",
      "touch: /tmp/x: Read-only file system\n"
    ),
    (
      "engine run --rm --security-opt mask=/home --security-opt unmask=/proc/timer_list bb sh -c 'ls /home | wc -l; head -c 1 /proc/timer_list | wc -c'",
      "0\n1\n"
    ),
    ("echo through >f; engine run --rm --preserve-fds 1 bb sh -c 'cat <&3' 3<f", "through\n"),
    (
      "printf '%s\\n' 'FROM bb' 'RUN echo made >/made' 'CMD cat /made' >Containerfile; engine build -q -t $name . >/dev/null && engine run --rm $name; engine rmi -f $name >/dev/null",
      "made\n"
    ),
    (
      "engine create --name $name bb sleep 100 >/dev/null; engine init $name >/dev/null; inspect '{{.State.Status}}'; engine start $name >/dev/null; inspect '{{.State.Status}}'",
      "initialized\nrunning\n"
    ),
  ]

  static let networks: [EngineChecks.Check] = [
    ("engine run --rm bb sh -c 'ls /sys/class/net | xargs; ip route | grep -c ^default'", "eth0 lo\n1\n"),
    (
      "up -p 127.0.0.1::80 bb httpd -f -h /etc; at=$(engine port $name 80); until_true wget -q -O page http://$at/passwd; head -n 1 page",
      "root:x:0:0:root:/root:/bin/sh\n"
    ),
    (
      """
      engine network create $name >/dev/null; up --network $name bb httpd -f -h /etc
      engine run --rm --network $name bb sh -c "until wget -q -O - http://$name/group; do sleep 0.1; done" 2>/dev/null | head -n 1
      engine rm -f -t 0 $name >/dev/null; engine network rm $name >/dev/null
      """, "root:x:0:\n"
    ),
  ]

  static let pods: [EngineChecks.Check] = [
    (
      """
      engine pod create --name p$name -p 127.0.0.1::80 >/dev/null; engine run -d --pod p$name --name $name bb httpd -f -h /etc >/dev/null
      engine run --rm --pod p$name bb sh -c 'until wget -q -O - http://127.0.0.1/group; do sleep 0.1; done' 2>/dev/null | head -n 1
      engine run --rm --pod p$name bb hostname | sed "s/p$name/pod/"; engine pod rm -f -t 0 p$name >/dev/null
      """, "root:x:0:\npod\n"
    ),
    (
      """
      engine pod create --name p$name --share pid,net,ipc,uts >/dev/null; engine run -d --pod p$name --name $name bb sleep 100 >/dev/null
      engine run --rm --pod p$name bb ps -o args | grep -cE '^sleep 100|catatonit'
      for action in pause unpause 'stop -t 0' start; do engine pod $action p$name >/dev/null; inspect '{{.State.Status}}'; done
      engine pod kill p$name >/dev/null; engine wait $name
      engine pod rm -f -t 0 p$name >/dev/null; engine pod ps -q -f name=p$name
      """, "2\npaused\nrunning\nexited\nrunning\n137\n"
    ),
    (
      """
      cat >pod.yaml <<END
      apiVersion: v1
      kind: Pod
      metadata: {name: p$name}
      spec:
        restartPolicy: Never
        containers:
        - name: one
          image: localhost/bb
          imagePullPolicy: Never
          command: [sh, -c, 'cat /v/file; id -u; sleep 100']
          securityContext: {runAsUser: 1000, readOnlyRootFilesystem: true}
          resources: {limits: {memory: 64Mi}}
          volumeMounts: [{name: v, mountPath: /v}]
        volumes: [{name: v, hostPath: {path: $PWD/v}}]
      END
      mkdir v; echo words >v/file; engine play kube pod.yaml >/dev/null; until_true eval 'engine logs p$name-one | grep 1000'
      engine logs p$name-one; engine exec p$name-one sh -c "$memory"; engine play kube --down pod.yaml >/dev/null; engine pod ps -q -f name=p$name
      """, "words\n1000\n67108864\n"
    ),
  ]
}
