import ContainerPlan
import LinuxABI
import OCISpec
@testable import RuntimeCommandLine
import ShellSpec

extension FuzzTarget {
  /// Words of a command line: one a line.
  static var commandLines: [FuzzTarget] {
    [
      FuzzTarget("commandline", .lines) { bytes in
        var global = GlobalOptions()
        _ = try? RuntimeRequest.read(lines(bytes), global: &global)  // What is wrong is told, and that is all.
      },
      FuzzTarget("volumes", .lines) { bytes in
        for line in lines(bytes).prefix(8) {
          var options = ShellOptions()
          let value = String(line.dropFirst(2))
          switch line.prefix(2) {
          case "v ": options.volumes = [value]
          case "t ": options.temporaryFileSystems = [value]
          case "m ": options.mounts = [value]
          case "j ": options.joined = [value]
          case "c ": options.time = value
          case "e ": options.environmentFileLines = [value]
          case "l ": options.limits = [value]
          case "s ": options.kernelParameters = [value]
          case "a ": options.addedCapabilities = [value]
          case "u ": options.fileCreationMask = value
          case "p ": options.propagation = value
          case "w ": options.workingDirectory = value
          default: options.mounts = [line]
          }
          shell(options, accounts: Accounts(passwd: "", group: ""))
        }
      },
    ]
  }

  /// Makes a spec of options, and plans it.
  static func shell(_ options: ShellOptions, accounts: Accounts) {
    let caller = Caller(
      userID: 0,
      groupID: 0,
      groups: [0],
      capabilities: CapabilitySets(bounding: .all, effective: .all, permitted: .all),
      workingDirectory: "/here",
      environment: ["PATH=/bin"]
    )
    let facts = ShellFacts(caller: caller, accounts: accounts, shell: "/bin/sh")
    guard let spec = try? Spec(options, facts: facts) else { return }  // It names the flag that is wrong.
    plan(spec)
  }
}
