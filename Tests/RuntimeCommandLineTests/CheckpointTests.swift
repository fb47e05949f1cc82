import RuntimeCommandLine
import Testing

struct CheckpointTests {
  @Test(arguments: [
    ("--image-path i", with(CheckpointImage()) { $0.path = "i" }), ("--image-path=", CheckpointImage()),
    ("--work-path w", with(CheckpointImage()) { $0.workPath = "w" }),
    ("--tcp-established", with(CheckpointImage()) { $0.keepsConnections = true }),
    ("--ext-unix-sk", with(CheckpointImage()) { $0.allowsExternalSockets = true }),
    ("--shell-job", with(CheckpointImage()) { $0.isShellJob = true }),
    ("--lazy-pages", with(CheckpointImage()) { $0.fetchesPagesLazily = true }),
    ("--file-locks", with(CheckpointImage()) { $0.handlesFileLocks = true }),
    ("--manage-cgroups-mode strict", with(CheckpointImage()) { $0.cgroupsMode = .strict }),
    ("--manage-cgroups-mode=", CheckpointImage()),
    ("--empty-ns network", with(CheckpointImage()) { $0.hasEmptyNetwork = true }),
    ("--auto-dedup", with(CheckpointImage()) { $0.dropsDuplicates = true }),
  ])
  func image(options: String, expected: CheckpointImage) throws {
    let checkpoint = with(CheckpointRequest()) { ($0.id, $0.image) = ("c", expected) }
    #expect(try read("checkpoint \(options) c") == .checkpoint(checkpoint))
    let restore = with(RestoreRequest()) { ($0.creation.id, $0.image) = ("c", expected) }
    #expect(try read("restore \(options) c") == .restore(restore))
  }

  @Test(arguments: [
    ("--parent-path ../p", with(CheckpointRequest()) { $0.parentPath = "../p" }),
    ("--leave-running", with(CheckpointRequest()) { $0.isLeftRunning = true }),
    ("--pre-dump", with(CheckpointRequest()) { $0.isPreDump = true }),
    ("--tcp-skip-in-flight", with(CheckpointRequest()) { $0.image.skipsConnectionsInFlight = true }),
    ("--link-remap", with(CheckpointRequest()) { $0.image.remapsLinks = true }),
    ("--status-fd 4", with(CheckpointRequest()) { $0.statusDescriptor = 4 }), ("--status-fd -1", CheckpointRequest()),
    (
      "--page-server 192.0.2.1:9000",
      with(CheckpointRequest()) { $0.pageServer = .init(address: "192.0.2.1", port: 9000) }
    ),
    ("--page-server [::1]:9000", with(CheckpointRequest()) { $0.pageServer = .init(address: "::1", port: 9000) }),
    ("--page-server=", CheckpointRequest()),
  ])
  func checkpoint(options: String, expected: CheckpointRequest) throws {
    #expect(try read("checkpoint \(options) c") == .checkpoint(with(expected) { $0.id = "c" }))
  }

  @Test(arguments: [
    ("-b b", with(RestoreRequest()) { $0.creation.bundle = "b" }),
    ("--console-socket s", with(RestoreRequest()) { $0.creation.consoleSocket = "s" }),
    ("-d", with(RestoreRequest()) { $0.creation.isDetached = true }),
    ("--pid-file p", with(RestoreRequest()) { $0.creation.pidFile = "p" }),
    ("--no-subreaper", with(RestoreRequest()) { $0.creation.avoidsSubreaper = true }),
    ("--no-pivot", with(RestoreRequest()) { $0.creation.isPivotAvoided = true }),
    ("--lsm-profile selinux:x", with(RestoreRequest()) { $0.securityProfile = "selinux:x" }),
    ("--lsm-mount-context x", with(RestoreRequest()) { $0.mountContext = "x" }),
  ])
  func restore(options: String, expected: RestoreRequest) throws {
    #expect(try read("restore \(options) c") == .restore(with(expected) { $0.creation.id = "c" }))
  }

  @Test(arguments: [
    ("--parent-path /p", "--parent-path /p: the path must be relative to --image-path"),
    ("--page-server x", "--page-server x: this is not ADDRESS:PORT, such as 192.0.2.1:9000"),
    ("--page-server x:0", "--page-server x:0: this is not ADDRESS:PORT, such as 192.0.2.1:9000"),
    ("--page-server :1", "--page-server :1: the address is missing before the colon"),
    ("--empty-ns pid", "--empty-ns pid: network is the only type of namespace that can be restored empty"),
    ("--manage-cgroups-mode x", "--manage-cgroups-mode x: the choice is between soft, full, strict, ignore"),
  ])
  func wrong(options: String, message: String) {
    #expect(problem("checkpoint \(options) c") == "checkpoint \(message)")
  }
}
