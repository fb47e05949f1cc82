import FoundationEssentials
import JSON
import OCISpec
import Testing

struct SpecTests {
  private func decode(_ text: String) throws -> Spec {
    var problems: [JSONProblem] = []
    let spec = try Spec(configuration: Array(text.utf8), problems: &problems)
    if let problem = problems.first { throw problem }
    return spec
  }

  private func encode(_ spec: Spec) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(spec), as: UTF8.self)
  }

  /// Every field that berth knows, by the specification's own name. Keys are sorted, so the text is the same again.
  private static let full = """
    {"annotations":{"org.example.key":"value"},"domainname":"example","hostname":"box",\
    "linux":{"gidMappings":[{"containerID":0,"hostID":100,"size":2}],"maskedPaths":["/proc/kcore"],\
    "namespaces":[{"type":"mount"},{"path":"/proc/1/ns/net","type":"network"}],"readonlyPaths":["/proc/sys"],\
    "rootfsPropagation":"rslave","sysctl":{"net.ipv4.ip_forward":"1"},\
    "timeOffsets":{"boottime":{"nanosecs":7,"secs":-5}},"uidMappings":[{"containerID":0,"hostID":1000,"size":1}]},\
    "mounts":[{"destination":"/data","gidMappings":[{"containerID":1,"hostID":2,"size":3}],"options":["rbind","ro"],\
    "source":"/srv","type":"bind","uidMappings":[{"containerID":4,"hostID":5,"size":6}]}],"ociVersion":"1.2.0",\
    "process":{"args":["sh","-c","x"],"capabilities":{"ambient":["CAP_KILL"],"bounding":["CAP_KILL"],\
    "effective":["CAP_KILL"],"inheritable":[],"permitted":["CAP_KILL"]},"cwd":"/","env":["A=b"],\
    "noNewPrivileges":true,"rlimits":[{"hard":18446744073709551615,"soft":1024,"type":"RLIMIT_NOFILE"}],\
    "terminal":false,"user":{"additionalGids":[5,6],"gid":2,"uid":1,"umask":18}},\
    "root":{"path":"rootfs","readonly":true}}
    """

  @Test func roundTrip() throws {
    #expect(try encode(decode(Self.full)) == Self.full)
  }

  @Test func fieldsAreWhereTheyBelong() throws {
    let spec = try decode(Self.full)
    #expect(spec.root == Spec.Root(path: "rootfs", readonly: true))
    #expect(spec.hostname == "box")
    #expect(spec.domainname == "example")
    #expect(spec.annotations == ["org.example.key": "value"])
    #expect(spec.mounts?.first?.uidMappings == [IDMappingSpec(containerID: 4, hostID: 5, size: 6)])
    #expect(spec.mounts?.first?.gidMappings == [IDMappingSpec(containerID: 1, hostID: 2, size: 3)])
    #expect(spec.process?.user == ProcessSpec.User(uid: 1, gid: 2, umask: 18, additionalGids: [5, 6]))
    #expect(spec.process?.rlimits == [.init(type: "RLIMIT_NOFILE", soft: 1024, hard: .max)])
    #expect(spec.linux?.uidMappings == [IDMappingSpec(containerID: 0, hostID: 1000, size: 1)])
    #expect(spec.linux?.namespaces == [.init(type: "mount"), .init(type: "network", path: "/proc/1/ns/net")])
    #expect(spec.linux?.timeOffsets == ["boottime": .init(secs: -5, nanosecs: 7)])
  }

  /// What a file leaves out is nil, not empty, and is left out again.
  @Test(
    arguments: [
      #"{"ociVersion":"1.0.2"}"#,
      #"{"linux":{},"mounts":[],"ociVersion":"1.0.2","process":{"cwd":"/","user":{"gid":0,"uid":0}},"root":{"path":"/"}}"#,
      #"{"mounts":[{"destination":"/x"}],"ociVersion":"1.0.2"}"#,
      #"{"linux":{"namespaces":[],"timeOffsets":{"monotonic":{"secs":5}}},"ociVersion":"1.0.2"}"#,
      #"{"linux":{"timeOffsets":{"boottime":{},"monotonic":{"nanosecs":5}}},"ociVersion":"1.0.2"}"#,
    ]
  )
  func absentStaysAbsent(text: String) throws {
    #expect(try encode(decode(text)) == text)
  }

  @Test func absentIsNil() throws {
    let spec = try decode(#"{"ociVersion":"1.0.2"}"#)
    #expect(spec == Spec(ociVersion: "1.0.2"))
    #expect(spec.mounts == nil)
    #expect(spec.linux == nil)
  }

  /// config.md "Extensibility": what is unknown must be ignored.
  @Test func unknownIsIgnored() throws {
    let spec = try decode(#"{"ociVersion":"1.0.2","vm":{"x":1},"linux":{"future":[1]}}"#)
    #expect(spec.linux == Linux())
  }

  /// What the specification requires, and nonsense.
  @Test(
    arguments: [
      "{}", #"{"ociVersion":1}"#, #"{"ociVersion":"1","root":{}}"#, #"{"ociVersion":"1","mounts":[{"source":"/a"}]}"#,
      #"{"ociVersion":"1","process":{"user":{"uid":0,"gid":0}}}"#,
      #"{"ociVersion":"1","process":{"cwd":"/","user":{"uid":-1,"gid":0}}}"#,
      #"{"ociVersion":"1","process":{"cwd":"/","user":{"uid":4294967296,"gid":0}}}"#,
      #"{"ociVersion":"1","linux":{"namespaces":[{"path":"/x"}]}}"#, "[]", "",
    ]
  )
  func refused(text: String) {
    #expect(throws: JSONProblem.self) { try decode(text) }
  }

  @Test func ownVersion() { #expect(Spec().ociVersion == "1.3.0") }
}
