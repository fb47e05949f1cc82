import ContainerRuntime
import JSON
import LinuxABI
import OCISpec
import RuntimeCommandLine

extension UpdateRequest {
  /// What is to change, from the options or from a file.
  func carriedResources() throws(RuntimeFailure) -> Resources {
    if l3CacheSchema != nil || memoryBandwidthSchema != nil {
      throw RuntimeFailure("update \(id): berth cannot change the Intel RDT schemata of a container that runs")
    }
    guard let file else { return resources }
    let bytes = try bytes(ofFile: file == "-" ? "/proc/self/fd/0" : file, for: "--resources")
    let (read, problems) = Self.resources(of: bytes)
    if problems.isEmpty { return read }
    let places = problems.map { "--resources \(file): \($0.path)\($0.path.isEmpty ? "" : ": ")\($0.message)" as Prose }
    throw RuntimeFailure(places.joined(separator: "\n"))
  }

  private static func resources(of text: [UInt8]) -> (Resources, [JSONProblem]) {
    do throws(JSONProblem) {
      guard case .object(let members) = try JSONValue(parsing: text) else {
        throw JSONProblem("", "the document is not an object")
      }
      var json = JSONReader(members)
      return (Resources(&json), json.problems)
    } catch {
      return (Resources(), [error])
    }
  }
}

extension EventsRequest {
  func carryOut(in runtime: Runtime) throws(RuntimeFailure) {
    if isOnce {
      write(verbatim: try runtime.statistics(id) + "\n")
    } else {
      try runtime.watch(id, every: Int32(clamping: max(1, interval / 1_000_000))) { write(verbatim: $0 + "\n") }
    }
  }
}
