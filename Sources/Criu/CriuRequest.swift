/// What criu is asked to do, criu(8) and its definition of requests, rpc.proto.
package enum CriuRequest: Hashable, Sendable {
  case dump(CriuOptions)
  case preDump(CriuOptions)
  case restore(CriuOptions)
  /// An answer to what criu told: whether it may go on.
  case notified(Bool)

  /// The request as it is sent.
  package var bytes: [UInt8] {
    var message = CriuMessage()
    switch self {
    case .dump(let options):
      message.add(1, 1)
      message.add(2, options.message)
    case .restore(let options):
      message.add(1, 2)
      message.add(2, options.message)
    case .preDump(let options):
      message.add(1, 4)
      message.add(2, options.message)
    case .notified(let isSuccess):
      message.add(1, 6)
      message.add(3, isSuccess ? 1 : 0)
    }
    return message.bytes
  }
}

/// How criu saves or restores; descriptors are those of who asks.
package struct CriuOptions: Hashable, Sendable {
  /// A cgroup that the restored processes get in place of the saved one.
  package struct CgroupRoot: Hashable, Sendable {
    /// Empty for version 2.
    package var controller: String
    package var path: String

    package init(controller: String, path: String) {
      self.controller = controller
      self.path = path
    }
  }

  /// A descriptor of criu's own that stands for something saved.
  package struct Inherited: Hashable, Sendable {
    package var key: String
    package var descriptor: Int32

    package init(key: String, descriptor: Int32) {
      self.key = key
      self.descriptor = descriptor
    }
  }

  /// Where memory is sent to.
  package struct PageServer: Hashable, Sendable {
    package var address: String
    package var port: UInt16

    package init(address: String, port: UInt16) {
      self.address = address
      self.port = port
    }
  }

  /// How cgroups are saved and restored.
  package enum CgroupsMode: Int, Sendable { case ignore = 0, soft = 3, full = 4, strict = 5 }

  package var imageDirectory: Int32
  package var workDirectory: Int32?
  package var logFile: String
  package var processID: Int32?
  package var isLeftRunning = false
  package var allowsExternalSockets = false
  package var keepsConnections = false
  package var skipsConnectionsInFlight = false
  package var isShellJob = false
  package var handlesFileLocks = false
  package var pageServer: PageServer?
  package var root: String?
  package var parentImage: String?
  package var tracksMemory = false
  package var dropsDuplicates = false
  package var remapsLinks = false
  package var cgroupsMode = CgroupsMode.soft
  package var cgroupRoots: [CgroupRoot] = []
  package var freezeCgroup: String?
  package var isRestoredAsSibling = false
  package var inherited: [Inherited] = []
  /// What is outside of the container, criu(8) `--external`.
  package var external: [String] = []
  /// The types of namespaces that are restored empty, as clone(2)'s flags.
  package var emptyNamespaces: UInt64 = 0
  package var fetchesPagesLazily = false
  package var statusDescriptor: Int32?
  package var hasOrphanTerminals = false
  package var securityProfile: String?
  package var mountContext: String?

  package init(imageDirectory: Int32, logFile: String) {
    self.imageDirectory = imageDirectory
    self.logFile = logFile
  }

  var message: CriuMessage {
    var message = CriuMessage()
    message.add(1, imageDirectory)
    if let processID { message.add(2, processID) }
    message.add(3, isLeftRunning)
    message.add(4, allowsExternalSockets)
    message.add(5, keepsConnections)
    message.add(7, isShellJob)
    message.add(8, handlesFileLocks)
    message.add(9, 4)  // log_level: what is needed to understand a failure
    message.add(10, logFile)
    if let pageServer {
      var server = CriuMessage()
      server.add(1, pageServer.address)
      server.add(2, pageServer.port)
      message.add(11, server)
    }
    message.add(12, true)  // notify_scripts
    message.add(13, root)
    message.add(14, parentImage)
    message.add(15, tracksMemory)
    message.add(16, dropsDuplicates)
    if let workDirectory { message.add(17, workDirectory) }
    message.add(18, remapsLinks)
    addCgroups(to: &message)
    message.add(26, isRestoredAsSibling)
    for file in inherited {
      var inherited = CriuMessage()
      inherited.add(1, file.key)
      inherited.add(2, file.descriptor)
      message.add(27, inherited)
    }
    for name in external { message.add(37, name) }
    if emptyNamespaces != 0 { message.add(38, emptyNamespaces) }
    message.add(46, skipsConnectionsInFlight)
    message.add(48, fetchesPagesLazily)
    if let statusDescriptor { message.add(49, statusDescriptor) }
    message.add(50, hasOrphanTerminals)
    message.add(53, securityProfile)
    message.add(63, mountContext)
    return message
  }

  private func addCgroups(to message: inout CriuMessage) {
    message.add(24, true)  // manage_cgroups
    for root in cgroupRoots {
      var place = CriuMessage()
      if !root.controller.isEmpty { place.add(1, root.controller) }
      place.add(2, root.path)
      message.add(25, place)
    }
    message.add(34, cgroupsMode.rawValue)
    message.add(44, freezeCgroup)
  }
}
