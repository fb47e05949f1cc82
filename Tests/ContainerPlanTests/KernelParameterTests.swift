import ContainerPlan
import LinuxABI
import OCISpec
import Testing

/// Only parameters of the container's own namespaces may be set.
struct KernelParameterTests {
  private static let machine =
    "this kernel parameter belongs to the whole machine, not to a namespace: set it on the host with sysctl(8)"
  private static let noName = "this is not the name of a kernel parameter"
  private static func needs(_ namespace: String, _ option: String) -> String {
    "this kernel parameter belongs to the \(namespace) namespace, which is the host's: give the container its own (--\(option))"
  }

  @Test(
    arguments: [
      ("kernel.msgmax", .ipc), ("kernel.msgmnb", .ipc), ("kernel.msgmni", .ipc), ("kernel.sem", .ipc),
      ("kernel.shmall", .ipc), ("kernel.shmmax", .ipc), ("kernel.shmmni", .ipc), ("kernel.shm_rmid_forced", .ipc),
      ("fs.mqueue.msg_max", .ipc), ("net.ipv4.ip_forward", .network), ("net/core/somaxconn", .network),
      ("kernel.domainname", .uts),
    ] as [(String, NamespaceType)]
  )
  func needsNamespace(name: String, type: NamespaceType) {
    let message = Self.needs(type.rawValue, type == .network ? "net" : type.rawValue)
    func spec(_ types: [NamespaceType]) -> Spec { .of(namespaces: types) { $0.linuxOrEmpty.sysctl = [name: "1"] } }
    let others = [NamespaceType.mount, .pid, .ipc, .uts, .network].filter { $0 != type }
    #expect(problems(spec(others)) == ["linux.sysctl.\(name): \(message)"])
    #expect(problems(spec([.mount, type])) == [])
    var joining = spec([.mount])
    joining.linuxOrEmpty.namespaces?.append(.init(type: type.rawValue, path: "/ns"))
    #expect(problems(joining) == [])
  }

  @Test(
    arguments: [
      ("kernel.panic", machine), ("vm.swappiness", machine), ("fs.file-max", machine), ("kernel.shm", machine),
      ("network.x", machine), ("net", machine), ("kernel.modprobe", machine),
      ("kernel.hostname", "set the host name with --hostname (hostname in config.json) instead"), ("", noName),
      ("net..ip", noName), (".net.ip", noName), ("net.ip.", noName), ("net/../kernel/panic", noName),
      ("net.//.kernel", noName), ("net./.ip", noName), ("/net/ip", noName),
    ]
  )
  func refused(name: String, message: String) {
    let every = Spec.of(namespaces: [.mount, .ipc, .network, .uts]) { $0.linuxOrEmpty.sysctl = [name: "1"] }
    #expect(problems(every) == ["linux.sysctl.\(name): \(message)"])
  }

  /// sysctl.d(5): the separator that comes first parts the names, and the other one is a dot in a name.
  @Test(
    arguments: [
      ("net.ipv4.ip_forward", "net.ipv4.ip_forward", "sys/net/ipv4/ip_forward"),
      ("net/ipv4/ip_forward", "net.ipv4.ip_forward", "sys/net/ipv4/ip_forward"),
      (
        "net/ipv4/conf/eth0.100/forwarding", "net.ipv4.conf.eth0/100.forwarding",
        "sys/net/ipv4/conf/eth0.100/forwarding"
      ),
      (
        "net.ipv4.conf.eth0/100.forwarding", "net.ipv4.conf.eth0/100.forwarding",
        "sys/net/ipv4/conf/eth0.100/forwarding"
      ),
    ]
  )
  func spelling(given: String, name: String, path: String) throws {
    let spec = Spec.of(namespaces: [.mount, .network]) { $0.linuxOrEmpty.sysctl = [given: "1"] }
    let parameter = try #require(try ContainerPlan(spec, host: .of()).kernelParameters.first)
    #expect(parameter.name == name)
    #expect(parameter.value == "1")
    #expect(parameter.procPath == path)
  }

  @Test func twice() {
    let spec = Spec.of(namespaces: [.mount, .network]) {
      $0.linuxOrEmpty.sysctl = ["net.ipv4.ip_forward": "1", "net/ipv4/ip_forward": "0"]
    }
    #expect(
      problems(spec) == [
        "linux.sysctl.net/ipv4/ip_forward: this kernel parameter is given twice, also as net.ipv4.ip_forward"
      ]
    )
  }

  /// By name, so that the plan is the same every time.
  @Test func order() throws {
    let spec = Spec.of(namespaces: [.mount, .network, .ipc]) {
      $0.linuxOrEmpty.sysctl = ["net.b": "1", "kernel.sem": "2", "net.a": "3"]
    }
    #expect(try ContainerPlan(spec, host: .of()).kernelParameters.map(\.name) == ["kernel.sem", "net.a", "net.b"])
  }
}
