import Foundation
import TestSupport
import Testing

/// `--dry-run`, `--dry-run=json` and `--spec`: without privilege and without effect.
@Suite(.requiresRoot) struct DryRunTests {
  static let forms = ["--dry-run", "--dry-run=json", "--spec"]

  /// A copy of berth that anybody can execute, and `nobody COMMAND` to run it without any privilege.
  private static let nobody = """
    cp "$BERTH" ./berth && mkdir src
    nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

    """

  private static let options = "--net --overlay --read-only -v ./src:/new -v ./src:$PWD/new --tmpfs /mnt --hostname web"

  @Test(arguments: forms)
  func needsNoPrivilege(form: String) throws {
    let output = try Berth.script(
      Self.nobody + "nobody ./berth shell \(form) --net -v ./src:/mnt -- true >/dev/null"
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }

  /// System calls that change something outside of the process: none is made, as root or as nobody.
  @Test(.requires("strace"), arguments: forms)
  func changesNothing(form: String) throws {
    let calls = """
      mount,umount2,open_tree,move_mount,fsopen,fsconfig,fsmount,fspick,mount_setattr,pivot_root,chroot,clone,clone3,fork,vfork,\
      unshare,setns,mkdir,mkdirat,mknod,mknodat,symlink,symlinkat,link,linkat,unlink,unlinkat,rename,renameat,renameat2,rmdir,\
      chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,creat,truncate,ftruncate,utimensat,setxattr,sethostname,setdomainname,\
      kill,tkill,pidfd_send_signal,bind,connect,setresuid,setresgid,setuid,setgid,setgroups,capset,prctl,openat,open,openat2
      """
    let output = try Berth.script(
      Self.nobody + """
        state() { cat /proc/self/mountinfo; ls -lAR .; ls -A / /mnt /tmp/.. /run; }
        touch log; chmod 666 log
        for who in '' nobody; do
          before=$(state)
          $who strace -f -o log -e trace=\(calls) ./berth shell \(form) \(Self.options) -- true >out 2>&1 || cat out
          grep -v -e 'O_RDONLY' -e 'prctl(PR_CAPBSET_READ' -e '+++ exited with 0 +++' log
          : >log; rm out
          [[ $(state) == "$before" ]] || echo "something changed"
        done; true
        """
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }

  // MARK: Text

  /// A command line and all of its lines; `DIR` is the test's directory.
  private func expectLines(_ arguments: String, _ expected: String, by user: String = "") throws {
    let output = try Berth.script(
      Self.nobody + """
        export SHELL=/bin/bash
        \(user) ./berth shell --dry-run \(arguments) | sed "s#$PWD#DIR#g"
        """
    )
    #expect(output == Output(status: 0, out: expected + "\n", err: ""))
  }

  @Test func textOfTheDefault() throws {
    try expectLines(
      "-- true",
      """
      unshare --mount --pid --uts --propagation unchanged --fork --kill-child
      mount --make-rprivate /
      mount -t proc -o nosuid,nodev,noexec proc /proc
      cd DIR
      exec true
      """
    )
  }

  @Test func textOfAShell() throws {
    try expectLines(
      "--name blue",
      """
      unshare --mount --pid --uts --propagation unchanged --fork --kill-child
      mount --make-rprivate /
      mount -t proc -o nosuid,nodev,noexec proc /proc
      hostname blue
      cd DIR
      exec env 'PS1=-[blue]- # ' debian_chroot=blue /bin/bash
      """
    )
  }

  @Test func textWithoutPrivilege() throws {
    try expectLines(
      "--net -v ./src:/mnt:ro -- ls -l 'a b'",
      """
      unshare --user --mount --pid --net --uts --propagation unchanged --map-users 65534,0,1 --map-groups 65534,0,1 --fork --kill-child
      ip link set lo up
      mount --make-rprivate /
      mount -t proc -o nosuid,nodev,noexec proc /proc
      mount --rbind --make-rprivate DIR/src /mnt
      mount -o remount,bind,ro /mnt
      cd DIR
      exec ls -l 'a b'
      """,
      by: "nobody"
    )
  }

  @Test func textOfVolumes() throws {
    try expectLines(
      "-v ./src:DIR/src/../new:nosuid --tmpfs /mnt:size=1m --workdir / -- true".replacing("DIR", with: "$PWD"),
      """
      unshare --mount --pid --uts --propagation unchanged --fork --kill-child
      mount --make-rprivate /
      mount -t proc -o nosuid,nodev,noexec proc /proc
      cd DIR
      mount -t tmpfs -o mode=0777 berth DIR
      touch DIR/berth
      mount --no-canonicalize --bind ./berth DIR/berth
      mkdir -p DIR/src
      mount --no-canonicalize --rbind ./src DIR/src
      mkdir -p DIR/new
      mount -o remount,bind,ro DIR
      mount --rbind --make-rprivate DIR/src DIR/new
      mount -o remount,bind,nosuid DIR/new
      mount -t tmpfs -o nosuid,nodev,noexec,size=1m tmpfs /mnt
      cd /
      exec true
      """
    )
  }

  // MARK: JSON

  @Test func planIsJSON() throws {
    let output = try Berth.script("mkdir src; $BERTH shell --dry-run=json --net -v ./src:/mnt:ro -- true")
    let plan = try JSONDecoder().decode(PlanJSON.self, from: Data(output.out.utf8))
    #expect(plan.namespaces == ["mount", "pid", "network", "uts"])
    #expect(plan.steps.map(\.operation) == ["change", "mount", "bind"])
    #expect(plan.steps.map(\.target) == ["/", "/proc", "/mnt"])
    #expect(plan.steps.last?.options == ["ro"])
  }

  @Test func specIsAnOCIConfiguration() throws {
    let output = try Berth.script(
      "$BERTH shell --spec --hostname web --net --read-only --tmpfs /mnt -w / -e A=b -- ls -l"
    )
    let spec = try JSONDecoder().decode(SpecJSON.self, from: Data(output.out.utf8))
    #expect(spec.ociVersion.hasPrefix("1."))
    #expect(spec.hostname == "web")
    #expect(spec.root == SpecJSON.Root(path: "/", readonly: true))
    #expect(spec.process.args == ["ls", "-l"])
    #expect(spec.process.cwd == "/")
    #expect(spec.process.env.contains("A=b"))
    #expect(spec.linux.namespaces.map(\.type) == ["mount", "pid", "network", "uts"])
    #expect(spec.linux.rootfsPropagation == "rprivate")
    #expect(spec.mounts.map(\.destination) == ["/proc", "/mnt"])
    #expect(spec.mounts.map(\.type) == ["proc", "tmpfs"])
  }
}

/// Some of config.json, by the names of the OCI runtime specification.
private struct SpecJSON: Decodable {
  struct Root: Decodable, Equatable {
    var path: String
    var readonly: Bool?
  }

  struct Process: Decodable {
    var args: [String]
    var cwd: String
    var env: [String]
  }

  struct Mount: Decodable {
    var destination: String
    var type: String
  }

  struct Namespace: Decodable {
    var type: String
  }

  struct Linux: Decodable {
    var namespaces: [Namespace]
    var rootfsPropagation: String
  }

  var ociVersion: String
  var hostname: String
  var root: Root
  var process: Process
  var mounts: [Mount]
  var linux: Linux
}
