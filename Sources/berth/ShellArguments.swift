import ShellSpec

/// The words after `berth shell`, parted into options and the command.
struct ShellArguments {
  /// The options, each as ArgumentParser takes it.
  var options: [String] = []
  var command: [String] = []

  /// Options that take the next word as their value. A test compares this list with the command's own.
  static let valued: Set<String> = [
    "--share", "--join", "--hostname", "--domainname", "--name", "--propagation", "--rootfs", "--image", "--volume",
    "-v",
    "--mount", "--tmpfs", "--user", "-u", "--group-add", "--workdir", "-w", "--env", "-e", "--env-file", "--cap-add",
    "--cap-drop", "--ulimit", "--umask", "--sysctl", "--log-level",
  ]

  /// Options whose value comes after `=` alone, so that a word behind them is the command's; and what they mean without.
  static let attached: [String: String] = [
    "--overlay": ShellOptions.temporaryOverlay, "--time": "0", "--dry-run": "text",
  ]

  /// Options end at `--`, or at the first word that is neither an option nor the value of one.
  init(_ words: [String]) {
    var rest = words[...]
    while let word = rest.first, word.hasPrefix("-"), word != "-" {
      rest = rest.dropFirst()
      if word == "--" { break }
      if word == "--user" || word == "-u", rest.first.map({ $0.hasPrefix("-") }) ?? true {
        options.append("--userns")
      } else if let value = Self.attached[word] {
        options.append("\(word)=\(value)")
      } else {
        options.append(word)
        if Self.valued.contains(word), let value = rest.popFirst() { options.append(value) }
      }
    }
    command = Array(rest)
  }
}
