import TestSupport
import Testing

/// Kubernetes' way: containerd by the Container Runtime Interface, with berth beside runc as a runtime handler.
@Suite(
  .requiresRoot,
  .requires("containerd", "ctr", "busybox", "jq", "iptables", "/usr/lib/cni/bridge"),
  .lab(
    #"""
    mkdir -p /etc/containerd /etc/cni/net.d
    cat >/etc/containerd/config.toml <<'END'
    version = 2
    [plugins."io.containerd.grpc.v1.cri"]
      sandbox_image = "docker.io/library/pause:latest"
      # A process without CAP_SYS_RESOURCE may not lower it.
      restrict_oom_score_adj = true
      disable_hugetlb_controller = true
      [plugins."io.containerd.grpc.v1.cri".cni]
        bin_dir = "/usr/lib/cni"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.berth]
        runtime_type = "io.containerd.runc.v2"
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.berth.options]
          BinaryName = "/usr/local/bin/berth"
    END
    cat >/etc/cni/net.d/10-bridge.conflist <<'END'
    {
      "cniVersion": "0.4.0", "name": "lab",
      "plugins": [
        {
          "type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true,
          "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.85.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}
        },
        {"type": "portmap", "capabilities": {"portMappings": true}}
      ]
    }
    END
    daemon containerd
    until_true ctr version
    archive docker.io/library/pause:latest '["sleep", "1000000"]' | ctr -n k8s.io image import -
    archive docker.io/library/bb:latest '["sh"]' | ctr -n k8s.io image import -
    cat >/run/lab/client <<'END'
    cri() { /run/lab/venv/bin/python /run/lab/cri "$@"; }
    # pod [CONFIG [HANDLER]], container CONFIG: $pod and $container are their ids, CONFIG adds to the usual.
    pod() {
      pod_config=$(jq -n --arg name "$name" --arg logs "$PWD" "{
        metadata: {name: \$name, uid: \$name, namespace: \"default\"}, log_directory: \$logs, linux: {}
      } * (${1:-{\}})")
      pod=$(cri RunPodSandbox "{\"runtime_handler\": \"${2-berth}\", \"config\": $pod_config}" | jq -r .pod_sandbox_id)
    }
    create() {
      local config
      config=$(jq -n "{
        metadata: {name: \"c\"}, image: {image: \"docker.io/library/bb:latest\"}, command: [\"sleep\", \"100\"],
        log_path: \"log\", linux: {security_context: {namespace_options: {pid: \"CONTAINER\"}}}
      } * ($1)")
      container=$(cri CreateContainer "{\"pod_sandbox_id\": \"$pod\", \"config\": $config, \"sandbox_config\": $pod_config}" \
        | jq -r .container_id)
    }
    container() { create "$1" && start; }
    start() { cri StartContainer "{\"container_id\": \"$container\"}" >/dev/null; }
    stop() { cri StopContainer "{\"container_id\": \"$container\", \"timeout\": ${1-0}}" >/dev/null; }
    # inside COMMAND: by ExecSync; its status goes to the file status.
    inside() {
      cri ExecSync "$(jq -n --arg id "$container" '{container_id: $id, cmd: $ARGS.positional, timeout: 20}' --args -- "$@")" >exec
      jq -r '.stdout // "" | @base64d' exec | head -c -1; jq -r '.stderr // "" | @base64d' exec | head -c -1 >&2
      jq -r '.exit_code // 0' exec >status
    }
    # seen FIELD: of the container's status.
    seen() { cri ContainerStatus "{\"container_id\": \"$container\"}" | jq -r ".status.$1"; }
    exited() { [[ $(seen state) == CONTAINER_EXITED ]]; }
    # What the container wrote.
    log() { cut -d ' ' -f 4- log; }
    engine() { :; }
    clean() { cri StopPodSandbox "{\"pod_sandbox_id\": \"$pod\"}"; cri RemovePodSandbox "{\"pod_sandbox_id\": \"$pod\"}"; }
    END
    """#
  )
)
struct KubernetesTests {
  private static let up =
    #"pod; container '{mounts: [{container_path: "/v", host_path: "'$PWD/v'", propagation: "PROPAGATION_HOST_TO_CONTAINER"}]}'"#

  @Test(arguments: EngineChecks.instruments(engine: "kubernetes", up: up, target: "default/$name/c"))
  func instruments(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  /// A pod's sandbox and container, each by its name, by parts of it, and by its id; and when they have ended.
  @Test func namesOfInstruments() throws {
    try Lab.expect(
      """
      pod; container '{}'
      berth ns list --json 2>/dev/null | jq -r '.namespaces[].container | select(. != null) | .engine + " " + (.name // .id)' | grep "$name" | sort | sed "s/$name/NAME/"
      for target in default/$name $name k8s:default/$name/c $name/c ${container:0:12} $pod; do berth mounts $target --list -o target | grep -xc /proc; done
      berth ns enter k8s:$name/c -- /bin/sh -c 'readlink /proc/self/ns/pid; readlink /proc/1/ns/pid' | uniq | wc -l
      stop 0; until_true exited; berth mounts ${container:0:12} 2>&1 | sed "s/${container:0:12}/ID/g"
      """,
      prints: """
        kubernetes default/NAME
        kubernetes default/NAME/c
        1
        1
        1
        1
        1
        1
        1
        berth: ID: kubernetes ID is stopped, so it has no namespace (the kubelet runs another one in its place)

        """
    )
  }

  @Test(arguments: KubernetesChecks.lives)
  func lives(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: KubernetesChecks.pods)
  func pods(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: KubernetesChecks.securityContexts)
  func securityContexts(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: KubernetesChecks.mountsAndLimits)
  func mountsAndLimits(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }
}

private enum KubernetesChecks {
  static let lives: [EngineChecks.Check] = [
    (
      "pod; container '{command: [\"sh\", \"-c\", \"echo out; echo err >&2; exit 3\"]}'; until_true exited; seen exit_code; seen reason; log | sort",
      "3\nError\nerr\nout\n"
    ),
    ("pod; container '{command: [\"true\"]}'; until_true exited; seen reason", "Completed\n"),
    (
      "pod; container '{}'; seen state; inside sh -c 'echo in; echo err >&2; exit 5' 2>err; cat err status",
      "CONTAINER_RUNNING\nin\nerr\n5\n"
    ),
    ("pod; container '{}'; inside /nope 2>&1 | grep -o 'no such file or directory'", "no such file or directory\n"),
    (
      "pod; create '{command: [\"/nope\"]}'; start 2>&1 | grep -oi 'no such file or directory'; seen exit_code",
      "no such file or directory\n128\n"
    ),
    (
      "pod; container '{command: [\"sh\", \"-c\", \"trap \\\"exit 6\\\" TERM; echo ready; while :; do sleep 0.1; done\"]}'; until_true grep ready log; stop 20; seen exit_code",
      "6\n"
    ),
    (
      "pod; container '{}'; stop 0; seen exit_code; cri RemoveContainer \"{\\\"container_id\\\": \\\"$container\\\"}\"; cri ListContainers | jq '[.containers[]? | select(.pod_sandbox_id == \"'$pod'\")] | length'",
      "137\n{}\n0\n"
    ),
    (
      "pod; container '{envs: [{key: \"A\", value: \"b\"}], working_dir: \"/tmp\", args: [\"x\"], command: [\"sh\", \"-c\", \"echo $A $0; pwd\"]}'; until_true exited; log",
      "b x\n/tmp\n"
    ),
    ("pod; container '{tty: true, command: [\"tty\"]}'; until_true exited; log | tr -d '\\r'", "/dev/pts/0\n"),
    (
      "pod; container '{}'; cri ContainerStats \"{\\\"container_id\\\": \\\"$container\\\"}\" | jq '.stats | .memory.working_set_bytes.value != \"0\", .cpu.usage_core_nano_seconds.value != \"0\"'",
      "true\ntrue\n"
    ),
    (
      "pod; container '{}'; cri ExecSync \"{\\\"container_id\\\": \\\"$container\\\", \\\"cmd\\\": [\\\"sleep\\\", \\\"50\\\"], \\\"timeout\\\": 1}\" 2>&1 | grep -o 'timeout 1s exceeded'",
      "timeout 1s exceeded\n"
    ),
    ("pod; container '{}'; cri ReopenContainerLog \"{\\\"container_id\\\": \\\"$container\\\"}\"", "{}\n"),
  ]

  static let pods: [EngineChecks.Check] = [
    (
      "pod; cri PodSandboxStatus \"{\\\"pod_sandbox_id\\\": \\\"$pod\\\"}\" | jq -r '.status | .state // \"SANDBOX_READY\", .runtime_handler, .network.ip[:6]'",
      "SANDBOX_READY\nberth\n10.85.\n"
    ),
    ("pod '{}' runc; container '{}'; inside echo beside", "beside\n"),
    ("pod '{hostname: \"named\"}'; container '{}'; inside hostname", "named\n"),
    (
      "pod; container '{metadata: {name: \"one\"}, command: [\"httpd\", \"-f\", \"-h\", \"/etc\"]}'; container '{metadata: {name: \"two\"}}'; inside sh -c 'until wget -q -O - http://127.0.0.1/group; do sleep 0.1; done 2>/dev/null' | head -n 1",
      "root:x:0:\n"
    ),
    (
      "pod '{port_mappings: [{host_port: 18081, container_port: 80}]}'; container '{command: [\"httpd\", \"-f\", \"-h\", \"/etc\"]}'; at=$(ip -4 -o addr show cni0 | awk '{ sub(\"/.*\", \"\", $4); print $4 }'); until_true wget -q -O page http://$at:18081/group; head -n 1 page",
      "root:x:0:\n"
    ),
    (
      "pod '{linux: {sysctls: {\"net.ipv4.ip_unprivileged_port_start\": \"80\", \"kernel.msgmax\": \"9000\"}}}'; container '{}'; inside cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax",
      "80\n9000\n"
    ),
    (
      "pod '{linux: {cgroup_parent: \"/pods\"}}'; container '{}'; inside cat /proc/self/cgroup | grep -c \":memory:/pods/$container\"",
      "1\n"
    ),
    (
      "pod '{dns_config: {servers: [\"192.0.2.9\"], searches: [\"there\"]}}'; container '{}'; inside cat /etc/resolv.conf | xargs",
      "search there nameserver 192.0.2.9\n"
    ),
    (
      "host='{linux: {security_context: {namespace_options: {network: \"NODE\", pid: \"NODE\", ipc: \"NODE\"}}}}'; pod \"$host\"; container \"$host\"; for n in net pid ipc; do inside readlink /proc/self/ns/$n >a; readlink /proc/self/ns/$n | diff - a; done; echo same",
      "same\n"
    ),
    (
      "shared='{linux: {security_context: {namespace_options: {pid: \"POD\"}}}}'; pod \"$shared\"; container \"$shared\"; inside ps -o args | grep -cE '^sleep 100(0000)?$'",
      "2\n"
    ),
    ("pod; container '{}'; inside ps -o pid,args | sed -n 2p | xargs", "1 sleep 100\n"),
    (
      "pod; cri StopPodSandbox \"{\\\"pod_sandbox_id\\\": \\\"$pod\\\"}\"; cri PodSandboxStatus \"{\\\"pod_sandbox_id\\\": \\\"$pod\\\"}\" | jq -r .status.state",
      "{}\nSANDBOX_NOTREADY\n"
    ),
  ]

  static let securityContexts: [EngineChecks.Check] = [
    (
      "pod; container '{linux: {security_context: {run_as_user: {value: 1000}, run_as_group: {value: 50}, supplemental_groups: [77]}}}'; inside sh -c 'id -u; id -g; id -G | xargs -n 1 | sort -n | xargs'",
      "1000\n50\n50 77\n"
    ),
    (
      "pod; container '{linux: {security_context: {readonly_rootfs: true}}}'; inside touch /x 2>&1",
      "touch: /x: Read-only file system\n"
    ),
    (
      "pod; container '{linux: {security_context: {capabilities: {add_capabilities: [\"NET_ADMIN\"], drop_capabilities: [\"ALL\"]}}}}'; inside grep CapEff /proc/self/status | cut -f2",
      "0000000000001000\n"
    ),
    (
      "pod; container '{linux: {security_context: {no_new_privs: true}}}'; inside grep NoNewPrivs /proc/self/status | cut -f2",
      "1\n"
    ),
    (
      "pod; container '{linux: {security_context: {seccomp: {profile_type: \"RuntimeDefault\"}}}}'; inside grep ^Seccomp: /proc/self/status | cut -f2",
      "2\n"
    ),
    (
      "pod; container '{linux: {security_context: {seccomp: {profile_type: \"Unconfined\"}}}}'; inside grep ^Seccomp: /proc/self/status | cut -f2",
      "0\n"
    ),
    (
      """
      echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}' >profile.json
      pod; container '{linux: {security_context: {seccomp: {profile_type: "Localhost", localhost_ref: "'$PWD'/profile.json"}}}}'
      inside mkdir /x 2>&1
      """, "mkdir: can't create directory '/x': No space left on device\n"
    ),
    (
      "pod; container '{linux: {security_context: {masked_paths: [\"/proc/timer_list\", \"/home\"], readonly_paths: [\"/proc/sys\"]}}}'; inside sh -c 'head -c 1 /proc/timer_list | wc -c; ls /home | wc -l; echo 1 >/proc/sys/kernel/msgmax' 2>&1 | sed 's/.*: //'",
      "0\n0\nRead-only file system\n"
    ),
  ]

  static let mountsAndLimits: [EngineChecks.Check] = [
    (
      "mkdir v; echo words >v/f; pod; container '{mounts: [{container_path: \"/v\", host_path: \"'$PWD/v'\", readonly: true}]}'; inside sh -c 'cat /v/f; touch /v/x' 2>&1",
      "words\ntouch: /v/x: Read-only file system\n"
    ),
    (
      "mkdir -p v/m; pod; container '{mounts: [{container_path: \"/v\", host_path: \"'$PWD/v'\"}]}'; mount -t tmpfs m v/m; inside grep -c ' /v/m ' /proc/self/mounts",
      "0\n"
    ),
    (
      "mkdir -p v/m; pod; container '{mounts: [{container_path: \"/v\", host_path: \"'$PWD/v'\", propagation: \"PROPAGATION_HOST_TO_CONTAINER\"}]}'; mount -t tmpfs m v/m; inside grep -c ' /v/m ' /proc/self/mounts",
      "1\n"
    ),
    (
      "mkdir -p v/m; pod; container '{mounts: [{container_path: \"/v\", host_path: \"'$PWD/v'\", propagation: \"PROPAGATION_BIDIRECTIONAL\"}], linux: {security_context: {capabilities: {add_capabilities: [\"SYS_ADMIN\"]}}}}'; inside mount -t tmpfs m /v/m; grep -c \" $PWD/v/m \" /proc/self/mounts",
      "1\n"
    ),
    (
      "pod; container '{devices: [{container_path: \"/dev/mine\", host_path: \"/dev/kmsg\", permissions: \"r\"}], linux: {security_context: {capabilities: {add_capabilities: [\"SYSLOG\"]}}}}'; inside sh -c ': </dev/mine && echo opened; (: >/dev/mine) 2>/dev/null || echo refused'",
      "opened\nrefused\n"
    ),
    (
      "pod; container '{linux: {resources: {memory_limit_in_bytes: 67108864, cpu_period: 100000, cpu_quota: 50000, oom_score_adj: 500}}}'; inside sh -c \"$memory\"; inside sh -c \"$cpu\"; inside cat /proc/1/oom_score_adj",
      "67108864\n50000 100000\n500\n"
    ),
    (
      "pod; container '{linux: {resources: {memory_limit_in_bytes: 67108864}}}'; cri UpdateContainerResources \"{\\\"container_id\\\": \\\"$container\\\", \\\"linux\\\": {\\\"memory_limit_in_bytes\\\": 33554432, \\\"cpu_quota\\\": 25000, \\\"cpu_period\\\": 100000}}\"; inside sh -c \"$memory\"; inside sh -c \"$cpu\"",
      "{}\n33554432\n25000 100000\n"
    ),
    (
      "pod; container '{command: [\"sh\", \"-c\", \"'\"$exhaust\"'\"], linux: {resources: {memory_limit_in_bytes: 16777216, memory_swap_limit_in_bytes: 16777216}}}'; until_true exited; seen exit_code; until_true eval '[[ $(seen reason) == OOMKilled ]]'; seen reason",
      "137\nOOMKilled\n"
    ),
  ]
}
