import ContainerPlan
import LinuxABI
import OCISpec
import ShellSpec
import Testing

extension Caller {
  /// root, with every capability, in /here.
  static var root: Caller {
    Caller(
      userID: 0,
      groupID: 0,
      groups: [0, 4],
      capabilities: CapabilitySets(bounding: .all, effective: .all, permitted: .all),
      workingDirectory: "/here",
      environment: ["PATH=/bin", "TERM=xterm", "SHELL=/bin/bash"]
    )
  }

  /// A user without privilege, who has the ids 1000 and 100.
  static var user: Caller {
    var caller = Caller.root
    caller.userID = 1000
    caller.groupID = 100
    caller.groups = [100]
    caller.capabilities = CapabilitySets(bounding: .all, effective: [], permitted: [])
    return caller
  }

  /// The same with subordinate ids, and the tools that map them.
  static var userWithSubordinates: Caller {
    var caller = Caller.user
    caller.subordinateUsers = [IDRange(start: 100_000, count: 65_536)]
    caller.subordinateGroups = [IDRange(start: 200_000, count: 65_536)]
    caller.mappingTools = MappingTools(newuidmap: "/usr/bin/newuidmap", newgidmap: "/usr/bin/newgidmap")
    return caller
  }
}

extension Accounts {
  /// Users and groups with all that can be odd about them.
  static var odd: Accounts {
    Accounts(
      passwd: """
        root:x:0:0:root:/root:/bin/sh
        alice:x:1000:100:Alice:/home/alice:/bin/sh
        1001:x:0:0:a name that is a number:/root:/bin/sh
        broken:x:notanumber:0::/:/bin/sh
        short:x:7
        bob:x:1002:1002::/home/bob:/bin/sh
        """,
      group: """
        root:x:0:
        users:x:100:alice
        wheel:x:10:bob,alice
        20:x:0:
        video:x:44:alice
        broken:x:x:alice
        """
    )
  }
}

extension ShellFacts {
  static func of(_ caller: Caller, accounts: Accounts = .odd) -> ShellFacts {
    ShellFacts(caller: caller, accounts: accounts, shell: "/bin/sh")
  }
}

/// The spec of options that are set in a closure.
func spec(_ caller: Caller = .root, _ edit: (inout ShellOptions) -> Void = { _ in }) throws(ShellUsageError) -> Spec {
  var options = ShellOptions()
  options.command = ["true"]
  edit(&options)
  return try Spec(options, facts: .of(caller))
}

/// The text of the error that options give, or nil.
func usageError(_ caller: Caller = .root, _ edit: (inout ShellOptions) -> Void) -> String? {
  do throws(ShellUsageError) {
    _ = try spec(caller, edit)
    return nil
  } catch {
    return error.description
  }
}
