package import JSON

/// A container's configuration: config.json of the OCI runtime specification, config.md.
///
/// What the file leaves out stays nil: whether a field was given is for the plan to judge.
package struct Spec: Encodable, Hashable, Sendable {
  package var ociVersion: String
  package var root: Root?
  package var process: ProcessSpec?
  package var hostname: String?
  package var domainname: String?
  package var mounts: [Mount]?
  package var hooks: Hooks?
  package var annotations: [String: String]?
  package var linux: Linux?

  package init(
    ociVersion: String = Spec.version,
    root: Root? = nil,
    process: ProcessSpec? = nil,
    hostname: String? = nil,
    domainname: String? = nil,
    mounts: [Mount]? = nil,
    hooks: Hooks? = nil,
    annotations: [String: String]? = nil,
    linux: Linux? = nil
  ) {
    self.ociVersion = ociVersion
    self.root = root
    self.process = process
    self.hostname = hostname
    self.domainname = domainname
    self.mounts = mounts
    self.hooks = hooks
    self.annotations = annotations
    self.linux = linux
  }

  package init(_ json: inout JSONReader) {
    self.init(
      ociVersion: json.required("ociVersion") ?? "",
      root: json.object("root", Root.init),
      process: json.object("process", ProcessSpec.init),
      // An empty name is none, as for other runtimes: the namespace keeps its own.
      hostname: json.string("hostname").flatMap { $0.isEmpty ? nil : $0 },
      domainname: json.string("domainname").flatMap { $0.isEmpty ? nil : $0 },
      mounts: json.objects("mounts", Mount.init),
      hooks: json.object("hooks", Hooks.init),
      annotations: json.texts("annotations"),
      linux: json.object("linux", Linux.init)
    )
  }

  /// Reads a config.json. Throws when it is no JSON object; what is wrong in an object is in `problems`, and nil in the spec.
  package init(configuration bytes: [UInt8], problems: inout [JSONProblem]) throws(JSONProblem) {
    guard case .object(let members) = try JSONValue(parsing: bytes) else {
      throw JSONProblem("", "the document is not an object")
    }
    var json = JSONReader(members)
    self.init(&json)
    problems = json.problems
  }

  /// The version of the specification that berth writes.
  package static var version: String { "1.3.0" }

  /// The container's root file system, config.md "Root".
  package struct Root: Encodable, Hashable, Sendable {
    /// A directory; for berth also `/`, the caller's own tree, or an image file (erofs or squashfs).
    package var path: String
    package var readonly: Bool?

    package init(path: String, readonly: Bool? = nil) {
      self.path = path
      self.readonly = readonly
    }

    package init(_ json: inout JSONReader) {
      self.init(path: json.required("path") ?? "", readonly: json.bool("readonly"))
    }
  }
}
