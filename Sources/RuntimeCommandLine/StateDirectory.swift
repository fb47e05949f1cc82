extension GlobalOptions {
  /// Where containers are kept: `--root`, or the usual place of the caller; nil if that has none.
  ///
  /// Root in a user namespace of someone else's is no root: it may not write to /run, and has the someone's variables.
  package func stateDirectory(
    userID: UInt32,
    environment: [String],
    isInUserNamespace: () -> Bool
  ) -> String? {
    if let root { return root }
    func variable(_ name: String) -> Substring? {
      environment.last { $0.hasPrefix(name + "=") }?.dropFirst(name.count + 1)
    }
    let own = variable("XDG_RUNTIME_DIR").flatMap { $0.isEmpty ? nil : "\($0)/berth" }
    guard userID == 0 else { return own }
    if let own, variable("USER") != "root", isInUserNamespace() { return own }
    return "/run/berth"
  }
}
