import TestSupport
import Testing

/// Version 2 of cgroups with every controller, on an older kernel.
@Suite(.requiresVirtualMachine) struct CgroupVersion2Tests {
  private static let setting = """
    place=/berth/$name
    file() { cat "$root/berth/$name/$1"; }
    # As a user without privilege who was given a cgroup, systemd.exec(5) "Delegate=".
    as_user() {
      mkdir -p $root/user/own
      for controller in $(cat $root/cgroup.controllers); do echo +$controller >$root/user/cgroup.subtree_control; done
      chown 1000:1000 $root/user $root/user/cgroup.{procs,threads,subtree_control} $root/user/own $root/user/own/cgroup.procs
      mkdir -p /run/user/1000 && chown 1000:1000 /run/user/1000
      chown -R 1000:1000 /run/bundles/$name
      bash -c 'echo $$ >/sys/fs/cgroup/user/own/cgroup.procs; exec setpriv --reuid 1000 --regid 1000 --clear-groups \\
        --inh-caps=-all env XDG_RUNTIME_DIR=/run/user/1000 HOME=/run/user/1000 "$@"' as_user "$@"
    }
    """

  private static let limits: [GuestCheck] = [
    GuestCheck(
      "memory",
      "up '.linux.resources.memory = {limit: 67108864, swap: 100663296, reservation: 33554432}'; file memory.max; file memory.swap.max; file memory.low",
      "67108864\n33554432\n33554432\n"
    ),
    GuestCheck(
      "processors",
      "up '.linux.resources.cpu = {shares: 512, quota: 50000, period: 100000, burst: 1000, cpus: \"1\", mems: \"0\"}'; file cpu.weight; file cpu.max; file cpu.max.burst; file cpuset.cpus; file cpuset.mems",
      "59\n50000 100000\n1000\n1\n0\n"
    ),
    GuestCheck("processes", "up '.linux.resources.pids.limit = 20'; file pids.max", "20\n"),
    GuestCheck(
      "a fork beyond the limit fails",
      "up '.linux.resources.pids.limit = 3'; inside sh -c 'sleep 9 & sleep 9 & sleep 9 & echo all' 2>&1 | grep -o \"can't fork\"",
      "can't fork\n"
    ),
    GuestCheck(
      "block devices",
      "up '.linux.resources.blockIO.weight = 500'; file io.weight 2>/dev/null || file io.bfq.weight; berth state $name | jq -r .status",
      "default 4950\nrunning\n"
    ),
    GuestCheck(
      "files by their names",
      "up '.linux.resources.unified = {\"memory.high\": \"40960000\"}'; file memory.high",
      "40960000\n"
    ),
    GuestCheck(
      "huge pages",
      "up '.linux.resources.hugepageLimits = [{pageSize: \"2MB\", limit: 4194304}]'; file hugetlb.2MB.max",
      "4194304\n"
    ),
    GuestCheck(
      "update changes what it names",
      "up '.linux.resources = {memory: {limit: 67108864}, cpu: {quota: 50000, period: 100000}}'; berth update --memory 134217728 --cpu-period 50000 --pids-limit 9 $name; file memory.max; file cpu.max; file pids.max",
      "134217728\n50000 50000\n9\n"
    ),
    GuestCheck(
      "0 in an update leaves as it is",
      "up '.linux.resources.memory.limit = 67108864'; echo '{\"memory\": {\"limit\": 0}, \"cpu\": {\"shares\": 0}, \"pids\": {\"limit\": 7}}' | berth update -r - $name; file memory.max; file pids.max",
      "67108864\n7\n"
    ),
    GuestCheck(
      "a limit below what is used is refused where that is asked for",
      "up; inside sh -c 'head -c 30000000 /dev/zero >/dev/shm/x'; echo '{\"memory\": {\"limit\": 10000000, \"checkBeforeUpdate\": true}}' | berth update -r - $name 2>&1 | grep -o 'rejecting memory limit'; file memory.max",
      "rejecting memory limit\nmax\n"
    ),
  ]

  private static let life: [GuestCheck] = [
    GuestCheck(
      "the process is born there",
      "up; cut -d: -f3 /proc/$(first)/cgroup | sed s/$name/NAME/",
      "/berth/NAME\n"
    ),
    GuestCheck(
      "a cgroup namespace has it as its root",
      "up '.linux.namespaces += [{type: \"cgroup\"}] | .linux.namespaces |= unique'; inside cat /proc/self/cgroup /proc/1/cgroup",
      "0::/\n0::/\n"
    ),
    GuestCheck(
      "the mount shows it",
      "up '.linux.namespaces += [{type: \"cgroup\"}] | .linux.namespaces |= unique | .mounts |= map(select(.destination != \"/sys/fs/cgroup\")) + [{destination: \"/sys/fs/cgroup\", type: \"cgroup\", source: \"cgroup\", options: [\"nosuid\"]}]'; inside cat /sys/fs/cgroup/cgroup.procs; inside mkdir /sys/fs/cgroup/inner; ls -d $root/berth/$name/inner | sed s/$name/NAME/",
      "1\n2\n/sys/fs/cgroup/berth/NAME/inner\n"
    ),
    GuestCheck(
      "a container that divides its cgroup can be entered",
      "up '.linux.namespaces += [{type: \"cgroup\"}] | .linux.namespaces |= unique | .mounts |= map(select(.destination != \"/sys/fs/cgroup\")) + [{destination: \"/sys/fs/cgroup\", type: \"cgroup\", source: \"cgroup\", options: []}]'; inside sh -c 'mkdir /sys/fs/cgroup/inner; echo 1 >/sys/fs/cgroup/inner/cgroup.procs; echo 0 >/sys/fs/cgroup/inner/cgroup.procs; echo +memory >/sys/fs/cgroup/cgroup.subtree_control'; inside cat /proc/self/cgroup; berth ps -f json $name | jq length",
      "0::/inner\n1\n"
    ),
    GuestCheck(
      "exec into a cgroup below",
      "up; mkdir $root/berth/$name/inner; berth exec --cgroup inner $name cat /proc/self/cgroup | sed s/$name/NAME/; berth exec --cgroup .. $name true 2>&1 | grep -o 'bad sub cgroup path'",
      "0::/inner\nbad sub cgroup path\n"
    ),
    GuestCheck(
      "pause and resume",
      "up; berth pause $name; file cgroup.freeze; berth state $name | jq -r .status; berth exec $name true 2>&1 | grep -o 'paused container'; berth resume $name; file cgroup.freeze; inside echo on",
      "1\npaused\npaused container\n0\non\n"
    ),
    GuestCheck(
      "a paused container can be killed",
      "up; berth pause $name; berth kill $name KILL; until_true eval 'berth state $name | grep -q stopped'; berth delete $name; ls $root/berth | grep $name",
      ""
    ),
    GuestCheck(
      "without a PID namespace all processes are killed",
      "bundle '.linux.namespaces |= map(select(.type != \"pid\")) | .process.args = [\"sh\", \"-c\", \"sleep 987 & sleep 987 & sleep 987\"]'; berth run -d -b /run/bundles/$name $name </dev/null >/dev/null 2>&1; until_true eval '[[ $(pgrep -fcx \"sleep 987\") == 3 ]]'; berth kill $name KILL; until_true eval '! pgrep -fx \"sleep 987\"'; berth delete $name; ls $root/berth | grep $name",
      ""
    ),
    GuestCheck(
      "all processes get a signal",
      "bundle '.linux.namespaces |= map(select(.type != \"pid\")) | .process.args = [\"sh\", \"-c\", \"sleep 986 & sleep 986 & wait\"]'; berth run -d -b /run/bundles/$name $name </dev/null >/dev/null 2>&1; until_true eval '[[ $(pgrep -fcx \"sleep 986\") == 2 ]]'; berth kill --all $name TERM; until_true eval '! pgrep -fx \"sleep 986\"'",
      ""
    ),
    GuestCheck(
      "cgroups that the container made are removed",
      "up; mkdir -p $root/berth/$name/a/b/c; berth delete --force $name; ls $root/berth | grep $name",
      ""
    ),
    GuestCheck(
      "hooks run",
      "up '.hooks = {createRuntime: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo runtime >>/run/hooks.'$name'\"]}], createContainer: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo container >>/run/hooks.'$name'\"]}], poststart: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo poststart >>/run/hooks.'$name'\"]}], poststop: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo poststop >>/run/hooks.'$name'\"]}]}'; berth delete --force $name; cat /run/hooks.$name",
      "runtime\ncontainer\npoststart\npoststop\n"
    ),
    GuestCheck(
      "create and start",
      "bundle; berth create -b /run/bundles/$name $name </dev/null >/dev/null 2>&1; berth state $name | jq -r .status; berth start $name; berth state $name | jq -r .status",
      "created\nrunning\n"
    ),
    GuestCheck(
      "the exit status",
      "bundle '.process.args = [\"sh\", \"-c\", \"exit 7\"]'; berth run -b /run/bundles/$name $name; echo $?",
      "7\n"
    ),
  ]

  private static let events: [GuestCheck] = [
    GuestCheck(
      "want of memory is told",
      "up '.linux.resources.memory = {limit: 20971520, swap: 20971520}'; berth events $name >/run/events & watcher=$!; sleep 1; inside sh -c 'head -c 60000000 /dev/zero | tail >/dev/null' >/dev/null 2>&1; until_true grep -q oom /run/events; jq -r 'select(.type == \"oom\") | .type' /run/events | head -n 1; berth kill $name KILL; wait $watcher; echo $?",
      "oom\n0\n"
    ),
    GuestCheck(
      "a kill for want of memory is the status",
      "bundle '.process.args = [\"sh\", \"-c\", \"exec tail /dev/zero\"] | .linux.resources.memory = {limit: 20971520, swap: 20971520}'; berth run -b /run/bundles/$name $name; echo $?",
      "137\n"
    ),
    GuestCheck(
      "statistics",
      "up '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 20}}'; berth events --stats $name | jq -c '[.type, .id == \"'$name'\", .data.pids.current, .data.pids.limit, .data.memory.usage.limit, (.data.memory.usage.usage > 0), (.data.cpu.usage.total > 0)]'",
      "[\"stats\",true,1,20,67108864,true,true]\n"
    ),
  ]

  private static let devices: [GuestCheck] = [
    GuestCheck(
      "only what is allowed can be used",
      "up; mknod /run/bundles/$name/rootfs/rng c 10 183; inside head -c 1 /rng; inside head -c 1 /dev/zero | wc -c",
      "head: /rng: Operation not permitted\n1\n"
    ),
    GuestCheck(
      "what is allowed besides",
      "up '.linux.resources.devices += [{allow: true, type: \"c\", major: 10, minor: 183, access: \"r\"}]'; mknod /run/bundles/$name/rootfs/rng c 10 183; inside head -c 1 /rng | wc -c; inside sh -c 'echo x >/rng'",
      "1\nsh: can't create /rng: Operation not permitted\n"
    ),
    GuestCheck(
      "everything, where that is asked for",
      "up '.linux.resources.devices = [{allow: true, access: \"rwm\"}]'; mknod /run/bundles/$name/rootfs/rng c 10 183; inside head -c 1 /rng | wc -c",
      "1\n"
    ),
    GuestCheck(
      "an update keeps it so",
      "up; mknod /run/bundles/$name/rootfs/rng c 10 183; berth update --pids-limit 30 $name; inside head -c 1 /rng",
      "head: /rng: Operation not permitted\n"
    ),
  ]

  private static let rootless: [GuestCheck] = [
    GuestCheck(
      "a user's own cgroup",
      "bundle '.linux.namespaces += [{type: \"user\"}] | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}] | .linux.gidMappings = [{containerID: 0, hostID: 1000, size: 1}] | .mounts |= map(select(.destination != \"/sys\" and .destination != \"/sys/fs/cgroup\") | .options = ((.options // []) | map(select(startswith(\"gid=\") | not)))) | .linux.cgroupsPath = \"/user/'$name'\" | .linux.resources.pids.limit = 11'; as_user $BERTH run -d -b /run/bundles/$name $name </dev/null >/run/out 2>&1 || cat /run/out; cat $root/user/$name/pids.max; as_user $BERTH exec $name cat /proc/self/cgroup; grep -c . $root/user/$name/cgroup.procs; as_user $BERTH pause $name; as_user $BERTH state $name | jq -r .status; as_user $BERTH resume $name; as_user $BERTH update --pids-limit 12 $name; cat $root/user/$name/pids.max; as_user $BERTH delete --force $name; ls $root/user | grep $name",
      "11\n0::/\n1\npaused\n12\n"
    ),
    GuestCheck(
      "without a cgroup of one's own, and without one that is asked for",
      "bundle '.linux.namespaces += [{type: \"user\"}] | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}] | .linux.gidMappings = [{containerID: 0, hostID: 1000, size: 1}] | .mounts |= map(select(.destination != \"/sys\" and .destination != \"/sys/fs/cgroup\") | .options = ((.options // []) | map(select(startswith(\"gid=\") | not)))) | del(.linux.cgroupsPath) | del(.linux.resources) | .process.args = [\"echo\", \"ran\"]'; mkdir -p /run/user/1000; chown 1000:1000 /run/user/1000; chown -R 1000:1000 /run/bundles/$name; setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR=/run/user/1000 $BERTH run -b /run/bundles/$name $name",
      "ran\n"
    ),
  ]

  private static let all = limits + life + events + devices + rootless
  private static let run = GuestRun(.cgroup2, setting: setting, all)

  @Test(arguments: all) func check(check: GuestCheck) { Self.run.expect(check) }
}

/// Version 1 of cgroups with every controller, which no longer comes with systemd everywhere.
@Suite(.requiresVirtualMachine) struct CgroupVersion1Tests {
  private static let setting = """
    place=/berth/$name
    file() { cat "$root/${1%%.*}/berth/$name/$1"; }
    """

  private static let all: [GuestCheck] = [
    GuestCheck(
      "limits",
      "up '.linux.resources = {memory: {limit: 67108864, swap: 100663296}, cpu: {shares: 512, quota: 50000, period: 100000, cpus: \"1\"}, pids: {limit: 20}, network: {classID: 65537}}'; for f in memory.limit_in_bytes memory.memsw.limit_in_bytes cpu.shares cpu.cfs_quota_us cpuset.cpus pids.max net_cls.classid; do file $f; done",
      "67108864\n100663296\n512\n50000\n1\n20\n65537\n"
    ),
    GuestCheck(
      "want of memory is told",
      "up '.linux.resources.memory = {limit: 20971520, swap: 20971520}'; berth events $name >/run/events & watcher=$!; sleep 1; inside sh -c 'head -c 60000000 /dev/zero | tail >/dev/null' >/dev/null 2>&1; until_true grep -q oom /run/events; jq -r 'select(.type == \"oom\") | .type' /run/events | head -n 1; berth kill $name KILL; wait $watcher; echo $?",
      "oom\n0\n"
    ),
    GuestCheck(
      "devices",
      "up; mknod /run/bundles/$name/rootfs/rng c 10 183; inside head -c 1 /rng; inside head -c 1 /dev/zero | wc -c",
      "head: /rng: Operation not permitted\n1\n"
    ),
    GuestCheck(
      "nothing stays",
      "up; berth pause $name; berth delete --force $name; find $root -name $name",
      ""
    ),
  ]

  private static let run = GuestRun(.cgroup1, setting: setting, all)

  @Test(arguments: all) func check(check: GuestCheck) { Self.run.expect(check) }
}
