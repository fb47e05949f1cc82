import Cgroups
import JSON
import OCISpec

/// Resources from the text of `linux.resources`.
func resources(_ text: String) throws -> Resources {
  guard case .object(let members) = try JSONValue(parsing: Array(text.utf8)) else {
    throw JSONProblem("", "not an object")
  }
  var reader = JSONReader(members)
  let resources = Resources(&reader)
  if let problem = reader.problems.first { throw problem }
  return resources
}

/// The writes for resources, a line each: `file text`, with what follows from a missing file behind it.
func lines(_ text: String, _ version: CgroupVersion, previous: String? = nil) throws -> [String] {
  let writes = ResourceWrites(try resources(text), version: version, previous: try previous.map(resources))
  return writes.writes.map { write in
    var line = "\(write.file) \(write.text)"
    if let alternative = write.alternative { line += " | \(alternative.file) \(alternative.text)" }
    if write.isOptional { line += " ?" }
    if let file = write.mustExceed { line += " > \(file)" }
    return line
  } + writes.problems.map { "\($0.path): \($0.message)" }
}
