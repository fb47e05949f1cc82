import ArgumentParser
import ContainerPlan
import ContainerRuntime
import FoundationEssentials
import LinuxABI
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
    if printsSpec {
      write(verbatim: try json(spec))
      return 0
    }
    let host = try Host.probe(for: spec, caller: facts.caller)
    let plan: ContainerPlan
    do throws(SpecProblems) {
      plan = try ContainerPlan(spec, host: host)
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
        let text = try text(ofFile: path)
        options.environmentFileLines += text.split(separator: "\n").map(String.init)
      } catch {
        throw Failure(message: "--env-file \(path): \(error.errno)")
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
    let root = options.rootfs ?? "/"
    let needsAccounts = options.user != nil || !options.groups.isEmpty
    let accounts = Accounts(
      passwd: needsAccounts && options.image == nil ? text(ofFile: "/etc/passwd", inRoot: root) : "",
      group: needsAccounts && options.image == nil ? text(ofFile: "/etc/group", inRoot: root) : "",
      isImage: options.image != nil
    )
    return ShellFacts(
      caller: caller,
      accounts: accounts,
      shell: options.command.isEmpty ? shell(caller, options) : "/bin/sh"
    )
  }

  /// The caller's own shell, if the root has it.
  private static func shell(_ caller: Caller, _ options: ShellOptions) -> String {
    let own = caller.environment.last { $0.hasPrefix("SHELL=") }?.dropFirst("SHELL=".count) ?? ""
    let isThere = own.hasPrefix("/") && options.image == nil && hasFile(String(own), inRoot: options.rootfs ?? "/")
    return isThere ? String(own) : "/bin/sh"
  }
}
