package import Cgroups
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension ContainerCgroup {
  /// Writes limits: those for the version that limits controllers, or, for a controller that only the hierarchy of
  /// version 2 beside it has, those for that one.
  package func apply(_ writes: [CgroupWrite], unified others: [CgroupWrite] = []) throws(CgroupFailure) {
    var refused: [(CgroupDirectory, CgroupWrite)] = []
    for (directory, write) in try targets(writes, others) {
      do throws(CgroupFailure) {
        try directory.apply(write)
      } catch {
        // Limits that bound each other are refused until the others are written: quota and burst, memory and swap.
        guard error.errno == .invalidArgument else { throw error }
        refused.append((directory, write))
      }
    }
    for (directory, write) in refused { try directory.apply(write) }
  }

  /// The directory of each write.
  private func targets(
    _ writes: [CgroupWrite],
    _ others: [CgroupWrite]
  ) throws(CgroupFailure) -> [(CgroupDirectory, CgroupWrite)] {
    guard version == .v1 else {
      guard let unified else {
        if let first = writes.first { throw Self.missing(first) }
        return []
      }
      return writes.map { (unified, $0) }
    }
    var targets: [(CgroupDirectory, CgroupWrite)] = []
    var places: [String] = []
    for write in writes {
      if let directory = directory(write.controller) {
        targets.append((directory, write))
      } else if let unified, others.contains(where: { $0.place == write.place }) {
        if places.contains(write.place) { continue }
        places.append(write.place)
        targets += others.filter { $0.place == write.place }.map { (unified, $0) }
      } else if !write.isOptional {
        throw Self.missing(write)
      }
    }
    return targets
  }

  private static func missing(_ write: CgroupWrite) -> CgroupFailure {
    CgroupFailure(
      "write \(write.text) to \(write.file)",
      .noSuchFileOrDirectory,
      place: write.place,
      reason: "the container has no cgroup with the controller \(write.controller)"
    )
  }
}

extension CgroupDirectory {
  fileprivate func apply(_ write: CgroupWrite) throws(CgroupFailure) {
    if let file = write.mustExceed { try check(write, exceeds: file) }
    do throws(Errno) {
      try self.write(write.text, to: write.file)
    } catch .noSuchFileOrDirectory {
      try applyAlternative(of: write)
    } catch {
      throw failure(write.file, write.text, error, write)
    }
  }

  private func applyAlternative(of write: CgroupWrite) throws(CgroupFailure) {
    guard let alternative = write.alternative else {
      if write.isOptional { return }
      throw failure(write.file, write.text, .noSuchFileOrDirectory, write)
    }
    do throws(Errno) {
      try self.write(alternative.text, to: alternative.file)
    } catch {
      if error == .noSuchFileOrDirectory && write.isOptional { return }
      throw failure(alternative.file, alternative.text, error, write)
    }
  }

  private func failure(_ file: String, _ text: String, _ errno: Errno, _ write: CgroupWrite) -> CgroupFailure {
    var failure = CgroupFailure("write \(text) to \(path)/\(file)", errno, place: write.place)
    if errno == .resourceBusy && file == "memory.limit_in_bytes",
      // Without the figures, the failure is told without them.
      let usage = try? number("memory.usage_in_bytes"), let peak = try? number("memory.max_usage_in_bytes")
    {
      failure.reason = "unable to set memory limit to \(text) (current usage: \(usage), peak usage: \(peak))"
    } else if errno == .noSuchFileOrDirectory, version == .v2, !hasController(write.controller) {
      failure.reason = "controller \"\(write.controller)\" not available"
    }
    return failure
  }

  private func hasController(_ controller: String) -> Bool {
    // A cgroup whose controllers cannot be read has none.
    let names = (try? read("cgroup.controllers")) ?? ""
    return controller == "cgroup" || names.split(whereSeparator: \.isWhitespace).contains { $0 == controller }
  }

  /// Refuses a limit that is less than what is used already, `memory.checkBeforeUpdate`.
  private func check(_ write: CgroupWrite, exceeds file: String) throws(CgroupFailure) {
    // A usage that cannot be read refuses nothing, as there is none before the first process.
    guard let usage = try? number(file), let limit = UInt64(write.text), limit <= usage else { return }
    throw CgroupFailure(
      "write \(write.text) to \(path)/\(write.file)",
      .resourceBusy,
      place: write.place,
      reason: "rejecting memory limit \(limit) <= usage \(usage)"
    )
  }
}
