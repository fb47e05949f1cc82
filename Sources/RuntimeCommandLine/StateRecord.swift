import JSON
package import LinuxABI

/// What `state` and `list` tell of a container: runc's fields, in runc's order.
package struct StateRecord: Sendable {
  package var ociVersion: String
  package var id: String
  /// Zero for a container that is stopped.
  package var processID: Int32
  package var status: String
  package var bundle: String
  package var rootfs: String
  /// By RFC 3339.
  package var created: String
  package var annotations: [(name: String, value: String)]
  /// The user's name, or `#` and the id: `list` tells it, `state` leaves it empty.
  package var owner: String

  package init(
    ociVersion: String,
    id: String,
    processID: Int32,
    status: String,
    bundle: String,
    rootfs: String,
    created: String,
    annotations: [(name: String, value: String)] = [],
    owner: String = ""
  ) {
    self.ociVersion = ociVersion
    self.id = id
    self.processID = processID
    self.status = status
    self.bundle = bundle
    self.rootfs = rootfs
    self.created = created
    self.annotations = annotations
    self.owner = owner
  }

  /// The text of `state`.
  package var text: String { json.indentedText + "\n" }

  private var json: JSONValue {
    var members = [
      JSONValue.Member("ociVersion", .string(ociVersion)), JSONValue.Member("id", .string(id)),
      JSONValue.Member("pid", .number(processID)), JSONValue.Member("status", .string(status)),
      JSONValue.Member("bundle", .string(bundle)), JSONValue.Member("rootfs", .string(rootfs)),
      JSONValue.Member("created", .string(created)),
    ]
    if !annotations.isEmpty {
      let sorted = annotations.sorted { $0.name < $1.name }
      members.append(
        JSONValue.Member("annotations", .object(sorted.map { JSONValue.Member($0.name, .string($0.value)) }))
      )
    }
    members.append(JSONValue.Member("owner", .string(owner)))
    return .object(members)
  }

  /// The text of `list`.
  package static func list(_ records: [StateRecord], _ request: ListRequest) -> Prose {
    if request.showsIDsAlone { return records.map { "\($0.id)\n" as Prose }.joined() }
    switch request.format {
    case .json:
      return Prose(verbatim: (records.isEmpty ? JSONValue.null : .array(records.map(\.json))).text + "\n")
    case .table: return table(records)
    }
  }

  /// Columns of at least twelve letters, three of them space.
  private static func table(_ records: [StateRecord]) -> Prose {
    var rows: [[Prose]] = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]]
    rows += records.map {
      ["\($0.id)", "\($0.processID)", "\($0.status)", "\($0.bundle)", "\($0.created)", "\($0.owner)"]
    }
    let widths = (0..<5).map { column in
      rows.reduce(12) { width, row in max(width, row[column].text.unicodeScalars.count + 3) }
    }
    return rows.map { row -> Prose in
      let cells = zip(row, widths).map { cell, width -> Prose in
        "\(cell)\(String(repeating: " ", count: width - cell.text.unicodeScalars.count))"
      }
      return cells.joined() + row[5] + "\n"
    }.joined()
  }
}
