import TestSupport
import Testing

/// Interfaces of the host in a container, config-linux.md "Network Devices". The host's network is the test's own.
@Suite(.requiresRoot, .requires("jq", "busybox", "ip", "unshare"))
struct NetworkDeviceTests {
  private func script(_ devices: String, _ script: String) throws -> Output {
    try Berth.script(
      Scripts.system
        + """
        mkdir bundle && mv root bundle/rootfs && "$BERTH" spec -b bundle
        jq '.process.terminal = false | .linux.netDevices = \(devices) | .process.args = ["sh", "-c", $command]' \\
          --arg command "$command" bundle/config.json >config.json && mv config.json bundle
        cat >inner <<'END'
        berth() { "$BERTH" --root "$PWD/containers" "$@"; }
        ip link add host0 type veth peer name peer0
        ip address add 10.11.12.13/24 dev host0
        ip address add 10.11.12.14/32 dev host0 scope link
        ip -6 address add 2001:db8::7/64 dev host0 nodad
        ip link set host0 up
        \(script)
        END
        unshare --net bash inner
        """.replacing("\"$command\"", with: "'ip -o address; ip -o link'")
    )
  }

  @Test func anInterfaceKeepsItsAddressesAndIsUpUnderItsNewName() throws {
    let output = try script(#"{"host0": {"name": "eth0"}}"#, "berth run -b bundle c$$; ip -o link show host0")
    #expect(output.out.contains("eth0    inet 10.11.12.13/24"))
    #expect(output.out.contains("eth0    inet6 2001:db8::7/64"))
    #expect(!output.out.contains("10.11.12.14"))
    #expect(output.lines.contains { $0.contains("eth0@") && $0.contains("UP") })
    #expect(output.err == "Device \"host0\" does not exist.\n")
  }

  @Test func anInterfaceWithoutANameKeepsItsOwn() throws {
    let output = try script(#"{"host0": {}}"#, "berth run -b bundle c$$")
    #expect(output.out.contains("host0    inet 10.11.12.13/24"))
    #expect(output.status == 0)
  }

  @Test func whatCannotBeMovedIsToldWithItsPlace() throws {
    let missing = try script(#"{"nope0": {}}"#, "berth run -b bundle c$$; ls containers; ip -o link show host0 | wc -l")
    #expect(missing.err == "berth: linux.netDevices.nope0: find it on the host: no such device\n")
    #expect(missing.out == "1\n")
    let taken = try script(#"{"host0": {"name": "eth0"}, "peer0": {"name": "eth0"}}"#, "berth run -b bundle c$$")
    #expect(taken.err.contains("linux.netDevices.peer0.name: there is an interface eth0 in the container already"))
  }
}
