import ContainerPlan
import LinuxABI
import MountNamespace
import OCISpec
import Testing

/// Which of its source's flags a bind of a container keeps.
struct BindFlagTests {
  private static func host(_ caller: Caller = .root) -> Host {
    .of(caller) {
      $0.mountPoints = .made
      $0.root = .directory(path: "/r")
      $0.sources.set(.directory, at: 0)
    }
  }

  /// The attributes that the one bind of a spec sets and clears.
  private func change(_ options: [String], _ host: Host = host(), edit: (inout Spec) -> Void = { _ in }) throws
    -> String
  {
    let plan = try ContainerPlan(.of(root: "/r", mounts: [.bind("/a", "/b", options)], edit: edit), host: host)
    for case .mount(.bind(_, _, _, let change, let target)) in plan.steps where target.path == "/b" {
      return "\(change.attributes.set) -\(change.attributes.clear)"
    }
    return "no bind"
  }

  @Test(arguments: [
    (["bind"], " -"), (["rbind", "rprivate"], " -"), (["rbind", "rro"], " -"),
    (["bind", "ro"], "ro -nosuid,nodev,noexec,nosymfollow"),
    (["bind", "rw"], " -ro,nosuid,nodev,noexec,nosymfollow"),
    (["bind", "dev"], " -ro,nosuid,nodev,noexec,nosymfollow"),
    (["bind", "nosuid", "nodev"], "nosuid,nodev -ro,noexec,nosymfollow"),
    (["bind", "noexec", "rro"], "noexec -nosuid,nodev,nosymfollow"),
    (["bind", "nodiratime"], "nodiratime -ro,nosuid,nodev,noexec,nosymfollow"),
  ])
  func leftOut(options: [String], expected: String) throws {
    #expect(try change(options) == expected)
  }

  /// What is locked there stays unless it is named: the kernel refuses that.
  @Test(arguments: [
    (["bind"], " -"), (["bind", "ro"], "ro -nosymfollow"), (["bind", "rw"], " -ro,nosymfollow"),
    (["bind", "nosymfollow", "nodev"], "nodev,nosymfollow -"),
  ])
  func locked(options: [String], expected: String) throws {
    #expect(
      try change(options) {
        $0.linux?.namespaces?.append(Linux.Namespace(type: "user", path: "/proc/1/ns/user"))
      } == expected
    )
    var caller = Caller.root
    caller.isRootless = true
    #expect(try change(options, Self.host(caller)) == expected)
  }

  /// `berth shell` changes what is asked for and nothing else.
  @Test func shell() throws {
    let host = Host.of {
      $0.sources.set(.directory, at: 0)
      $0.destinations.set(.directory("/b"), at: 0)
    }
    let lines = try steps(.of(mounts: [.bind("/a", "/b", ["bind", "ro"])]), host)
    #expect(lines.contains("mount -o remount,bind,ro /b"))
  }
}
