import ContainerPlan
import LinuxABI
import OCISpec
import ShellSpec
import Testing

/// A problem of a spec that flags made is told by the flag.
struct FlagOriginTests {
  private static let options: ShellOptions = {
    var options = ShellOptions()
    options.volumes = ["/a:/1", "/b:/2"]
    options.mounts = ["src=/c,dst=/3"]
    options.temporaryFileSystems = ["/4"]
    options.limits = ["nofile=1", "core=2"]
    options.time = "5"
    options.hostname = "h"
    options.domainname = "d"
    options.user = "alice"
    options.kernelParameters = ["net.x=1"]
    options.overlay = "tmpfs"
    options.hasInit = true
    options.command = ["true"]
    return options
  }()

  @Test(
    arguments: [
      ("mounts[0].destination", "/proc"), ("mounts[1].source", "-v /a:/1"), ("mounts[2].options[1]", "-v /b:/2"),
      ("mounts[3]", "--mount src=/c,dst=/3"), ("mounts[4].destination", "--tmpfs /4"),
      ("process.rlimits[1]", "--ulimit core=2"), ("process.rlimits[0].type", "--ulimit nofile=1"),
      ("process.args", "command"), ("process.user.uid", "--user alice"), ("process.user.gid", "--user alice"),
      ("process.user.additionalGids", "--user alice"), ("root.path", "--overlay"),
      ("root.readonly", "--read-only"),
      ("linux.rootfsPropagation", "--propagation private"), ("linux.timeOffsets", "--time=5"),
      ("linux.sysctl.net.x", "--sysctl net.x"), ("hostname", "--hostname h"), ("domainname", "--domainname d"),
      ("shell.overlay", "--overlay"), ("shell.init", "--init"),
    ]
  )
  func flag(path: String, flag: String) throws {
    let spec = try Spec(Self.options, facts: .of(.root))
    #expect(Self.options.usageError(of: SpecProblem(path, "no"), in: spec).description == "\(flag): no")
  }

  @Test func whatNoFlagAskedForIsSaidByItself() throws {
    let spec = try Spec(Self.options, facts: .of(.root))
    #expect(Self.options.usageError(of: SpecProblem("linux", "no"), in: spec).description == "no")
  }

  @Test func others() throws {
    var options = ShellOptions()
    options.rootfs = "r"
    options.name = "n"
    options.groups = ["44"]
    let spec = try Spec(options, facts: .of(.root))
    #expect(options.usageError(of: SpecProblem("root.path", "no"), in: spec).flag == "--rootfs r")
    #expect(options.usageError(of: SpecProblem("hostname", "no"), in: spec).flag == "--name n")
    #expect(options.usageError(of: SpecProblem("process.user.additionalGids", "no"), in: spec).flag == "--group-add 44")
    options.rootfs = nil
    options.image = "i"
    #expect(options.usageError(of: SpecProblem("root.path", "no"), in: spec).flag == "--image i")
  }
}
