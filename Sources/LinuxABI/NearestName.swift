/// The candidate with the fewest letters different, or nil when more than a third of the letters are.
package func nearestName(to name: String, among candidates: [String]) -> String? {
  let length = name.count
  let most = max(1, length / 3)
  // The distance is no less than the difference of the lengths, and takes the product of the two to find.
  let near = candidates.filter { abs($0.count - length) <= most }
  let best = near.map { ($0, editDistance($0, name)) }.min { $0.1 < $1.1 }
  guard let best, best.1 <= most else { return nil }
  return best.0
}

/// The number of letters to insert, delete, replace or swap with their neighbour to make one word of another.
private func editDistance(_ left: String, _ right: String) -> Int {
  let (left, right) = (Array(left), Array(right))
  var rows = [Array(0...right.count)]
  for row in 1..<(left.count + 1) {
    var current = [row]
    for column in 1..<(right.count + 1) {
      let replaced = rows[row - 1][column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
      var best = min(rows[row - 1][column] + 1, current[column - 1] + 1, replaced)
      if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
        best = min(best, rows[row - 2][column - 2] + 1)
      }
      current.append(best)
    }
    rows.append(current)
  }
  return rows[left.count][right.count]
}
