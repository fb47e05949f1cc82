@testable import RuntimeCommandLine

/// Reads a command line whose words are parted by spaces; `''` is an empty word.
func read(_ line: String) throws(UsageError) -> RuntimeRequest? {
  var global = GlobalOptions()
  return try read(line, global: &global)
}

func read(_ line: String, global: inout GlobalOptions) throws(UsageError) -> RuntimeRequest? {
  let words = line.split(separator: " ").map { $0 == "''" ? "" : String($0) }
  return try RuntimeRequest.read(words, global: &global)
}

/// What is wrong with a command line.
func problem(_ line: String) -> String? {
  do throws(UsageError) {
    _ = try read(line)
    return nil
  } catch {
    return error.message
  }
}

/// A request with some of its fields set.
func with<Request>(_ request: Request, _ change: (inout Request) -> Void) -> Request {
  var request = request
  change(&request)
  return request
}
