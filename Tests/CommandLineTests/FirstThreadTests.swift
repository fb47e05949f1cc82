import TestSupport
import Testing

@Suite(.requiresRoot, .requires("jq", "busybox", "python3")) struct FirstThreadTests {
  /// The first thread of a container's process ends, and another goes on: the process does.
  @Test func aProcessGoesOnWithoutItsFirstThread() throws {
    let output = try RuntimeHost.script(
      #"""
      ln -s usr/lib bundle/rootfs/lib; ln -s usr/lib64 bundle/rootfs/lib64; mkdir -p bundle/rootfs/usr
      command /usr/bin/python3 -c 'import ctypes, os, threading, time
      threading.Thread(target=lambda: time.sleep(100)).start()
      ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)'
      change '.mounts += [{destination: "/usr", type: "bind", source: "/usr", options: ["rbind", "ro"]}]'
      for ending in kill force; do
        berth run -d -b bundle $id; first=$(process $id)
        until_true grep -q '^State:.Z' /proc/$first/status; status $id
        berth pause $id && status $id && berth resume $id
        case $ending in
          kill) berth kill $id KILL; echo $?; until_true is $id stopped; berth delete $id; echo $? ;;
          force) berth delete --force $id; echo $? ;;
        esac
        ! grep -s "^State:.[RSDT]" /proc/$first/task/*/status
      done
      """#
    )
    #expect(output == Output(status: 0, out: "running\npaused\n0\n0\nrunning\npaused\n0\n", err: ""))
  }
}
