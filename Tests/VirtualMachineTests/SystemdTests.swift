import TestSupport
import Testing

/// systemd as the one who makes the cgroups, with both versions of them.
@Suite(.requiresVirtualMachine) struct SystemdTests {
  private static let setting = """
    driver=--systemd-cgroup
    place=machine.slice:test:$name
    scope() { systemctl show -P "$1" "test-$name.scope"; }
    """

  private static let both: [GuestCheck] = [
    GuestCheck(
      "the scope is in its slice",
      "up; scope ControlGroup | sed s/$name/NAME/; scope Delegate; scope Description | sed s/$name/NAME/",
      "/machine.slice/test-NAME.scope\nyes\nberth container NAME\n"
    ),
    GuestCheck(
      "no slice is system.slice",
      "place=; up; systemctl show -P ControlGroup berth-$name.scope | cut -d/ -f2",
      "system.slice\n"
    ),
    GuestCheck(
      "every hierarchy has the process in the scope",
      "up; cut -d: -f3 /proc/$(first)/cgroup | sort -u | sed s/$name/NAME/",
      "/machine.slice/test-NAME.scope\n"
    ),
    GuestCheck(
      "every hierarchy has a further process there",
      "up; inside sleep 50 & until_true eval '[[ $(berth ps -f json $name | jq length) == 2 ]]'; for p in $(berth ps -f json $name | jq .[]); do cut -d: -f3 /proc/$p/cgroup; done | sort -u | sed s/$name/NAME/",
      "/machine.slice/test-NAME.scope\n"
    ),
    GuestCheck(
      "annotations become properties",
      #"up '.annotations = {"org.systemd.property.TimeoutStopSec": "7", "org.systemd.property.CollectMode": "\"inactive-or-failed\""}'; scope TimeoutStopUSec; scope CollectMode"#,
      "7s\ninactive-or-failed\n"
    ),
    GuestCheck(
      "a wrong annotation is told with its name",
      #"up '.annotations = {"org.systemd.property.CollectMode": "x"}' | grep -o 'annotations.org.systemd.property.CollectMode'"#,
      "annotations.org.systemd.property.CollectMode\n"
    ),
    GuestCheck("systemd knows the limit of tasks", "up '.linux.resources.pids.limit = 50'; scope TasksMax", "50\n"),
    GuestCheck(
      "systemd knows the quota",
      "up '.linux.resources.cpu = {quota: 50000, period: 20000}'; scope CPUQuotaPerSecUSec; scope CPUQuotaPeriodUSec",
      "2.500000s\n20ms\n"
    ),
    GuestCheck(
      "systemd knows the devices",
      "up; scope DevicePolicy; scope DeviceAllow | grep -c -e char-pts -e /dev/char/1:3",
      "strict\n2\n"
    ),
    GuestCheck(
      "a device that is not allowed cannot be used, nor after a reload",
      "up; mknod /run/bundles/$name/rootfs/kmsg c 1 11; inside head -c 1 /kmsg 2>&1; inside head -c 1 /dev/zero | wc -c; systemctl daemon-reload; inside head -c 1 /kmsg 2>&1; inside head -c 1 /dev/zero | wc -c",
      "head: /kmsg: Operation not permitted\n1\nhead: /kmsg: Operation not permitted\n1\n"
    ),
    GuestCheck("update reaches systemd", "up; berth update --pids-limit 60 $name; scope TasksMax", "60\n"),
    GuestCheck(
      "pause and resume",
      "up; berth pause $name; berth state $name | jq -r .status; berth resume $name; berth state $name | jq -r .status",
      "paused\nrunning\n"
    ),
    GuestCheck(
      "delete leaves no unit and no cgroup, and takes no second",
      "up; start=$SECONDS; berth delete --force $name; ((SECONDS - start < 10)) || echo slow; systemctl list-units --all --no-legend \"test-$name*\"; find $root -name \"test-$name*\"",
      ""
    ),
    GuestCheck(
      "a run to the end leaves nothing",
      "bundle '.process.args = [\"echo\", \"hello\"]'; berth run -b /run/bundles/$name $name; find $root -name \"test-$name*\"; ls /run/containers",
      "hello\n"
    ),
    GuestCheck(
      "a create that fails leaves nothing",
      "bundle '.process.args = [\"/none\"]'; berth run -b /run/bundles/$name $name 2>/dev/null; echo $?; until_true eval '! systemctl is-active test-$name.scope'; find $root -name \"test-$name*\"; ls /run/containers",
      "1\n"
    ),
    GuestCheck(
      "a stopped unit ends the container",
      "up '.annotations = {\"org.systemd.property.TimeoutStopSec\": \"1\"}'; systemctl stop test-$name.scope; until_true eval 'berth state $name | grep -q stopped'; berth delete $name; echo $?",
      "0\n"
    ),
    GuestCheck("a name that is no triple is refused", "place=/a/b; up | grep -c slice:prefix:name", "1\n"),
    GuestCheck("a slice is refused", "place=a.slice:x:y.slice; up | grep -c 'names a slice'", "1\n"),
    GuestCheck(
      "ten one after the other",
      "bundle '.process.args = [\"true\"]'; for ((i = 0; i < 10; i++)); do berth run -b /run/bundles/$name $name || echo $?; done",
      ""
    ),
  ]

  private static let version2: [GuestCheck] =
    both + [
      GuestCheck(
        "systemd knows memory, weights and processors",
        "up '.linux.resources = {memory: {limit: 67108864, swap: 134217728, reservation: 33554432}, cpu: {shares: 512, cpus: \"0\"}}'; for p in MemoryMax MemorySwapMax MemoryLow CPUWeight AllowedCPUs; do scope $p; done",
        "67108864\n67108864\n33554432\n59\n0\n"
      ),
      GuestCheck(
        "files of the cgroup have what systemd cannot be told",
        "up '.linux.resources.unified = {\"memory.high\": \"50000000\", \"cpu.max.burst\": \"1000\"}'; scope MemoryHigh; cat $root/machine.slice/test-$name.scope/memory.high $root/machine.slice/test-$name.scope/cpu.max.burst",
        "50000000\n49999872\n1000\n"
      ),
      GuestCheck(
        "a cgroup below the scope",
        "up '.annotations = {\"run.oci.systemd.subgroup\": \"inner\"} | .linux.resources.pids.limit = 9'; cut -d: -f3 /proc/$(first)/cgroup | sed s/$name/NAME/; cat $root/machine.slice/test-$name.scope/inner/pids.max; inside echo in; berth delete --force $name; find $root -name \"test-$name*\"",
        "/machine.slice/test-NAME.scope/inner\n9\nin\n"
      ),
      GuestCheck(
        "update survives a reload",
        "up; berth update --memory 90000000 --memory-swap 100000000 $name; systemctl daemon-reload; scope MemoryMax; cat $root/machine.slice/test-$name.scope/memory.max",
        "90000000\n89997312\n"
      ),
      GuestCheck(
        "by the bus where systemd's own socket is not there",
        "up; until_true test -S /run/dbus/system_bus_socket; mv /run/systemd/private /run/systemd/hidden; berth update --pids-limit 61 $name; berth delete --force $name; mv /run/systemd/hidden /run/systemd/private; systemctl list-units --all --no-legend \"test-$name*\"",
        ""
      ),
      GuestCheck(
        "without systemd, the reason is told",
        "bundle .; mv /run/systemd/private /run/systemd/hidden; mv /run/dbus/system_bus_socket /run/dbus/hidden; berth run -b /run/bundles/$name $name; mv /run/systemd/hidden /run/systemd/private; mv /run/dbus/hidden /run/dbus/system_bus_socket; ls /run/containers",
        "berth: connect to systemd (/run/systemd/private): No such file or directory\n"
      ),
    ]

  private static let version1: [GuestCheck] =
    both + [
      GuestCheck(
        "systemd knows memory and shares",
        "up '.linux.resources = {memory: {limit: 67108864}, cpu: {shares: 512}}'; scope MemoryLimit; scope CPUShares; systemctl daemon-reload; cat $root/memory/machine.slice/test-$name.scope/memory.limit_in_bytes",
        "67108864\n512\n67108864\n"
      ),
      GuestCheck(
        "hierarchies that systemd has nothing to do with",
        "up '.linux.resources.cpu.cpus = \"0\"'; cat $root/cpuset/machine.slice/test-$name.scope/cpuset.cpus",
        "0\n"
      ),
      GuestCheck(
        "the cgroups mount shows the scope",
        "up '.mounts += [{destination: \"/sys/fs/cgroup\", type: \"cgroup\", source: \"cgroup\", options: [\"ro\"]}]'; inside cat /sys/fs/cgroup/pids/cgroup.procs",
        "1\n2\n"
      ),
    ]

  private static let runOfVersion2 = GuestRun(.systemd2, setting: setting, version2)
  private static let runOfVersion1 = GuestRun(.systemd1, setting: setting, version1)

  @Test(arguments: version2) func cgroupVersion2(check: GuestCheck) { Self.runOfVersion2.expect(check) }

  @Test(arguments: version1) func cgroupVersion1(check: GuestCheck) { Self.runOfVersion1.expect(check) }
}
