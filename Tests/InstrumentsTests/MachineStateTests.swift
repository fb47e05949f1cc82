import Instruments
import LinuxABI
import Testing

@Suite("MachineState") struct MachineStateTests {
  @Test("A user namespace without a process is told by what it owns")
  func owners() {
    let process = NamespaceProcess(id: 1, command: "init", user: 0)
    var state = MachineState(namespaces: [
      NamespaceState(inode: 10, owner: 1), NamespaceState(inode: 11, owner: 2),
      NamespaceState(type: .user, inode: 1, processes: [process]),
    ])
    state.addOwners()
    #expect(state.namespaces.count == 4)
    #expect(state.namespaces.last?.fileName == "user:[2]")
    #expect(state.namespaces.last?.keepers == [.child(inode: 11, fileName: "mnt:[11]")])
  }

  @Test("A list says what keeps each namespace")
  func list() {
    let process = NamespaceProcess(id: 7, command: "sleep", user: 0)
    let state = MachineState(namespaces: [
      NamespaceState(inode: 10, id: 4, owner: 1, mountCount: 3, processes: [process], unit: "a.service"),
      NamespaceState(
        inode: 11,
        keepers: [.descriptor(process: process, number: 5), .bindMount(namespace: 10, path: "/run/x")]
      ),
    ])
    #expect(
      NamespaceListing(state).text(width: nil) == """
        NAMESPACE  ID  OWNER  MOUNTS  PROCESSES  OF         KEPT BY
        mnt:[10]    4      1       3          1  a.service  7 sleep
        mnt:[11]    -      -       -          0  -          open in 7 sleep (descriptor 5), mounted at /run/x in mnt:[10]

        """
    )
  }
}
