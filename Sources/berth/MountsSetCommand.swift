import ArgumentParser
import LinuxABI
import MachineReading
import MountNamespace

/// `berth mounts set`: changes attributes and propagation of a mount in a namespace.
struct MountsSetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Change the options of a mount, and how it propagates, in any mount namespace.",
    discussion: """
      The options are those of a mount, by comma: ro, rw, nosuid, suid, nodev, dev, noexec, exec, noatime, relatime, strictatime, \
      nodiratime, nosymfollow, each with r in front for all that is mounted below too (rro); and shared, slave, private, unbindable, \
      with r in front likewise. Options of the file system itself are not changed. berth does it with its own system calls: no program of \
      the target's runs.

      The path is taken as it is: no symbolic link is followed. The exit status is 0 when it was done, 1 when it was not, and 2 when \
      there is no such target, or an option that is not one of a mount.

      Examples:
        berth mounts set web /data ro
        berth mounts set host /srv shared
        berth mounts set 'mnt:[4026532201]' / rslave
      """
  )

  @Argument(help: ArgumentHelp("Whose mount.", valueName: "target")) var target: String
  @Argument(help: ArgumentHelp("Where it is mounted, as the target sees it.", valueName: "path")) var path: String
  @Argument(help: ArgumentHelp("What it becomes, by comma.", valueName: "options")) var options: String

  func run() throws { try InstrumentSupport.change(.set(try change()), of: target, at: path) }

  /// The change that the options ask for.
  private func change() throws -> MountChange {
    let words = options.split(separator: ",").map(String.init)
    for word in words {
      switch MountOption(word) {
      case .set, .clear, .setRecursively, .clearRecursively, .propagation: continue
      default:
        let hint = MountOption.nearest(to: word).map { $0 == word ? "" : "; did you mean \($0)?" } ?? ""
        throw ExitCode(fail("\"\(word)\" is no option of a mount that can be changed\(hint)", status: 2))
      }
    }
    if words.isEmpty { throw ExitCode(fail("no option is given: ro, for example", status: 2)) }
    do throws(MountOptions.Problem) {
      return try MountOptions(words).change
    } catch {
      throw ExitCode(fail("\(error.message)", status: 2))
    }
  }
}

extension InstrumentSupport {
  /// Changes a mount of a target's, or ends the command with a message.
  static func change(_ verb: TargetMountChange.Verb, of word: String, at path: String) throws {
    let program = try sealedProgram()
    let target = try resolve(word, resolver())
    guard path.hasPrefix("/") else {
      throw ExitCode(fail("\(path): the path must begin with /: it is \(target.label)'s", status: 2))
    }
    do throws(TargetMountChange.Failure) {
      try TargetMountChange(verb, of: target, at: path).carryOut(as: program)
    } catch {
      throw ExitCode(fail(error.message, status: 1))
    }
  }
}
