import ContainerPlan
import LinuxABI
import OCISpec
import ShellSpec
import Testing

struct ProcessTests {
  private func process(_ caller: Caller = .root, _ edit: (inout ShellOptions) -> Void = { _ in }) throws -> ProcessSpec
  {
    try #require(try spec(caller, edit).process)
  }

  @Test func command() throws {
    #expect(try process().args == ["true"])
    #expect(try process { $0.command = ["a b", "-c"] }.args == ["a b", "-c"])
    #expect(try process { $0.command = [] }.args == ["/bin/sh"])
  }

  @Test func workingDirectory() throws {
    #expect(try process().cwd == "/here")
    #expect(try process { $0.rootfs = "/r" }.cwd == "/")
    #expect(try process { $0.image = "/r" }.cwd == "/")
    #expect(try process { $0.overlay = "tmpfs" }.cwd == "/here")
    #expect(try process { $0.joined = ["mnt=1"] }.cwd == "/")
    #expect(try process { $0.joined = ["net=1"] }.cwd == "/here")
    #expect(try process { $0.workingDirectory = "/x" }.cwd == "/x")
    #expect(
      usageError { $0.workingDirectory = "x" } == "--workdir x: this is not an absolute path in the container"
    )
  }

  // MARK: Environment

  @Test func environment() throws {
    #expect(try process().env == ["PATH=/bin", "TERM=xterm", "SHELL=/bin/bash"])
    #expect(
      try process { $0.environment = ["A=1", "TERM=dumb", "A=2", "B=x=y", "C="] }.env
        == ["PATH=/bin", "TERM=dumb", "SHELL=/bin/bash", "A=2", "B=x=y", "C="]
    )
  }

  @Test func clearedEnvironment() throws {
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    #expect(try process { $0.clearEnvironment = true }.env == ["TERM=xterm", path])
    #expect(
      try process {
        $0.clearEnvironment = true
        $0.environment = ["PATH=/x", "SHELL"]
      }.env == ["TERM=xterm", "PATH=/x", "SHELL=/bin/bash"]
    )
  }

  /// A flag counts over a file's line, and a file's line over what is inherited.
  @Test func environmentFiles() throws {
    #expect(
      try process {
        $0.environmentFileLines = ["# comment", "", "A=1", "TERM=dumb", "SHELL", "A=2"]
        $0.environment = ["TERM=vt100"]
      }.env == ["PATH=/bin", "TERM=vt100", "SHELL=/bin/bash", "A=2"]
    )
  }

  @Test func unsetVariables() {
    #expect(usageError { $0.environment = ["NOPE"] } == "--env NOPE: NOPE is not set here: give it a value, NOPE=VALUE")
    #expect(
      usageError { $0.environmentFileLines = ["NOPE"] }
        == "--env-file: NOPE is not set here: give it a value, NOPE=VALUE"
    )
    // The name must be whole: TER is not TERM.
    #expect(usageError { $0.environment = ["TER"] } != nil)
  }

  /// The prompt tells where one is, in a shell and not in a command.
  @Test func prompt() throws {
    let shell = try process { $0.command = [] }.env ?? []
    #expect(shell.contains("PS1=-[berth]- # "))
    #expect(shell.contains("debian_chroot=berth"))
    let named =
      try process {
        $0.command = []
        $0.name = "box"
        $0.environment = ["PS1=$ "]
      }.env ?? []
    #expect(named.contains("debian_chroot=box"))
    #expect(named.filter { $0.hasPrefix("PS1=") } == ["PS1=$ "])
  }

  // MARK: Limits and mask

  @Test(
    arguments: [
      ("nofile=1024:4096", "RLIMIT_NOFILE", 1024, 4096), ("nofile=1024", "RLIMIT_NOFILE", 1024, 1024),
      ("core=0:unlimited", "RLIMIT_CORE", 0, .max), ("as=-1", "RLIMIT_AS", .max, .max),
      ("nproc=5:-1", "RLIMIT_NPROC", 5, .max),
      ("rttime=18446744073709551615", "RLIMIT_RTTIME", .max, .max),
    ] as [(String, String, UInt64, UInt64)]
  )
  func limit(text: String, type: String, soft: UInt64, hard: UInt64) throws {
    #expect(try process { $0.limits = [text] }.rlimits == [.init(type: type, soft: soft, hard: hard)])
  }

  @Test func noLimits() throws { #expect(try process().rlimits == nil) }

  private static let limitForm = "this is not NAME=SOFT[:HARD], for example --ulimit nofile=1024:4096"
  private static let limitNames =
    "cpu, fsize, data, stack, core, rss, nproc, nofile, memlock, as, locks, sigpending, msgqueue, nice, rtprio, rttime"

  @Test(
    arguments: [
      ("nofile", limitForm), ("nofile=", limitForm), ("=5", limitForm), ("nofile=a", limitForm),
      ("nofile=1:2:3", limitForm),
      ("nofile=1:", limitForm), ("nofile=-2", limitForm), ("nofile=18446744073709551616", limitForm),
      ("nofiles=5", "\"nofiles\" is not a limit: \(limitNames) are; did you mean nofile?"),
      ("xyzzy=5", "\"xyzzy\" is not a limit: \(limitNames) are"),
      ("RLIMIT_NOFILE=5", "\"RLIMIT_NOFILE\" is not a limit: \(limitNames) are"),
    ]
  )
  func limitError(text: String, message: String) {
    #expect(usageError { $0.limits = [text] } == "--ulimit \(text): \(message)")
  }

  @Test(arguments: [("22", 0o22), ("0022", 0o22), ("0", 0), ("777", 0o777)] as [(String, UInt32)])
  func mask(text: String, mask: UInt32) throws {
    #expect(try process { $0.fileCreationMask = text }.user.umask == mask)
  }

  @Test(arguments: ["1000", "8", "0o22", "rwx", "", "-1"])
  func maskError(text: String) {
    #expect(
      usageError { $0.fileCreationMask = text } == "--umask \(text): this is not an octal number from 0 to 777"
    )
  }

  // MARK: Capabilities

  /// The caller's own with the host's root; docker's with a root of its own.
  @Test func defaultCapabilities() throws {
    let sets = try process().capabilities
    #expect(sets?.bounding == CapabilitySet.names)
    #expect(sets?.effective == CapabilitySet.names)
    #expect(sets?.inheritable == nil)
    #expect(sets?.ambient == nil)
    #expect(
      try process { $0.rootfs = "/r" }.capabilities?.bounding == [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP",
        "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_AUDIT_WRITE", "CAP_SETFCAP",
      ]
    )
  }

  @Test(
    arguments: [
      (["ALL"], ["kill"], ["CAP_KILL"]), (["all"], [], []),
      (["ALL"], ["CAP_KILL", "cap_chown"], ["CAP_CHOWN", "CAP_KILL"]),
      (["ALL"], ["ALL"], CapabilitySet.names),
    ] as [([String], [String], [String])]
  )
  func droppedAndAdded(dropped: [String], added: [String], result: [String]) throws {
    let sets = try process {
      $0.droppedCapabilities = dropped
      $0.addedCapabilities = added
    }.capabilities
    #expect(sets?.bounding == result)
    #expect(sets?.effective == result)
    #expect(sets?.permitted == result)
  }

  /// A user other than root keeps across execve what is ambient alone, capabilities(7).
  @Test func ambientForOthers() throws {
    let sets = try process {
      $0.user = "1000"
      $0.addedCapabilities = ["NET_RAW"]
    }.capabilities
    #expect(sets?.permitted == ["CAP_NET_RAW"])
    #expect(sets?.effective == ["CAP_NET_RAW"])
    #expect(sets?.inheritable == ["CAP_NET_RAW"])
    #expect(sets?.ambient == ["CAP_NET_RAW"])
    #expect(sets?.bounding == CapabilitySet.names)
    #expect(try process { $0.user = "1000" }.capabilities?.permitted == [])
    #expect(try process { $0.user = "1000" }.capabilities?.ambient == nil)
  }

  @Test func capabilitiesOfACallerWithFew() throws {
    var caller = Caller.root
    let few: CapabilitySet = [.systemAdministration, .setUserID]
    caller.capabilities = CapabilitySets(bounding: few, effective: few, permitted: few)
    #expect(try process(caller).capabilities?.bounding == ["CAP_SETUID", "CAP_SYS_ADMIN"])
    #expect(
      try process(caller) { $0.addedCapabilities = ["ALL"] }.capabilities?.bounding == ["CAP_SETUID", "CAP_SYS_ADMIN"]
    )
    #expect(
      usageError(caller) { $0.addedCapabilities = ["NET_RAW"] }
        == "--cap-add NET_RAW: the caller does not have this capability, so neither can the command"
    )
    // A new user namespace has them all.
    #expect(try process(caller) { $0.mapsRoot = true }.capabilities?.bounding == CapabilitySet.names)
  }

  @Test(
    arguments: [
      ("NET_ADMINN", "CAP_NET_ADMINN is not a capability of capabilities(7); did you mean CAP_NET_ADMIN?"),
      ("xyzzyxyzzy", "CAP_XYZZYXYZZY is not a capability of capabilities(7)"),
    ]
  )
  func capabilityError(name: String, message: String) {
    #expect(usageError { $0.addedCapabilities = [name] } == "--cap-add \(name): \(message)")
    #expect(usageError { $0.droppedCapabilities = [name] } == "--cap-drop \(name): \(message)")
  }

  @Test func noNewPrivileges() throws {
    #expect(try process().noNewPrivileges == nil)
    #expect(try process { $0.noNewPrivileges = true }.noNewPrivileges == true)
  }
}
