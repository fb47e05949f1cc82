import TestSupport
import Testing

@Suite(.requiresRoot) struct ExitStatusTests {
  @Test(arguments: [
    ("$BERTH shell -- true", Int32(0)),
    ("$BERTH shell -- sh -c 'exit 3'", 3),
    ("$BERTH shell -- nosuchcommand", 127),
    ("$BERTH shell -- ./nosuchfile", 127),
    ("$BERTH shell -- /etc/passwd", 126),
    ("$BERTH shell -- /etc", 126),
    ("$BERTH shell --init -- sh -c 'kill -TERM $$'", 143),
    ("$BERTH shell --init -- sh -c 'kill -KILL $$'", 137),
    ("$BERTH shell --no-such-option -- true", 125),
    ("$BERTH shell --rootfs /nonexistent -- true", 125),
    ("$BERTH shell --help >/dev/null", 0),
  ])
  func status(script: String, expected: Int32) throws {
    #expect(try Berth.script(script).status == expected)
  }
}
