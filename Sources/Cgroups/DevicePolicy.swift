package import JSON
package import OCISpec

/// What the devices of a rule may be used for.
package struct DeviceAccess: OptionSet, Hashable, Sendable, CustomStringConvertible {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  package init(arrayLiteral members: Self...) { rawValue = members.reduce(0) { $0 | $1.rawValue } }

  // The bits are those of the eBPF program's context, <linux/bpf.h> `BPF_DEVCG_ACC_*`.
  package static var mknod: Self { Self(rawValue: 1) }
  package static var read: Self { Self(rawValue: 2) }
  package static var write: Self { Self(rawValue: 4) }
  package static var all: Self { [.mknod, .read, .write] }

  /// Reads letters of `rwm`, and passes over others; nil if none is left.
  package init?(letters: String) {
    var access: Self = []
    for letter in letters.unicodeScalars {
      switch letter {
      case "r": access.insert(.read)
      case "w": access.insert(.write)
      case "m": access.insert(.mknod)
      default: break
      }
    }
    if access.isEmpty { return nil }
    self = access
  }

  package var description: String {
    (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "") + (contains(.mknod) ? "m" : "")
  }
}

/// Devices of one kind: those with the numbers, or with any where there is none.
package struct DeviceMatch: Hashable, Sendable, CustomStringConvertible {
  package var isBlock: Bool
  package var major: UInt32?
  package var minor: UInt32?

  package init(isBlock: Bool, major: UInt32?, minor: UInt32?) {
    self.isBlock = isBlock
    self.major = major
    self.minor = minor
  }

  /// As in the files of the devices controller: `c 1:3`, `b *:*`.
  package var description: String {
    "\(isBlock ? "b" : "c") \(major.map(String.init) ?? "*"):\(minor.map(String.init) ?? "*")"
  }

  /// The other matches that have devices in common with this one by having more of them.
  fileprivate var wider: [Self] {
    [
      Self(isBlock: isBlock, major: nil, minor: minor), Self(isBlock: isBlock, major: major, minor: nil),
      Self(isBlock: isBlock, major: nil, minor: nil),
    ].filter { $0 != self }
  }
}

/// Which devices a container may use: all or none, and the exceptions.
///
/// The rules of the specification are applied in their order to a list of exceptions, as the devices controller of
/// version 1 does it (the kernel's Documentation/admin-guide/cgroup-v1/devices.rst): a rule for all devices empties
/// the list and says what holds for the rest; any other adds an exception or takes one away.
package struct DevicePolicy: Hashable, Sendable {
  package struct Exception: Hashable, Sendable {
    package var match: DeviceMatch
    package var access: DeviceAccess
  }

  package private(set) var allowsByDefault = false
  package private(set) var exceptions: [Exception] = []

  /// - Parameter specified: the paths of the specification's own devices: they take the place of default devices.
  package init(_ rules: [Resources.DeviceRule], specified: [String] = [], problems: inout [JSONProblem]) {
    for (index, rule) in rules.enumerated() {
      if let problem = apply(rule) {
        problems.append(JSONProblem("linux.resources.devices[\(index)]\(problem.path)", problem.message))
      }
    }
    for device in DefaultDevice.all where !specified.contains(where: { $0 == device.path }) {
      if let message = apply(device.match, device.access, allow: true) {
        problems.append(JSONProblem("linux.resources.devices", message))
      }
    }
  }

  /// Whether every device may be used in every way.
  package var allowsEverything: Bool { allowsByDefault && exceptions.isEmpty }

  /// Applies one rule; the answer is what is wrong with it.
  private mutating func apply(_ rule: Resources.DeviceRule) -> JSONProblem? {
    guard let letters = rule.access, !letters.isEmpty else {
      return JSONProblem(".access", "device access field cannot be empty")
    }
    guard let access = DeviceAccess(letters: letters) else {
      return JSONProblem(".access", "\"\(letters)\" has none of the letters r, w and m")
    }
    let isBlock: Bool
    switch rule.type ?? "a" {
    case "a":
      // The kernel looks at no number or access of such a rule.
      allowsByDefault = rule.allow
      exceptions = []
      return nil
    case "b": isBlock = true
    case "c", "u": isBlock = false
    case let type: return JSONProblem(".type", "\"\(type)\" is not a type of device: a, b or c")
    }
    for (name, number) in [("major", rule.major), ("minor", rule.minor)] {
      if let number, number != -1, UInt32(exactly: number) == nil {
        return JSONProblem(".\(name)", "\(number) is out of range for a device number")
      }
    }
    let match = DeviceMatch(
      isBlock: isBlock,
      major: rule.major.flatMap { UInt32(exactly: $0) },
      minor: rule.minor.flatMap { UInt32(exactly: $0) }
    )
    return apply(match, access, allow: rule.allow).map { JSONProblem("", $0) }
  }

  private mutating func apply(_ match: DeviceMatch, _ access: DeviceAccess, allow: Bool) -> String? {
    if allow != allowsByDefault {
      if let index = exceptions.firstIndex(where: { $0.match == match }) {
        exceptions[index].access.formUnion(access)
      } else {
        exceptions.append(Exception(match: match, access: access))
      }
      return nil
    }
    // The kernel removes an exception with the same numbers, and passes over a rule for a part of one: the rule would
    // have no effect and nobody would know.
    for wider in match.wider {
      if let hole = exceptions.first(where: { $0.match == wider && !$0.access.isDisjoint(with: access) }) {
        return "\(allow ? "allowing" : "denying") \(match) \(access) makes a hole in \(hole.match) \(hole.access), "
          + "which device cgroups cannot have"
      }
    }
    if let index = exceptions.firstIndex(where: { $0.match == match }) {
      exceptions[index].access.subtract(access)
      if exceptions[index].access.isEmpty { exceptions.remove(at: index) }
    }
    return nil
  }

  /// The writes that bring a cgroup of version 1 to this policy, whatever it had.
  package var writes: [CgroupWrite] {
    let place = "linux.resources.devices"
    let (whole, other) = allowsByDefault ? ("devices.allow", "devices.deny") : ("devices.deny", "devices.allow")
    return [CgroupWrite(whole, "a *:* rwm", place: place)]
      + exceptions.map { CgroupWrite(other, "\($0.match) \($0.access)", place: place) }
  }
}
