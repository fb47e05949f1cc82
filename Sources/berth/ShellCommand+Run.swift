import ArgumentParser
import ContainerPlan
import ContainerRuntime
import FoundationEssentials
import LinuxABI
import LinuxSyscalls
import OCISpec
import ShellSpec
import SystemPackage

extension ShellCommand {
  /// Runs `berth shell` with these words; returns the status to exit with.
  static func main(words: [String], startedAt start: Int) -> Int32 {
    let words = ShellArguments(words)
    do {
      // Without options there is nothing to parse: that saves half of the whole time of `berth shell -- true`.
      var request = words.options.isEmpty ? ShellRequest() : try parse(words.options).request
      request.options.command = words.command
      return request.carryOut(startedAt: start)
    } catch {
      return report(error, by: self, help: "berth shell --help")
    }
  }
}

/// All that a `berth shell` command line asks for.
struct ShellRequest {
  var options = ShellOptions()
  var environmentFiles: [String] = []
  var dryRun: DryRunForm?
  var printsSpec = false
  var tellsTimes = false

  /// Does it; returns the status to exit with.
  consuming func carryOut(startedAt start: Int) -> Int32 {
    do {
      return try run(startedAt: start)
    } catch let error as ShellUsageError {
      return fail("\(error)\n  berth shell --help describes the options.")
    } catch let error as Failure {
      return fail(error.message, status: error.status)
    } catch let error as any ProseConvertible {
      return fail(error.prose)
    } catch {
      return fail("\(String(describing: error))")
    }
  }

  private mutating func run(startedAt start: Int) throws -> Int32 {
    var timer = StepTimer(since: tellsTimes ? start : nil)
    timer.mark("parsing of arguments (processor time since execve: \(StepTimer.processorMicroseconds) us)")
    try readEnvironmentFiles()
    let facts = try ShellFacts.probe(options)
    let spec = try Spec(options, facts: facts)
    let traits = ShellTraits(options, workingDirectory: facts.caller.workingDirectory)
    if printsSpec {
      write(verbatim: try json(spec.printed(without: traits)))
      if let note = options.noteOfTraits { write("berth: \(note)\n", toError: true) }
      return 0
    }
    let host = try Host.probe(for: spec, traits: traits, caller: facts.caller)
    let plan: ContainerPlan
    do throws(SpecProblems) {
      plan = try ContainerPlan(spec, host: host, traits: traits)
    } catch {
      let errors = error.problems.map { options.usageError(of: $0, in: spec).prose }
      throw Failure(message: errors.joined(separator: "\nberth: "))
    }
    switch dryRun {
    case .text:
      write(plan.commandLines(for: facts.caller).map { "\($0)\n" as Prose }.joined())
      return 0
    case .json:
      write(verbatim: try json(PlanRecord(plan)))
      return 0
    case nil: break
    }
    timer.mark("planning")
    do throws(InitFailure) {
      return try plan.run(host: host, timer: timer)
    } catch {
      throw Failure(message: error.explanation(plan: plan, host: host), status: error.exitStatus)
    }
  }

  private mutating func readEnvironmentFiles() throws {
    for path in environmentFiles {
      do throws(FileFailure) {
        let text = String(decoding: try contents(ofFile: path), as: UTF8.self)
        options.environmentFileLines += text.split(separator: "\n").map(String.init)
      } catch {
        throw Failure(message: "--env-file \(path): \(error.reason)")
      }
    }
  }

  private func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }
}

/// A failure of berth's own, with the status to exit with.
private struct Failure: Error {
  var message: Prose
  var status: Int32 = 125
}

extension ShellFacts {
  /// Reads what these options need to know of the caller and of the root.
  static func probe(_ options: ShellOptions) throws(Errno) -> ShellFacts {
    var caller = try Caller.probe()
    let needsIDs = options.added.contains(.user) || options.mapsRoot || options.mapsUser
    if needsIDs || !caller.isPrivileged { caller.probeIDs() }
    let needsAccounts = options.user != nil || !options.groups.isEmpty
    let accounts =
      needsAccounts && options.image == nil
      ? accounts(options, inRoot: options.rootfs ?? "/")
      : Accounts(passwd: "", group: "", isImage: options.image != nil)
    return ShellFacts(
      caller: caller,
      accounts: accounts,
      shell: options.command.isEmpty ? shell(caller, options) : "/bin/sh"
    )
  }

  /// What the root's files say of the users and groups that the options name.
  private static func accounts(_ options: ShellOptions, inRoot root: String) -> Accounts {
    guard let directory = try? Syscall.open(root, [.path, .directory]) else { return Accounts(passwd: "", group: "") }
    let words = (options.user ?? "").split(separator: ":", maxSplits: 1)
    let users = AccountFile.lines(of: "/etc/passwd", inRoot: directory.borrowed) { fields in
      fields.count == 7 && words.prefix(1).contains { AccountFile.isNamed(fields[0], fields[2], by: $0) }
    }
    let members = users.map(\.[0])
    let groups = words.dropFirst() + options.groups.map { $0[...] }
    let lines = AccountFile.lines(of: "/etc/group", inRoot: directory.borrowed) { fields in
      fields.count == 4
        && (groups.contains { AccountFile.isNamed(fields[0], fields[2], by: $0) }
          || fields[3].split(separator: ",").contains { members.contains(String($0)) })
    }
    return Accounts(passwd: AccountFile.text(of: users), group: AccountFile.text(of: lines))
  }

  /// The caller's own shell, if the root has it.
  private static func shell(_ caller: Caller, _ options: ShellOptions) -> String {
    let own = caller.environment.last { $0.hasPrefix("SHELL=") }?.dropFirst("SHELL=".count) ?? ""
    let isThere = own.hasPrefix("/") && options.image == nil && hasFile(String(own), inRoot: options.rootfs ?? "/")
    return isThere ? String(own) : "/bin/sh"
  }
}
