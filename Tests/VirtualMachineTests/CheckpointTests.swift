import TestSupport
import Testing

/// Containers saved and restored by criu, on a kernel that the packaged criu knows.
@Suite(.requiresVirtualMachine, .requires("criu", "iptables")) struct CheckpointTests {
  private static let setting = """
    place=/berth/$name
    path=/run/bundles/$name
    # A container that counts, by tenths of a second; and the number that it is at.
    counting() {
      up ".process.args = [\\"sh\\", \\"-c\\", \\"i=0; while true; do i=\\$((i+1)); echo \\$i >/dev/shm/count; sleep 0.1; done\\"] | ${1:-.}"
      until_true reached 2
    }
    count() { berth exec "${1:-$name}" cat /dev/shm/count; }
    reached() { (($(count) > $1)); }
    restore() { berth restore -d -b $path "$@" </dev/null >/run/out 2>&1 || cat /run/out; }
    status() { berth state $name | jq -r .status; }
    """

  private static let all: [GuestCheck] = [
    GuestCheck(
      "counting goes on",
      "counting; n=$(count); berth checkpoint --image-path $path/image --work-path $path/work $name; berth state $name 2>&1 | grep -o 'does not exist'; ls -d $root/berth/$name 2>/dev/null; restore --image-path $path/image --work-path $path/work $name; status; reached $((n - 1)) || echo from the start; n=$(count); until_true reached $n; cut -d: -f3 /proc/$(first)/cgroup | sed s/$name/NAME/",
      "does not exist\nrunning\n/berth/NAME\n"
    ),
    GuestCheck(
      "under another id, in a cgroup of its own, and the first goes on too",
      "counting; berth checkpoint --leave-running --image-path $path/image $name; status; jq '.linux.cgroupsPath = \"/berth/other\" | .linux.resources.pids.limit = 17' $path/config.json >$path/new; mv $path/new $path/config.json; restore --image-path $path/image other; cut -d: -f3 /proc/$(berth state other | jq .pid)/cgroup; cat $root/berth/other/pids.max; n=$(count other); until_true eval '(($(count other) > n))'; n=$(count); until_true reached $n; berth delete --force other; ls $root/berth | grep other",
      "running\n/berth/other\n17\n"
    ),
    GuestCheck(
      "a saved memory and what changed since",
      "counting; berth checkpoint --pre-dump --image-path $path/parent $name; status; berth checkpoint --parent-path ../parent --image-path $path/image $name; readlink $path/image/parent; restore --image-path $path/image $name; n=$(count); until_true reached $n",
      "running\n../parent\n"
    ),
    GuestCheck(
      "what cannot be saved goes on, and the reason is told",
      "counting; berth checkpoint --page-server 127.0.0.1:1 --image-path $path/image $name 2>&1 | grep -c '^berth: criu: '; status; n=$(count); until_true reached $n; berth checkpoint --file-locks --shell-job --ext-unix-sk --tcp-established --image-path $path/image $name; restore --file-locks --shell-job --ext-unix-sk --tcp-established --image-path $path/image $name; status",
      "1\nrunning\nrunning\n"
    ),
    GuestCheck(
      "without criu",
      "up; berth --criu none checkpoint $name 2>&1 | grep -o 'none is not found in $PATH.*apt-get install criu'; status; berth restore --image-path /none -b $path x 2>&1; berth checkpoint none 2>&1; berth pause $name; berth resume $name",
      "none is not found in $PATH: it saves and restores containers (Debian: apt-get install criu\nrunning\nberth: --image-path /none: No such file or directory\nberth: container \"none\" does not exist\n"
    ),
    GuestCheck(
      "binds, masks and the read-only root are as they were",
      "mkdir -p /run/volume; echo one >/run/volume/file; counting '.root.readonly = true | .mounts += [{destination: \"/dev/volume\", type: \"bind\", source: \"/run/volume\", options: [\"bind\"]}]'; berth checkpoint --image-path $path/image $name; restore --image-path $path/image $name; inside cat /dev/volume/file; echo two >/run/volume/file; inside cat /dev/volume/file; inside touch /x 2>&1; inside head -c 1 /proc/kcore | wc -c; inside sh -c 'echo 1 >/proc/sys/kernel/domainname' 2>&1 | grep -o 'Read-only file system'; inside ls /sys/firmware",
      "one\ntwo\ntouch: /x: Read-only file system\n0\nRead-only file system\n"
    ),
    GuestCheck(
      "in the foreground, its output and its status",
      "bundle '.process.args = [\"sh\", \"-c\", \"while [ ! -e /dev/shm/end ]; do sleep 0.1; done; echo ended; exit 5\"]'; berth run -d -b $path $name </dev/null >/run/first 2>&1; berth checkpoint --image-path $path/image $name; (until berth exec $name touch /dev/shm/end; do sleep 0.2; done >/dev/null 2>&1) & berth restore --image-path $path/image -b $path $name </dev/null >/run/second 2>/run/errors; echo $?; cat /run/second; ls /run/containers | grep $name",
      "5\nended\n"
    ),
    GuestCheck(
      "pipes are those of who restores",
      "bundle '.process.args = [\"sh\", \"-c\", \"while true; do echo tick; sleep 0.1; done\"]'; berth run -d -b $path $name </dev/null 2>/dev/null | cat >/dev/null & until_true eval 'status | grep running'; berth checkpoint --image-path $path/image $name; berth restore -d --image-path $path/image -b $path $name </dev/null 2>/dev/null | head -n 2",
      "tick\ntick\n"
    ),
    GuestCheck(
      "a pid file, and hooks of the host",
      "counting '.hooks = {createRuntime: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo runtime >>/run/hooks.'$name'\"]}], poststop: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo stop >>/run/hooks.'$name'\"]}]}'; berth checkpoint --image-path $path/image $name; restore --pid-file $path/pid --image-path $path/image $name; [[ $(cat $path/pid) == $(first) ]] || echo another process; cat /run/hooks.$name",
      "runtime\nstop\nruntime\n"
    ),
  ]

  private static let run = GuestRun(.cgroup2, setting: setting, all)

  @Test(arguments: all) func check(check: GuestCheck) { Self.run.expect(check) }
}
