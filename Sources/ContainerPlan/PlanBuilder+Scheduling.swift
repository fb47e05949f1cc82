import LinuxABI
import OCISpec

extension PlanBuilder {
  /// How the process is scheduled and placed, and under which labels it runs: config.md "Linux Process".
  mutating func planAttributes(_ process: ProcessSpec) {
    if let adjustment = process.oomScoreAdj {
      plan.process.oomScoreAdjustment = adjustment
      if !(-1000...1000).contains(adjustment) {
        problem("process.oomScoreAdj", "\(adjustment) is out of range: the least is -1000, the most 1000")
      }
    }
    if let scheduler = process.scheduler { planScheduler(scheduler) }
    if let priority = process.ioPriority { planIOPriority(priority) }
    if let policy = spec.linux?.memoryPolicy { planMemoryPolicy(policy) }
    if let personality = spec.linux?.personality { planPersonality(personality) }
    if spec.linux?.intelRdt != nil {
      problem("linux.intelRdt", "caches and memory bandwidth cannot be shared out: this berth does not use resctrl")
    }
    plan.process.processors.initial = processors(process.execCPUAffinity?.initial, "initial")
    plan.process.processors.final = processors(process.execCPUAffinity?.final, "final")
    planLabels(process)
  }

  private mutating func processors(_ list: String?, _ field: String) -> NumberList? {
    guard let list, !list.isEmpty else { return nil }
    let processors = NumberList(list)
    if processors == nil {
      problem("process.execCPUAffinity.\(field)", "\"\(list)\" is not a list of processors such as 0-3,7")
    }
    return processors
  }

  private mutating func planLabels(_ process: ProcessSpec) {
    if let profile = process.apparmorProfile, !profile.isEmpty {
      plan.process.appArmorProfile = profile
      if !host.security.hasAppArmor {
        problem("process.apparmorProfile", "\"\(profile)\" cannot be applied: the kernel does not run AppArmor")
      }
    }
    for (field, label) in [
      ("process.selinuxLabel", process.selinuxLabel), ("linux.mountLabel", spec.linux?.mountLabel),
    ] {
      guard let label, !label.isEmpty, !host.security.hasSELinux else { continue }
      problem(field, "\"\(label)\" cannot be applied: the kernel does not run SELinux")
    }
    if let label = process.selinuxLabel, !label.isEmpty { plan.process.seLinuxLabel = label }
  }

  private mutating func planScheduler(_ scheduler: ProcessSpec.Scheduler) {
    guard let policy = SchedulingPolicy(rawValue: scheduler.policy) else {
      let known = SchedulingPolicy.allCases.map(\.rawValue).joined(separator: ", ")
      return problem("process.scheduler.policy", "\"\(scheduler.policy)\" is not a scheduling policy: \(known)")
    }
    var attributes = SchedulingAttributes(policy: policy)
    attributes.flags = UInt64(
      flags(scheduler.flags, of: SchedulingAttributes.flags, at: "process.scheduler.flags")
    )
    if let nice = scheduler.nice {
      if !(-20...19).contains(nice) {
        problem("process.scheduler.nice", "\(nice) is out of range: the least is -20, the most 19")
      }
      attributes.nice = nice
    }
    if let priority = scheduler.priority, priority != 0 {
      if policy != .fifo && policy != .roundRobin {
        problem(
          "process.scheduler.priority",
          "a priority is for SCHED_FIFO and SCHED_RR, and this is \(policy.rawValue)"
        )
      }
      attributes.priority = UInt32(clamping: priority)
    }
    let times = [scheduler.runtime, scheduler.deadline, scheduler.period]
    if policy != .deadline, times.contains(where: { ($0 ?? 0) != 0 }) {
      problem(
        "process.scheduler",
        "runtime, deadline and period are for SCHED_DEADLINE, and this is \(policy.rawValue)"
      )
    }
    attributes.runtime = scheduler.runtime ?? 0
    attributes.deadline = scheduler.deadline ?? 0
    attributes.period = scheduler.period ?? 0
    plan.process.scheduling = attributes
  }

  private mutating func planIOPriority(_ priority: ProcessSpec.IOPriority) {
    guard let type = IOPriorityClass(rawValue: priority.class), type != .none else {
      return problem(
        "process.ioPriority.class",
        "\"\(priority.class)\" is not a class: IOPRIO_CLASS_RT, IOPRIO_CLASS_BE and IOPRIO_CLASS_IDLE are"
      )
    }
    let level = priority.priority ?? 0
    if !(0...7).contains(level) {
      problem("process.ioPriority.priority", "\(level) is out of range: the least is 0, the most 7")
    }
    plan.process.ioPriority = type.value(priority: level)
  }

  private mutating func planMemoryPolicy(_ policy: Linux.MemoryPolicy) {
    guard let mode = MemoryPolicyMode(rawValue: policy.mode) else {
      let known = MemoryPolicyMode.allCases.map(\.rawValue).joined(separator: ", ")
      return problem("linux.memoryPolicy.mode", "invalid memory policy mode \"\(policy.mode)\": \(known) are known")
    }
    let text = policy.nodes ?? ""
    guard let nodes = text.isEmpty ? NumberList(bits: []) : NumberList(text) else {
      return problem("linux.memoryPolicy.nodes", "invalid memory policy node list \"\(text)\": one is 0-1,3")
    }
    if mode == .default, nodes.count > 0 {
      problem("linux.memoryPolicy.nodes", "\(mode.rawValue): this mode requires 0 nodes but got \(nodes.count)")
    }
    let flags = flags(
      policy.flags,
      of: MemoryPolicyMode.flags,
      at: "linux.memoryPolicy.flags",
      what: "invalid memory policy flag: "
    )
    plan.process.memoryPlacement = MemoryPlacement(mode: mode.number | flags, nodes: nodes)
  }

  private mutating func planPersonality(_ personality: Linux.Personality) {
    switch personality.domain {
    case "LINUX": plan.process.personality = 0
    case "LINUX32": plan.process.personality = 8
    case let domain:
      problem("linux.personality.domain", "\"\(domain)\" is not an execution domain: LINUX and LINUX32 are")
    }
    if !(personality.flags ?? []).isEmpty {
      problem("linux.personality.flags", "no flags are defined for the personality")
    }
  }

  /// The bits of named flags; a name that is none is a problem.
  private mutating func flags<Bits: FixedWidthInteger>(
    _ names: [String]?,
    of table: [(name: String, value: Bits)],
    at place: String,
    what: String = ""
  ) -> Bits {
    var bits: Bits = 0
    for (index, name) in (names ?? []).enumerated() {
      if let flag = table.first(where: { $0.name == name }) {
        bits |= flag.value
      } else {
        problem("\(place)[\(index)]", "\(what)\"\(name)\" is not one of \(table.map(\.name).joined(separator: ", "))")
      }
    }
    return bits
  }
}
