import TestSupport
import Testing

/// config.json's `process` and what of `linux` a process finds about itself.
@Suite(.requiresRoot, .requires("jq", "busybox")) struct RuntimeProcessTests {
  /// What a filter changes in the configuration, what then runs, and what it prints.
  static let rows: [(filter: String, command: String, printed: String)] = [
    (
      #".process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_NPROC", soft: 300, hard: 400}]"#,
      #"awk '/open files|processes/ { print $(NF - 2), $(NF - 1) }' /proc/self/limits"#, "300 400\n100 200"
    ),
    (".process.user.umask = 63", "umask", "0077"), (".process.user.umask = 0", "umask", "0000"),
    (".process.oomScoreAdj = 500", "cat /proc/self/oom_score_adj", "500"),
    (#".process.user = {uid: 5, gid: 6, additionalGids: [7, 8, 7]}"#, "id", "uid=5 gid=6 groups=7,7,8"),
    (#".process.user = {uid: 5, gid: 6}"#, "id -G", "6"),
    // Fields of proc_pid_stat(5): nice, priority and policy.
    (
      #".process.scheduler = {policy: "SCHED_BATCH", nice: 5}"#, #"cut -d " " -f 19,40,41 /proc/self/stat"#, "5 0 3"
    ),
    (#".process.scheduler = {policy: "SCHED_IDLE"}"#, #"cut -d " " -f 41 /proc/self/stat"#, "5"),
    (
      #".process.scheduler = {policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 20000000, period: 30000000}"#,
      "read -r line </proc/self/stat; set -- $line; echo ${18} ${41}", "-101 6"
    ),
    (#".process.ioPriority = {class: "IOPRIO_CLASS_IDLE"}"#, "ionice", "idle"),
    (#".process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}"#, "ionice", "best-effort: prio 6"),
    (#".linux.personality = {domain: "LINUX32"}"#, "uname -m | grep -c -e i686 -e armv", "1"),
    (
      #".linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "0"}"#, "cut -d ' ' -f 2 /proc/self/numa_maps | sort -u",
      "interleave:0"
    ),
    (
      #".hostname = "web" | .domainname = "example.org""#, "hostname; cat /proc/sys/kernel/domainname",
      "web\nexample.org"
    ),
    (
      #".linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shmmax": "123456", "fs.mqueue.msg_max": "7"}"#,
      "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmax /proc/sys/fs/mqueue/msg_max", "1\n123456\n7"
    ),
    (
      #".linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 1000000, nanosecs: 5}, boottime: {secs: 2000000}}"#,
      "cat /proc/self/timens_offsets | xargs; cut -d . -f 1 /proc/uptime | grep -c ^2",
      "monotonic 1000000 5 boottime 2000000 0\n1"
    ),
    (".process.noNewPrivileges = true", "grep NoNew /proc/self/status", "NoNewPrivs:\t1"),
    (".process.noNewPrivileges = false", "grep NoNew /proc/self/status", "NoNewPrivs:\t0"),
    (
      #".process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL"], permitted: ["CAP_KILL"], inheritable: ["CAP_KILL"]}"#,
      "awk '/^Cap/ { print $2 }' /proc/self/status | sed s/^0*// | xargs", "20 20 20 21"
    ),
    (
      #".process.user.uid = 7 | .process.capabilities = (["CAP_KILL"] as $k | {bounding: ["CAP_KILL", "CAP_CHOWN"], permitted: $k, effective: $k, inheritable: $k, ambient: $k})"#,
      "awk '/^Cap/ { print $2 }' /proc/self/status | sed s/^0*// | xargs", "20 20 20 21 20"
    ),
    (".process.capabilities = null", "grep -c '^Cap.*:\t0*$' /proc/self/status", "5"),
    (#".process.env = ["A=1", "PATH=/bin"]"#, "env | grep -v -e SHLVL -e PWD | sort", "A=1\nHOME=/root\nPATH=/bin"),
    (#".process.user.uid = 1000 | .process.env = ["PATH=/bin"]"#, "echo $HOME", "/tmp"),
    (#".process.env += ["HOME=/x"]"#, "echo $HOME", "/x"), (#".process.cwd = "/etc""#, "pwd", "/etc"),
    // One that is missing is made, as it is with runc, in the root or in a mount.
    (#".process.cwd = "/new/dir""#, "pwd", "/new/dir"),
    (#".process.cwd = "/dev/shm/new" | .root.readonly = true"#, "pwd", "/dev/shm/new"),
    (".process.args[2] as $c | .process.args = [\"sh\", \"-c\", $c]", "echo $0", "sh"),
  ]

  @Test(arguments: rows.indices) func theProcessFinds(index: Int) throws {
    let (filter, command, printed) = Self.rows[index]
    let output = try RuntimeHost.script(
      """
      cat >bundle/rootfs/look <<'END'
      \(command)
      END
      command sh -c '. /look'; change '\(filter)'; berth run -b bundle $id
      """
    )
    #expect(output == Output(status: 0, out: printed + "\n", err: ""))
  }

  @Test func affinityIsForExecAlone() throws {
    let output = try RuntimeHost.script(
      """
      change '.process.execCPUAffinity = {initial: "0", final: "1"}'; berth run -d -b bundle $id
      cat /proc/$(process $id)/status | grep -c 'Cpus_allowed_list:.1$'
      berth exec $id grep Cpus_allowed_list /proc/self/status
      """
    )
    #expect(output.out == "0\nCpus_allowed_list:\t1\n")
  }

  @Test(arguments: [
    (#".process.rlimits = [{type: "RLIMIT_NOPE", soft: 1, hard: 1}]"#, "process.rlimits[0].type"),
    (#".process.rlimits = [{type: "RLIMIT_CORE", soft: 2, hard: 1}]"#, "process.rlimits[0]"),
    (
      #".process.rlimits = [{type: "RLIMIT_CORE", soft: 1, hard: 1}, {type: "RLIMIT_CORE", soft: 1, hard: 1}]"#,
      "process.rlimits[1].type"
    ),
    (".process.oomScoreAdj = 1001", "process.oomScoreAdj"),
    (#".process.scheduler = {policy: "SCHED_NOPE"}"#, "process.scheduler.policy"),
    (#".process.scheduler = {policy: "SCHED_OTHER", nice: 20}"#, "process.scheduler.nice"),
    (#".process.scheduler = {policy: "SCHED_BATCH", priority: 3}"#, "process.scheduler.priority"),
    (#".process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}"#, "process.ioPriority.priority"),
    (#".linux.personality = {domain: "BSD"}"#, "linux.personality.domain"),
    (#".linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "x"}"#, "linux.memoryPolicy.nodes"),
    (#".linux.timeOffsets = {monotonic: {secs: 1}}"#, "linux.timeOffsets"),
    (#".process.selinuxLabel = "x""#, "process.selinuxLabel"), (#".linux.mountLabel = "x""#, "linux.mountLabel"),
    (#".process.apparmorProfile = "x""#, "process.apparmorProfile"),
    (#".linux.intelRdt = {closID: "x"}"#, "linux.intelRdt"), (#".process.cwd = "relative""#, "process.cwd"),
    (".process.args = null", "process.args"), (#".process.env = ["NOVALUE"]"#, "process.env[0]"),
    (#".process.user.umask = -1"#, "process.user.umask"),
    (#".process.execCPUAffinity = {initial: "0-"}"#, "process.execCPUAffinity.initial"),
  ])
  func whatCannotBeIsRefusedWithItsPlace(filter: String, place: String) throws {
    let output = try RuntimeHost.script(
      "command echo started; change '\(filter)'; berth run -b bundle $id; echo $?; ls containers 2>/dev/null"
    )
    #expect(output.out == "1\n")
    #expect(
      output.err.hasPrefix("berth: config.json: \(place): ") && output.err.split(separator: "\n").count == 1,
      "\(output.err)"
    )
  }

  /// A program that is not there, or cannot be executed, is the start's failure, in words that clients look for.
  @Test(arguments: [
    ("nosuch", "exec nosuch: executable file not found in $PATH"),
    ("/nosuch", "exec /nosuch: no such file or directory"),
    ("/etc", "exec /etc: it is a directory: permission denied"), ("/etc/passwd", "exec /etc/passwd: permission denied"),
  ])
  func aProgramThatCannotRun(program: String, message: String) throws {
    let output = try RuntimeHost.script(
      "command \(program); berth run -b bundle $id; berth create -b bundle $id; berth start $id; status $id"
    )
    #expect(output.err.hasPrefix("berth: \(message)\n"), "\(output.err)")
  }
}
