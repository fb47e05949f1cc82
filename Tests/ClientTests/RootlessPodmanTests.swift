import TestSupport
import Testing

/// Podman without root, for a user whom the lab alone knows. On cgroup v1 such a user has no limits.
@Suite(
  .requiresRoot,
  .requires("podman", "conmon", "newuidmap", "slirp4netns", "catatonit", "busybox", "tmux"),
  .lab(
    podmanSettings + """
      echo sub:x:1234:1234::/home/sub:/bin/sh >>/etc/passwd
      echo sub:x:1234: >>/etc/group
      echo sub:200000:65536 >/etc/subuid
      echo sub:300000:65536 >/etc/subgid
      mkdir -p /home/sub /run/user/1234
      chown 1234:1234 /home/sub /run/user/1234
      # slirp4netns opens it as the user, and some machines keep theirs for root.
      mknod -m 666 /run/lab/tun c 10 200
      mount --bind /run/lab/tun /dev/net/tun
      cat >/run/lab/client <<'END'
      engine() {
        setpriv --reuid 1234 --regid 1234 --init-groups env HOME=/home/sub USER=sub XDG_RUNTIME_DIR=/run/user/1234 podman "$@"
      }
      clean() { engine rm -f -t 0 "$name"; }
      chmod 777 .
      END
      . /run/lab/client
      engine import -c 'ENV PATH=/bin' /run/lab/root.tar bb
      """
  )
)
struct RootlessPodmanTests {
  @Test(arguments: EngineChecks.streams)
  func streams(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.statuses)
  func statuses(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.executions)
  func executions(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.lives)
  func lives(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.privileges)
  func privileges(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.files)
  func files(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  @Test(arguments: EngineChecks.namespaces)
  func namespaces(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }

  /// What a user who is not root gets.
  @Test(arguments: RootlessPodmanChecks.own)
  func own(script: String, expected: String) throws { try Lab.expect(script, prints: expected) }
}

private enum RootlessPodmanChecks {
  static let own: [EngineChecks.Check] = [
    ("engine run --rm bb sh -c 'id -u; cat /proc/self/uid_map' | xargs", "0 0 1234 1 1 200000 65536\n"),
    ("engine run --rm --userns keep-id bb sh -c 'id -u; touch /tmp/x; stat -c %u /tmp/x'", "1234\n1234\n"),
    ("mkdir -m 777 v; engine run --rm -v $PWD/v:/v bb touch /v/x; stat -c %u v/x", "1234\n"),
    ("mkdir -m 777 v; engine run --rm -u 1000 -v $PWD/v:/v bb touch /v/x; stat -c %u v/x", "200999\n"),
    ("mkdir -m 777 v; engine run --rm --userns keep-id -v $PWD/v:/v bb touch /v/x; stat -c %u v/x", "1234\n"),
    (
      "up -p 127.0.0.1:18080:80 bb httpd -f -h /etc; until_true wget -q -O page http://127.0.0.1:18080/passwd; head -n 1 page",
      "root:x:0:0:root:/root:/bin/sh\n"
    ),
    ("engine run --rm bb ls /sys/class/net | xargs", "lo tap0\n"),
    ("up bb sleep 100; engine top $name pid args | tail -n +2 | awk '{ print $1, $2, $3 }'", "1 sleep 100\n"),
    (
      """
      engine pod create --name p$name >/dev/null; engine run -d --pod p$name --name $name bb httpd -f -h /etc >/dev/null
      engine run --rm --pod p$name bb sh -c 'until wget -q -O - http://127.0.0.1/group; do sleep 0.1; done' 2>/dev/null | head -n 1
      engine pod rm -f -t 0 p$name >/dev/null
      """, "root:x:0:\n"
    ),
    (
      "printf '%s\\n' 'FROM bb' 'RUN echo made >/made' 'CMD cat /made' >Containerfile; engine build -q -t $name . >/dev/null && engine run --rm $name; engine rmi -f $name >/dev/null",
      "made\n"
    ),
    (
      "mkdir -m 777 v; up --cap-add SYS_ADMIN -v $PWD/v:/v:rslave bb sleep 100; mkdir v/m; mount -t tmpfs m v/m; inside grep -c ' /v/m ' /proc/self/mounts",
      "1\n"
    ),
  ]
}
