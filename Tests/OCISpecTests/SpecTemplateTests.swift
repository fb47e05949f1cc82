import JSON
import OCISpec
import Testing

/// The config.json that people begin with.
struct SpecTemplateTests {
  private func spec(_ template: SpecTemplate) throws -> Spec {
    var problems: [JSONProblem] = []
    let spec = try Spec(configuration: Array(template.json.indentedText.utf8), problems: &problems)
    #expect(problems == [])
    return spec
  }

  @Test func asRoot() throws {
    let spec = try spec(SpecTemplate(hasCgroupNamespace: false))
    #expect(spec.ociVersion == "1.3.0")
    #expect(spec.process?.args == ["sh"])
    #expect(spec.process?.terminal == true)
    #expect(spec.process?.noNewPrivileges == true)
    #expect(spec.process?.capabilities?.ambient == nil)
    #expect(spec.process?.capabilities?.bounding == ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"])
    #expect(spec.root == Spec.Root(path: "rootfs", readonly: true))
    #expect(spec.linux?.namespaces?.map(\.type) == ["pid", "network", "ipc", "uts", "mount"])
    #expect(spec.linux?.uidMappings == nil)
    #expect(spec.mounts?.map(\.destination).last == "/sys/fs/cgroup")
    #expect(spec.mounts?.first { $0.destination == "/dev/pts" }?.options?.contains("gid=5") == true)
  }

  @Test func withoutRoot() throws {
    let ids = SpecTemplate.RootlessIDs(user: 1000, group: 50)
    let spec = try spec(SpecTemplate(rootlessIDs: ids, hasCgroupNamespace: true))
    #expect(spec.linux?.namespaces?.map(\.type) == ["pid", "ipc", "uts", "mount", "cgroup", "user"])
    #expect(spec.linux?.uidMappings == [IDMappingSpec(containerID: 0, hostID: 1000, size: 1)])
    #expect(spec.linux?.gidMappings == [IDMappingSpec(containerID: 0, hostID: 50, size: 1)])
    let sys = spec.mounts?.first { $0.destination == "/sys" }
    #expect(sys?.source == "/sys")
    #expect(sys?.options == ["rbind", "nosuid", "noexec", "nodev", "ro"])
    #expect(spec.mounts?.first { $0.destination == "/dev/pts" }?.options?.contains("gid=5") == false)
  }
}
