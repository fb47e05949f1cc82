import Cgroups
import Instruments
import LinuxABI
@testable import MachineReading
import ShellSpec
import Systemd

extension FuzzTarget {
  /// What the kernel and the root's files tell of processes and users.
  static var processTexts: [FuzzTarget] {
    [
      FuzzTarget("stat", .lines) { bytes in
        _ = processStart(ofStat: bytes)
        _ = StatLine(bytes)?.command
      },
      FuzzTarget("status", .lines) { bytes in
        let maps = [IDMapping](procText: bytes)
        _ = maps.maps(0)
        _ = maps.procText
        _ = namespaceNumber(text(bytes))
        _ = DeviceDriver.parse(text(bytes))
      },
      FuzzTarget("cgroup", .lines) { bytes in
        _ = CgroupMembership.parse(bytes)
        _ = systemdUnit(inControlGroups: text(bytes))
        _ = BlockEntry.parse(version1: text(bytes))
        _ = BlockEntry.parse(version2: text(bytes), [("rbytes", "Read"), ("wbytes", "Write")])
        // Arguments of `exec --cgroup`, which are refused by a sentence.
        _ = try? SubCgroup.parse(lines(bytes))
      },
      FuzzTarget("accounts", .lines) { bytes in
        // The first line is who is asked for; the same text serves as both files.
        let words = lines(bytes)
        let rest = words.dropFirst().joined(separator: "\n")
        var options = ShellOptions()
        options.user = words.first
        options.groups = words.first.map { [$0] } ?? []
        shell(options, accounts: Accounts(passwd: rest, group: rest))
      },
    ]
  }
}
