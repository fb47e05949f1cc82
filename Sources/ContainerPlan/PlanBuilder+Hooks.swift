import OCISpec

extension PlanBuilder {
  /// The programs at points of the container's life, config.md "POSIX-platform Hooks".
  mutating func planHooks() {
    guard let hooks = spec.hooks else { return }
    let lists: [(String, [Hook]?)] = [
      ("prestart", hooks.prestart), ("createRuntime", hooks.createRuntime), ("createContainer", hooks.createContainer),
      ("startContainer", hooks.startContainer), ("poststart", hooks.poststart), ("poststop", hooks.poststop),
    ]
    for (name, list) in lists {
      for (index, hook) in (list ?? []).enumerated() {
        let place = "hooks.\(name)[\(index)]"
        if !hook.path.hasPrefix("/") { problem(place + ".path", "\"\(hook.path)\" is not an absolute path") }
        if let timeout = hook.timeout, timeout <= 0 {
          problem(place + ".timeout", "\(timeout) is not a time: it must be greater than zero")
        }
      }
    }
    plan.createContainerHooks = hooks.createContainer ?? []
    plan.startContainerHooks = hooks.startContainer ?? []
  }
}
