import TestSupport
import Testing

/// Docker's daemon starts its own containerd.
private let setUp = """
  mkdir -p /etc/docker
  cat >/etc/docker/daemon.json <<'END'
  {
    "runtimes": {"berth": {"path": "/usr/local/bin/berth"}},
    "default-runtime": "berth",
    "exec-opts": ["native.cgroupdriver=cgroupfs"]
  }
  END
  daemon dockerd
  until_true docker version
  docker import -c 'ENV PATH=/bin' /run/lab/root.tar bb
  echo 'engine() { docker "$@"; }' >/run/lab/client
  """

/// Docker Engine, with berth as its default runtime.
@Suite(.requiresRoot, .requires("dockerd", "docker", "iptables", "busybox", "tmux"), .lab(setUp))
struct DockerTests {
  @Test(arguments: EngineChecks.instruments(engine: "docker") + EngineChecks.livesOfInstruments(engine: "docker"))
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

  /// What Docker does alone, or in its own way.
  @Test(arguments: DockerChecks.own)
  func own(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: DockerChecks.networks)
  func networks(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }
}

private enum DockerChecks {
  static let own: [EngineChecks.Check] = [
    ("inspect x 2>/dev/null; up bb sleep 100; inspect '{{.HostConfig.Runtime}}'", "\nberth\n"),
    // Docker's words for what exec finds missing.
    ("up bb sleep 100; status inside /nope; status inside nope", "126\n126\n"),
    ("engine run --rm bb grep CapEff /proc/self/status | cut -f2", "00000000a80425fb\n"),
    (
      "engine run --rm --cap-add ALL --cap-drop SYS_RESOURCE bb grep CapEff /proc/self/status | cut -f2 | tail -c 9",
      "feffffff\n"
    ),
    (
      "engine run --rm -u 1000 bb unshare -U true 2>&1 | grep -o 'Operation not permitted'", "Operation not permitted\n"
    ),
    (
      "up -m 16m --memory-swap 16m bb sh -c \"$exhaust\"; engine wait $name; inspect '{{.State.OOMKilled}}'",
      "137\ntrue\n"
    ),
    ("engine run --rm --ipc host bb readlink /proc/self/ns/ipc >out; readlink /proc/self/ns/ipc | diff - out", ""),
    ("engine run --rm -w /new/place bb pwd", "/new/place\n"),
    ("up bb sleep 100; engine top $name -eo pid,args | tail -n +2 | awk '{ print $2, $3 }'", "sleep 100\n"),
    (
      """
      since=$(date +%s); engine run --name $name bb true; engine rm $name >/dev/null
      engine events --since $since --until $(($(date +%s) + 1)) --filter container=$name --format '{{.Action}}' | xargs
      """, "create attach start die destroy\n"
    ),
    (
      "since=$(date +%s); up -m 16m --memory-swap 16m bb sh -c \"$exhaust\"; engine wait $name; engine events --since $since --until $(($(date +%s) + 1)) --filter container=$name --filter event=oom --format '{{.Action}}'",
      "137\noom\n"
    ),
    (
      """
      up --health-cmd 'test ! -e /ill' --health-interval 0.2s --health-retries 1 bb sleep 100
      until_true is '{{.State.Health.Status}}' healthy; inside touch /ill
      until_true is '{{.State.Health.Status}}' unhealthy; echo noticed
      """, "noticed\n"
    ),
    (
      """
      printf '%s\\n' 'FROM bb' 'RUN echo made >/made && id -u' 'USER guest' 'RUN id -u' 'CMD cat /made' >Dockerfile
      DOCKER_BUILDKIT=0 engine build -q -t $name . >/dev/null && engine run --rm $name; engine rmi -f $name >/dev/null
      """, "made\n"
    ),
    ("up bb sh -c 'read line; echo $line'; engine wait $name; engine logs $name", "0\n\n"),
    ("engine run --rm --cgroupns private bb cat /proc/self/cgroup | cut -d: -f3 | sort -u", "/\n"),
    ("engine run --rm --cgroup-parent /of-mine bb cat /proc/self/cgroup | grep -c ':memory:/of-mine/'", "1\n"),
    ("engine run --rm --runtime runc bb echo beside", "beside\n"),
    ("engine run --rm --tmpfs /etc bb ls /etc | xargs", "hostname hosts resolv.conf\n"),
    (
      "engine run --rm --mount type=tmpfs,destination=/t,tmpfs-size=1m bb df -k /t | awk 'NR==2 { print $2 }'", "1024\n"
    ),
    (
      "engine run --rm --device-cgroup-rule 'c 1:11 r' --cap-add SYSLOG bb sh -c 'mknod /k c 1 11; : </k && echo opened; (: >/k) 2>/dev/null || echo refused'",
      "opened\nrefused\n"
    ),
    (
      "engine run --rm --security-opt systempaths=unconfined bb sh -c 'touch /proc/irq/x' 2>&1 | sed 's/.*: //'",
      "No such file or directory\n"
    ),
  ]

  static let networks: [EngineChecks.Check] = [
    ("engine run --rm bb sh -c 'ls /sys/class/net | xargs; ip route | grep -c ^default'", "eth0 lo\n1\n"),
    (
      "up -p 127.0.0.1:0:80 bb httpd -f -h /etc; at=$(engine port $name 80); until_true wget -q -O page http://$at/passwd; head -n 1 page",
      "root:x:0:0:root:/root:/bin/sh\n"
    ),
    (
      """
      engine network create $name >/dev/null; up --network $name bb httpd -f -h /etc
      engine run --rm --network $name bb sh -c "until wget -q -O - http://$name/group; do sleep 0.1; done" 2>/dev/null | head -n 1
      engine rm -f $name >/dev/null; engine network rm $name >/dev/null
      """, "root:x:0:\n"
    ),
    (
      "engine network create $name >/dev/null; up bb sleep 100; engine network connect $name $name; inside ls /sys/class/net | xargs; engine network disconnect $name $name; inside ls /sys/class/net | xargs; engine network rm $name >/dev/null",
      "eth0 eth1 lo\neth0 lo\n"
    ),
    ("engine run --rm --mac-address 02:00:00:00:00:07 bb cat /sys/class/net/eth0/address", "02:00:00:00:00:07\n"),
    ("engine run --rm bb sh -c 'ping -c 1 -W 5 172.17.0.1 | grep -c received'", "1\n"),
    (
      "engine run --rm --dns 192.0.2.7 --add-host there:192.0.2.8 bb sh -c 'grep -c 192.0.2.7 /etc/resolv.conf; grep -c there /etc/hosts'",
      "1\n1\n"
    ),
  ]
}
