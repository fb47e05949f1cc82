import Cgroups
import JSON
import SystemPackage

extension Statistics {
  func blockDevices() throws(CgroupFailure) -> JSONMembers {
    var block = JSONMembers()
    guard let directory = directory("blkio") else { return block }
    switch directory.version {
    case .v1:
      for (name, file) in try files(directory) {
        block.addUnlessEmpty(name, BlockEntry.parse(version1: try text(directory, file) ?? ""))
      }
    case .v2:
      let stat = try text(directory, "io.stat") ?? ""
      block.addUnlessEmpty(
        "ioServiceBytesRecursive",
        BlockEntry.parse(version2: stat, [("rbytes", "Read"), ("wbytes", "Write")])
      )
      block.addUnlessEmpty(
        "ioServicedRecursive",
        BlockEntry.parse(version2: stat, [("rios", "Read"), ("wios", "Write")])
      )
      if let pressure = try pressure("io") { block.add("psi", pressure) }
    }
    return block
  }

  /// The files of version 1: those of the scheduler that counts, or else those of throttling, which counts always.
  private func files(_ directory: CgroupDirectory) throws(CgroupFailure) -> [(name: String, file: String)] {
    let counts = [
      ("ioServiceBytesRecursive", "io_service_bytes_recursive"), ("ioServicedRecursive", "io_serviced_recursive"),
    ]
    let details = [
      ("ioQueueRecursive", "io_queued_recursive"), ("ioServiceTimeRecursive", "io_service_time_recursive"),
      ("ioWaitTimeRecursive", "io_wait_time_recursive"), ("ioMergedRecursive", "io_merged_recursive"),
      ("ioTimeRecursive", "time_recursive"), ("sectorsRecursive", "sectors_recursive"),
    ]
    for prefix in ["blkio.bfq", "blkio", "blkio.throttle"] {
      // A scheduler that has no device has no entries: then what throttling counted is told.
      let entries = try text(directory, "\(prefix).io_serviced_recursive") ?? ""
      if BlockEntry.parse(version1: entries).isEmpty { continue }
      return (prefix == "blkio.throttle" ? counts : counts + details).map { ($0.0, "\(prefix).\($0.1)") }
    }
    return [
      ("ioServiceBytesRecursive", "blkio.throttle.io_service_bytes"),
      ("ioServicedRecursive", "blkio.throttle.io_serviced"),
    ]
  }
}
