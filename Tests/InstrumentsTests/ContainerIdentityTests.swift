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

  @Test(
    "conmon watches over containers of Podman, and over Kubernetes' where CRI-O runs them",
    arguments: [
      ("web", "podman web"), ("k8s_web", "podman k8s_web"), ("k8s_POD_web-0_shop_5f0c-1b_0", "kubernetes shop/web-0"),
      ("k8s_app_web-0_shop_5f0c-1b_2", "kubernetes shop/web-0/app"),
      ("its_app_web-0_shop_5f0c-1b_2", "podman its_app_web-0_shop_5f0c-1b_2"),
    ]
  )
  func namesOfConmon(name: String, label: String) {
    #expect(ContainerIdentity(conmonID: "3f2a9c01b7d4e5", name: name).label == label)
  }

  @Test(
    "How a stopped container runs again, as a command of its engine",
    arguments: [
      (.docker, "web", "docker start web starts it"), (.podman, nil, "podman start 3f2a9c01b7d4 starts it"),
      (
        .containerd, "other/c1",
        "ctr -n other task rm 3f2a9c01b7d4e5 and then ctr -n other task start -d 3f2a9c01b7d4e5 start it"
      ),
      (.runc, nil, "runc delete 3f2a9c01b7d4e5 removes it, for a new one of this id"),
    ] as [(ContainerIdentity.Engine, String?, String)]
  )
  func restart(engine: ContainerIdentity.Engine, name: String?, words: String) {
    #expect(ContainerIdentity(engine: engine, id: "3f2a9c01b7d4e5", name: name).restart == words)
  }
}
