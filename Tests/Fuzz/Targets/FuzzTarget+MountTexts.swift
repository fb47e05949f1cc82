import Cgroups
import Instruments
import JSON
import LinuxABI
@testable import MountNamespace

extension FuzzTarget {
  /// What tells of mounts: the kernel's tables, snapshots of them, scenarios.
  static var mountTexts: [FuzzTarget] {
    [
      FuzzTarget("mountinfo", .lines) { bytes in
        show(MountTable(mountinfo: bytes))
        for line in lines(bytes) { _ = CgroupMount(mountinfo: line)?.path(of: "/a/b") }
      },
      FuzzTarget("snapshot", .json) { bytes in
        // It may be no snapshot.
        guard let value = try? JSONValue(parsing: bytes), let table = MountTable(json: value) else { return }
        show(table)
        let difference = TableDifference(table, MountTable(entries: Array(table.entries.dropFirst())))
        _ = difference.text
        _ = difference.json.text
      },
      FuzzTarget("scenario", .lines) { bytes in
        guard let scenario = try? MountScenario(text(bytes)) else { return }  // It names the line that is wrong.
        _ = scenario.directories
        let run = ScenarioRun(scenario)
        _ = run.text
        _ = run.json.text
      },
      FuzzTarget("mountline", .lines) { bytes in
        for line in lines(bytes) {
          guard let words = try? shellWords(line[...]), let line = try? MountLine(words: words) else { continue }
          for operation in line.operations { _ = MountLine.text(of: operation) }
        }
      },
      FuzzTarget("mountoptions", .lines) { bytes in
        let options = text(bytes).split(separator: ",").map(String.init)
        guard let read = try? MountOptions(options) else { return }  // It names the option that is wrong.
        _ = read.change.options + read.parameters.map(\.option)
      },
    ]
  }

  /// Finds places in a table, and writes it in each form.
  private static func show(_ table: MountTable) {
    for entry in table.entries.prefix(4) {
      _ = table.mount(containing: entry.mountPoint)
      _ = table.visibleMounts(below: entry.mountPoint)
    }
    for words in [["umount", "-R", "/mnt"], ["umount", "-a"]] { _ = try? MountLine(words: words).steps(on: table) }
    let listing = MountListing(table)
    for isTree in [false, true] {
      var style = MountListing.Style(columns: MountListing.Column.allCases.filter { !$0.needsMachine })
      style.isTree = isTree
      style.width = 80
      _ = listing.text(style)
    }
    let json = listing.json(namespace: 1, unseen: [])
    // The kernel has no NUL in a name, and berth's JSON neither.
    precondition(json.contains("\\u0000") || (try? JSONValue(parsing: Array(json.utf8))) != nil, "this is no JSON")
  }
}
