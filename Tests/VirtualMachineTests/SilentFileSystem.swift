/// A file system of a process's own that never answers, and what waits for it: a lock of the process's memory is held meanwhile, and all
/// wait for that who read what the process has mapped, or its words.
enum SilentFileSystem {
  /// `/tmp/silent DIRECTORY`: the process.
  static let program = #"""
    modprobe fuse; chmod 666 /dev/fuse; mkdir -p -m 777 /mnt/silent; cat >/tmp/silent <<'END'
    import ctypes, os, struct, sys, threading, time
    libc = ctypes.CDLL(None)
    device = os.open("/dev/fuse", os.O_RDWR)
    options = b"fd=%d,rootmode=40000,user_id=%d,group_id=%d" % (device, os.getuid(), os.getgid())
    libc.mount(b"silent", sys.argv[1].encode(), b"fuse", 0, options) == 0 or sys.exit("mount")
    # The server. Nothing else has the device open, so that the file system ends with it. See fuse.h of Linux.
    if os.fork() == 0:
      def attributes(node):
        return struct.pack("<6Q10I", node, 1 << 20, 0, 0, 0, 0, 0, 0, 0, 0o40777 if node == 1 else 0o100777, 1, 0, 0, 0, 0, 0)
      INIT, LOOKUP, GETATTR, OPEN, READ, FORGET, FORGETS = 26, 1, 3, 14, 15, 2, 42
      answers = {
        INIT: lambda node: struct.pack("<4I2H2I2H8I", 7, 31, 0, 0, 0, 0, 4096, 0, 0, 0, *[0] * 8),
        LOOKUP: lambda node: struct.pack("<4QII", 2, 0, 1000, 1000, 0, 0) + attributes(2),
        GETATTR: lambda node: struct.pack("<QII", 1000, 0, 0) + attributes(node),
        OPEN: lambda node: bytes(16),
      }
      while True:
        _, operation, unique, node = struct.unpack_from("<IIQQ", os.read(device, 1 << 20))
        if operation in (READ, FORGET, FORGETS): continue
        answer = answers[operation](node) if operation in answers else b""
        os.write(device, struct.pack("<IiQ", 16 + len(answer), 0 if operation in answers else -38, unique) + answer)
    os.close(device)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
    part = libc.mmap(None, 4096, 1, 2, os.open(sys.argv[1] + "/file", os.O_RDONLY), 0)
    memory = os.open("/proc/self/mem", os.O_RDONLY)
    # One has the lock to read, for good, and another waits for it to write: who comes after that waits for both.
    threading.Thread(target=lambda: os.pread(memory, 1, part)).start()
    time.sleep(1)
    threading.Thread(target=lambda: libc.mmap(None, 4096, 3, 34, -1, 0)).start()
    time.sleep(1000)
    END
    stuck() { ! timeout 0.5 cat "/proc/$1/maps"; }
    # Else the guest would not come to an end.
    answered() { mount -t fusectl f /mnt/silent; for abort in /mnt/silent/*/abort; do echo 1 >$abort; done; umount /mnt/silent; }

    """#

  static let checks = [
    GuestCheck(
      "who does not let others look is left out",
      program + #"""
        setpriv --reuid 1234 --regid 1234 --clear-groups unshare -Urm python3 /tmp/silent /mnt/silent 2>/dev/null & last=$!
        until_true stuck $last
        for words in "ns list" "mounts --all" "mounts holders /tmp" "mounts predict -- mount -t tmpfs t /mnt" "mounts watch --all --timeout 0.1"; do
          timeout 30 $BERTH $words 2>&1 >/dev/null | grep -c "process $last python3 was left out"
        done
        answered; kill -KILL $last 2>/dev/null; wait $last 2>/dev/null
        """#,
      "1\n1\n1\n1\n1\n"
    ),
    GuestCheck(
      "a container that does not let others look is deleted",
      program + #"""
        up '.root.path = "/" | .process.args = ["python3", "/tmp/silent", "/mnt/silent"]
          | .process.capabilities |= with_entries(.value = ["CAP_SYS_ADMIN"])
          | .linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 438}]
          | .linux.resources.devices = [{allow: true, access: "rwm"}]'
        last=$(first); until_true stuck $last
        timeout 30 "$BERTH" --root /run/containers list | grep -c "$name .*running"
        timeout 30 "$BERTH" --root /run/containers kill $name TERM; echo $?
        timeout 30 "$BERTH" --root /run/containers exec $name echo inside
        timeout 30 "$BERTH" --root /run/containers delete --force $name; echo $?
        ls /run/containers; ls -d /proc/$last 2>/dev/null; answered 2>/dev/null
        """#,
      "1\n0\ninside\n0\n"
    ),
  ]
}
