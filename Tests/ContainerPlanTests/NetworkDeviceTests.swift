import ContainerPlan
import LinuxABI
import OCISpec
import Testing

struct NetworkDeviceTests {
  private func spec(_ devices: [String: Linux.NetworkDevice], _ namespaces: [NamespaceType] = [.network]) -> Spec {
    .of(namespaces: namespaces) { $0.linuxOrEmpty.netDevices = devices }
  }

  @Test func devicesArePlannedInTheOrderOfTheirNames() throws {
    let plan = try ContainerPlan(spec(["b": .init(name: "eth0"), "a": .init(), "c": .init(name: "")]), host: .of())
    #expect(
      plan.networkDevices == [
        NetworkDevicePlan(hostName: "a", name: "a"), NetworkDevicePlan(hostName: "b", name: "eth0"),
        NetworkDevicePlan(hostName: "c", name: "c"),
      ]
    )
  }

  @Test func whatCannotBeIsToldWithItsPlace() {
    let wrong = [
      "sixteen-letters-": "a", "e:0": "b", "": "c", "ok1": "..", "ok2": "a/b", "ok3": "eth%d", "ok4": "lo",
      "ok5": "a b",
    ].mapValues { Linux.NetworkDevice(name: $0) }
    let places = problems(spec(wrong)).map { $0.prefix { $0 != " " } }
    #expect(
      places == [
        "linux.netDevices.:", "linux.netDevices.e:0:", "linux.netDevices.ok1.name:", "linux.netDevices.ok2.name:",
        "linux.netDevices.ok3.name:", "linux.netDevices.ok4.name:", "linux.netDevices.ok5.name:",
        "linux.netDevices.sixteen-letters-:",
      ]
    )
    #expect(
      problems(spec(["a": .init(name: "x"), "b": .init(name: "x")])) == [
        "linux.netDevices.b.name: there is an interface x in the container already"
      ]
    )
    #expect(
      problems(spec(["a": .init()], [])) == [
        "linux.netDevices: an interface can only be moved into a network namespace of the container's"
      ]
    )
  }
}
