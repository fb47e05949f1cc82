/// A line of mountinfo, proc_pid_mountinfo(5), without ids and device number.
struct MountLine: Hashable {
  var root: String
  var mountPoint: String
  var options: Set<String>
  /// The optional fields: `shared:1`, `master:2`.
  var tags: [String]
  var type: String
  var source: String
  var superOptions: Set<String>

  init?(_ line: String) {
    let halves = line.split(separator: " - ", maxSplits: 1).map { $0.split(separator: " ").map(String.init) }
    guard halves.count == 2, halves[0].count >= 6, halves[1].count >= 3 else { return nil }
    root = halves[0][3]
    mountPoint = halves[0][4]
    options = Set(halves[0][5].split(separator: ",").map(String.init))
    tags = Array(halves[0].dropFirst(6))
    type = halves[1][0]
    source = halves[1][1]
    superOptions = Set(halves[1][2].split(separator: ",").map(String.init))
  }
}
