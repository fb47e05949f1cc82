import LinuxABI
import MountNamespace
import OCISpec

extension PlanBuilder {
  /// What every container finds in /dev, config-linux.md "Default Devices" and "Dev symbolic links".
  mutating func planDefaultDevices(except others: [String] = []) {
    let devices: [(String, UInt32, UInt32)] = [
      ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ]
    for (name, major, minor) in devices where !others.contains("/dev/" + name) {
      make(DeviceNode(number: DeviceNumber(major: major, minor: minor)), at: "/dev/" + name)
    }
    let links = [
      ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
      ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ]
    for (name, text) in links where !others.contains("/dev/" + name) || name == "ptmx" {
      plan.steps.append(.makeSymbolicLink(to: text, at: inRoot("/dev/" + name)))
    }
  }

  private mutating func make(_ node: DeviceNode, at path: String) {
    let place = inRoot(path)
    guard entersUserNamespace || makesMountPoints && host.caller.isRootless, node.kind != .fifo else {
      plan.steps.append(.makeDevice(node, at: place))
      return
    }
    // A user namespace cannot make devices that work: it borrows the host's.
    plan.steps.append(.makeFile(place))
    var source = MountPoint(path: path)
    if makesMountPoints {
      source = .captured(plan.captures.count, path: path)
      plan.captures.append(.capture(source, recursive: false))
    }
    step(.bind(from: source, recursive: false, change: MountChange(), at: place))
  }

  /// The default devices and those of the spec, config-linux.md "Devices", unless /dev is taken over as it is.
  mutating func planDevices() {
    let isTakenOver = (spec.mounts ?? []).contains { isBind($0) && normalized("/" + $0.destination) == "/dev" }
    let devices = spec.linux?.devices ?? []
    if isTakenOver { return }
    planDefaultDevices(except: devices.map { normalized($0.path) })
    // The place of the terminal, which is put there once it is made.
    if plan.process.terminal != nil { plan.steps.append(.makeFile(inRoot("/dev/console"))) }
    for (index, device) in devices.enumerated() {
      let place = "linux.devices[\(index)]"
      guard device.path.hasPrefix("/") else {
        problem(place + ".path", "\"\(device.path)\" is not an absolute path")
        continue
      }
      guard let node = node(device, at: place) else { continue }
      // The host's would open a terminal of the host's: the link to the container's own stays.
      if normalized(device.path) == "/dev/ptmx" { continue }
      make(node, at: normalized(device.path))
    }
  }

  private mutating func node(_ device: Linux.Device, at place: String) -> DeviceNode? {
    let kind: FileKind
    switch device.type {
    case "c", "u": kind = .characterDevice
    case "b": kind = .blockDevice
    case "p": kind = .fifo
    default:
      problem(place + ".type", "\"\(device.type)\" is not a type of device: c, u, b and p are, mknod(1)")
      return nil
    }
    var number = DeviceNumber(major: 0, minor: 0)
    if kind != .fifo {
      guard let major = device.major.flatMap(UInt32.init(exactly:)),
        let minor = device.minor.flatMap(UInt32.init(exactly:)), major < 1 << 12, minor < 1 << 20
      else {
        problem(place, "a device needs a major number of 0 to 4095 and a minor number of 0 to 1048575")
        return nil
      }
      number = DeviceNumber(major: major, minor: minor)
    }
    return DeviceNode(
      kind: kind,
      number: number,
      permissions: device.fileMode.map { $0 & 0o7777 } ?? 0o666,
      userID: device.uid ?? 0,
      groupID: device.gid ?? 0
    )
  }
}
