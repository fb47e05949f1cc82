import Instruments
import Testing

@Suite("ContainerIdentity")
struct ContainerIdentityTests {
  @Test("A container is told by its name, and by the first twelve digits of its id where it has none")
  func label() {
    let id = "3f2a9c01b7d4e5f60718293a4b5c6d7e8f90"
    #expect(ContainerIdentity(engine: .docker, id: id, name: "web").label == "docker web")
    #expect(ContainerIdentity(engine: .podman, id: id).label == "podman 3f2a9c01b7d4")
  }
}
