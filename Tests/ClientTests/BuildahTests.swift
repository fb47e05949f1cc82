import TestSupport
import Testing

/// Buildah, which runs the commands of a build with berth.
@Suite(
  .requiresRoot,
  .requires("buildah", "busybox"),
  .lab(
    """
    export BUILDAH_ISOLATION=oci BUILDAH_RUNTIME=/usr/local/bin/berth
    declare -p BUILDAH_ISOLATION BUILDAH_RUNTIME | sed 's/declare -x/export/' >/run/lab/client
    container=$(buildah from scratch)
    buildah add -q $container /run/lab/root.tar /
    buildah config --env PATH=/bin $container
    buildah commit -q $container bb && buildah rm $container
    """
  )
)
struct BuildahTests {
  @Test(arguments: [
    ("run $container -- echo hi", "hi\n"),
    ("run $container -- sh -c 'exit 7'; echo $?", "7\n"),
    ("run $container -- /nope; echo $?", "1\n"),
    ("run $container -- cat <<<words", "words\n"),
    ("run -t $container -- tty | tr -d '\\r'", "/dev/pts/0\n"),
    ("run --user guest $container -- sh -c 'id -u; id -G | xargs -n 1 | sort -n | xargs'", "1000\n50 1000\n"),
    ("config --workingdir /tmp --env A=b $container; buildah run $container -- sh -c 'pwd; echo $A'", "/tmp\nb\n"),
    ("run --cap-drop CAP_CHOWN $container -- chown 1 /tmp 2>/dev/null; echo $?", "1\n"),
    ("run --hostname named $container -- hostname", "named\n"),
    ("run --mount type=tmpfs,dst=/t $container -- stat -f -c %T /t", "tmpfs\n"),
    ("run --network none $container -- ls /sys/class/net", "lo\n"),
    ("run --pid host $container -- readlink /proc/self/ns/pid >pid; readlink /proc/self/ns/pid | diff - pid", ""),
  ])
  func run(command: String, expected: String) throws {
    try Lab.expect(
      "container=$(buildah from --pull-never bb); buildah \(command); buildah rm $container >/dev/null",
      prints: expected
    )
  }

  @Test(arguments: [
    ("RUN echo made >/made && cat /made", "", "made"),
    ("USER guest\nRUN id -un", "", "guest"),
    ("WORKDIR /new\nRUN pwd", "", "/new"),
    ("RUN cat /v/file", "-v $PWD/v:/v:ro", "words"),
    ("RUN touch /v/x || echo read-only", "-v $PWD/v:/v:ro", "read-only"),
    ("RUN --mount=type=cache,target=/c echo cached >/c/f && cat /c/f", "", "cached"),
    ("RUN ulimit -n", "--ulimit nofile=99:99", "99"),
    ("RUN df -k /dev/shm | awk 'NR==2 { print $2 }'", "--shm-size 2m", "2048"),
  ])
  func build(lines: String, options: String, expected: String) throws {
    try Lab.expect(
      """
      mkdir v; echo words >v/file
      cat >Containerfile <<'END'
      FROM bb
      \(lines)
      END
      buildah bud \(options) . 2>/dev/null | grep -x '\(expected)'
      """,
      prints: expected + "\n"
    )
  }
}
