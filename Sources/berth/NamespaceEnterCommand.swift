import ArgumentParser
import ContainerRuntime
import LinuxABI
import LinuxSyscalls
import MachineReading
import MountNamespace
import SystemPackage

/// `berth ns enter`: a command in the namespaces of a process, a container, or of nobody.
struct NamespaceEnterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enter",
    abstract: "Run a command in the namespaces of a process or a container, or in one without a process.",
    usage: "berth ns enter <target> [--types <types>] [--keep-user] [--with <toolbox>] [-- <command> ...]",
    discussion: """
      Entered are all namespaces of TARGET's process, with its root; of a namespace without a process, the mount namespace. Without a \
      command, $SHELL is run, or /bin/sh. The exit status is the command's; 125 is berth's own failure, 126 a command that cannot be \
      executed, 127 one that is not found.

      The command is looked up in the target: it may be any program that the target's owner has put there. So the user namespace that \
      owns the target's mounts is always entered too, as its root, whatever --types says: the command can then do what the owner can, \
      and no more. --keep-user stays in the caller's user namespace: with root's rights, a program of the target's can do with the \
      machine what root can. A container without a user namespace of its own has the machine's: its programs run with all \
      capabilities, which berth exec does not give them.

      --with brings a toolbox along, for a container that has no shell: a directory with a root of its own, or an erofs \
      or squashfs image, is the root for the command, in a copy of the mount namespace that the target does not see; the target's \
      root is at /mnt in it, so the toolbox needs a directory /mnt.

      Examples:
        berth ns enter web
        berth ns enter 812 --types mount,net -- ip address
        berth ns enter 'mnt:[4026532201]' -- ls /mnt
        berth ns enter web --with ./debian -- ls -l /mnt/app
      """
  )

  @Argument(help: ArgumentHelp("Whose namespaces.", valueName: "target")) var target: String
  @Option(help: ArgumentHelp("Which, by comma: mount, pid, net, ipc, uts, user, cgroup, time.", valueName: "types"))
  var types: String?
  @Flag(help: "Stay in the caller's user namespace, with all its rights: for targets that are trusted.") var keepUser =
    false
  @Option(
    name: .customLong("with"),
    help: ArgumentHelp("A directory, or an erofs or squashfs image, with tools.", valueName: "toolbox")
  )
  var toolbox: String?
  @Argument(parsing: .postTerminator, help: ArgumentHelp("The command and its arguments.", valueName: "command"))
  var command: [String] = []

  func run() throws {
    let program = try InstrumentSupport.sealedProgram(status: 125)
    let types = try chosen()
    if keepUser, types?.contains(.user) ?? false {
      throw ExitCode(fail("--keep-user stays in the caller's user namespace, and --types names that of the target"))
    }
    let resolver = InstrumentSupport.resolver()
    let target: Target
    do throws(TargetFailure) {
      target = try resolver.resolve(self.target)
    } catch {
      throw ExitCode(fail(error.message))
    }
    if let types, target.process == nil, !Set(types).isSubset(of: [.mount, .user]) || !types.contains(.mount) {
      throw ExitCode(fail("--types: no process is in \(target.label): of it, there is the mount namespace alone"))
    }
    let entry = NamespaceEntry(
      types: types ?? NamespaceType.allCases,
      target: target,
      keepsUser: keepUser,
      toolbox: toolbox
    )
    do throws(NamespaceEntry.Failure) {
      try entry.enter(as: program)
    } catch {
      throw ExitCode(fail(error.message))
    }
    throw ExitCode(target.process != nil && entry.types.contains(.pid) ? runInChild() : execute())
  }

  private func chosen() throws -> [NamespaceType]? {
    guard let types else { return nil }
    return try types.split(separator: ",").map { word in
      let type = NamespaceType.allCases.first { [$0.rawValue, $0.procName, $0.unshareOption].contains(String(word)) }
      guard let type else {
        let known = NamespaceType.allCases.map(\.unshareOption).joined(separator: ", ")
        throw ExitCode(fail("--types: \"\(word)\" is no type of namespace; there are \(known)"))
      }
      return type
    }
  }

  /// The command in a child, which is the first that the PID namespace counts for; returns its status.
  private func runInChild() -> Int32 {
    do throws(Errno) {
      // Who ends or stops berth means the command, which would be left behind in the target.
      let signals = try SignalForwarding()
      switch try Syscall.clone(namespaces: []) {
      case .child:
        _ = try Syscall.setBlockedSignals(signals.blockedBefore)
        Syscall.exitNow(execute())
      case .parent(let id, let process):
        return try signals.forwardUntilEnd(of: process.borrowed, id: id, isInit: false).shellStatus
      }
    } catch {
      return fail("fork: \(error)")
    }
  }

  /// Becomes the command; returns when it cannot.
  private func execute() -> Int32 {
    let environment = Syscall.environment()
    func value(_ name: String) -> String? {
      environment.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }
    var words = command
    if words.isEmpty {
      let shell = value("SHELL") ?? "/bin/sh"
      words = [(try? Syscall.open(shell, .path)) == nil ? "/bin/sh" : shell]
    }
    let directories = (value("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(
      separator: ":"
    )
    let paths = words[0].contains("/") ? [words[0]] : directories.map { "\($0)/\(words[0])" }
    var problem = Errno.noSuchFileOrDirectory
    // What this process was given besides the streams is not for the target's programs: a directory of the host's, say.
    do throws(Errno) {
      try Syscall.closeOnExecution(from: 3)
    } catch {
      return fail("close_range: \(error)")
    }
    for path in paths {
      do throws(Errno) {
        try Syscall.execute(path, arguments: words, environment: environment)
      } catch {
        if error != .noSuchFileOrDirectory, error != .notDirectory { problem = error }
      }
    }
    guard problem == .noSuchFileOrDirectory else { return fail("\(words[0]): \(problem)", status: 126) }
    return fail("\(words[0]): \(problem)\n  \(absence(paths))", status: 127)
  }

  /// Why there is no such program, and what to do about it.
  private func absence(_ paths: [String]) -> String {
    if let path = paths.first(where: { (try? Syscall.open($0, .path)) != nil }) {
      return "\(path) is there, but not the program that loads it: an interpreter or a dynamic linker"
    }
    if let toolbox { return "the toolbox \(toolbox) has no such program" }
    let words = shellLine(["berth", "ns", "enter", target])
    return "\(target) has no such program; \(words) --with DIR brings along what is in a directory"
  }
}
