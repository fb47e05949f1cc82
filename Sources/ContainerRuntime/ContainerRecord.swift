import LinuxABI
import OCISpec

/// What berth keeps of a container on disk, from `create` to `delete`.
///
/// A file of fields, each a name and a value that NUL ends: it holds any path, and is read in microseconds by commands
/// that ask for one number. It is written before the thing that it names is made, so that `delete` finds all of it.
struct ContainerRecord: Hashable, Sendable {
  var id: String
  var bundle: String
  var rootfs: String
  var ociVersion: String
  /// When the container was created, by RFC 3339.
  var created: String
  /// The user id of who created it.
  var owner: UInt32
  /// The container's process, by its id where it was made; zero until it is.
  var processID: Int32 = 0
  /// When that process started, in clock ticks since boot: with the id, it names the process for good, proc_pid_stat(5).
  var startTime: UInt64 = 0
  /// The types of namespaces that the process was put in, as clone3(2)'s flags.
  var namespaces: UInt64 = 0
  /// The directories of its cgroup, as lines.
  var cgroup: String = ""
  /// The unit of systemd's that the cgroup is of; empty where berth made it.
  var unit: String = ""
  /// Whether its root is not that of its mount namespace, which is others' too.
  var hasChangedRoot: Bool = false
  /// Where its root is mounted in the host's own mount namespace, and the id of the mount that was there before.
  var rootMount: String = ""
  /// Whether `start` and `delete` have hooks to run.
  var hasPoststartHooks: Bool = false
  var hasPoststopHooks: Bool = false
  /// Whether criu made its process, which then has executed nothing itself.
  var isRestored: Bool = false
  var annotations: [Field] = []
  /// The annotations that reach the host, and may: that was decided when the container was made.
  var heededAnnotations: [String] = []

  struct Field: Hashable, Sendable {
    var name: String
    var value: String

    init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The file's content.
  var bytes: [UInt8] {
    var fields = [
      Field("id", id), Field("bundle", bundle), Field("rootfs", rootfs), Field("ociVersion", ociVersion),
      Field("created", created), Field("owner", String(owner)), Field("pid", String(processID)),
      Field("startTime", String(startTime)), Field("namespaces", String(namespaces)),
      Field("cgroup", cgroup), Field("unit", unit), Field("poststart", hasPoststartHooks ? "1" : "0"),
      Field("poststop", hasPoststopHooks ? "1" : "0"),
    ]
    if isRestored { fields.append(Field("restored", "1")) }
    if hasChangedRoot { fields += [Field("chroot", "1"), Field("rootMount", rootMount)] }
    fields += heededAnnotations.map { Field("heeds", $0) }
    fields += annotations.map { Field("annotation." + $0.name, $0.value) }
    var bytes: [UInt8] = []
    for field in fields {
      bytes += field.name.utf8
      bytes.append(0)
      bytes += field.value.utf8
      bytes.append(0)
    }
    return bytes
  }
}

extension ContainerRecord {
  init(id: String, bundle: String, rootfs: String, spec: Spec, created: String, owner: UInt32) {
    self.id = id
    self.bundle = bundle
    self.rootfs = rootfs
    self.created = created
    self.owner = owner
    ociVersion = spec.ociVersion
    annotations = (spec.annotations ?? [:]).sorted { $0.key < $1.key }.map { Field($0.key, $0.value) }
  }

  /// Reads a file's content; nil for what berth did not write.
  init?(bytes: [UInt8]) {
    self.init(id: "", bundle: "", rootfs: "", spec: Spec(), created: "", owner: 0)
    let texts = bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    guard texts.count % 2 == 1, texts.last == "" else { return nil }
    for index in stride(from: 0, to: texts.count - 1, by: 2) {
      guard read(texts[index], texts[index + 1]) else { return nil }
    }
    if id.isEmpty { return nil }
  }

  private mutating func read(_ name: String, _ value: String) -> Bool {
    func number<Number: FixedWidthInteger>(_ field: inout Number) -> Bool {
      guard let number = Number(value) else { return false }
      field = number
      return true
    }
    switch name {
    case "id": id = value
    case "bundle": bundle = value
    case "rootfs": rootfs = value
    case "ociVersion": ociVersion = value
    case "created": created = value
    case "owner": return number(&owner)
    case "pid": return number(&processID)
    case "startTime": return number(&startTime)
    case "namespaces": return number(&namespaces)
    case "cgroup": cgroup = value
    case "unit": unit = value
    case "chroot": hasChangedRoot = value == "1"
    case "rootMount": rootMount = value
    case "poststart": hasPoststartHooks = value == "1"
    case "poststop": hasPoststopHooks = value == "1"
    case "restored": isRestored = value == "1"
    case "heeds": heededAnnotations.append(value)
    case _ where name.hasPrefix("annotation."):
      annotations.append(Field(String(name.dropFirst("annotation.".count)), value))
    default: return false
    }
    return true
  }
}
