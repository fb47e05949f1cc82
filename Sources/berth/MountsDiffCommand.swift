import ArgumentParser
import ContainerRuntime
import Instruments
import JSON
import LinuxABI
import LinuxSyscalls
import MachineReading
import MountNamespace
import SystemPackage

/// `berth mounts snapshot`: the mounts of a namespace, to compare with later.
struct MountsSnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot",
    abstract: "Print the mounts of a namespace as JSON, to compare with later.",
    discussion: """
      Examples:
        berth mounts snapshot host > before
        berth mounts diff before host
      """
  )

  @Argument(help: ArgumentHelp("Whose mounts.", valueName: "target")) var target = "self"

  func run() throws {
    let resolver = InstrumentSupport.resolver()
    let target = try InstrumentSupport.resolve(target, resolver)
    let table = try InstrumentSupport.table(of: target, resolver, uniqueIDs: true)
    write(verbatim: MountListing(table).json(namespace: target.inode, unseen: []))
  }
}

/// `berth mounts diff`: what two namespaces, or a namespace then and now, have apart from each other.
struct MountsDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare the mounts of two namespaces, or with a snapshot.",
    discussion: """
      Lines with - are only in the first, with + only in the second, with ~ in both but different. The exit status is 0 \
      when there is no difference, 1 when there is, and 2 in trouble, as diff(1)'s.

      Examples:
        berth mounts diff host web
        berth mounts diff before host       before: what berth mounts snapshot printed
        ssh web berth mounts snapshot | berth mounts diff - self
      """
  )

  @Argument(help: ArgumentHelp("A target, or the file of a snapshot; - is standard input.", valueName: "a"))
  var first: String
  @Argument(help: ArgumentHelp("A target, or the file of a snapshot; - is standard input.", valueName: "b"))
  var second: String
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let resolver = InstrumentSupport.resolver()
    let difference = TableDifference(try table(first, resolver), try table(second, resolver))
    write(json ? Prose(verbatim: difference.json.indentedText + "\n") : difference.text)
    if !difference.changes.isEmpty { throw ExitCode(1) }
  }

  /// What 100,000 mounts take, fs.mount-max of proc_sys_fs(5), with paths of a usual length.
  private static var mostBytes: Int { 1 << 26 }

  private func table(_ word: String, _ resolver: TargetResolver) throws -> MountTable {
    let bytes = try? InstrumentSupport.bytes(of: word == "-" ? nil : word, atMost: Self.mostBytes + 1)
    if let bytes, bytes.count > Self.mostBytes {
      throw ExitCode(fail("\(word): it is longer than a snapshot of 100,000 mounts", status: 2))
    }
    if let bytes, let value = try? JSONValue(parsing: bytes) {
      guard let table = MountTable(json: value) else {
        throw ExitCode(fail("\(word): it is JSON, but not what berth mounts snapshot prints", status: 2))
      }
      return table
    }
    let target: Target
    do throws(TargetFailure) {
      target = try resolver.resolve(word)
    } catch {
      let isFile: Prose = "\(word): the file is not what berth mounts snapshot prints, and no target has this name"
      throw ExitCode(fail(bytes == nil ? error.message : isFile, status: 2))
    }
    return try InstrumentSupport.table(of: target, resolver)
  }
}
