import LinuxABI
import LinuxSyscalls
import SystemPackage

/// Runs a program of `$PATH` to its end; returns what it printed. Throws what it complained of if it fails.
package func output(of program: String, _ arguments: [String]) throws(RuntimeFailure) -> String {
  let command: Prose = "\(([program] + arguments).joined(separator: " "))"
  let file = try attempt(command) { () throws(Errno) in try Syscall.memoryFile("output") }
  let clone = try attempt(command) { () throws(Errno) in try Syscall.clone(namespaces: []) }
  switch consume clone {
  case .child: replace(by: program, arguments, output: file)
  case .parent(_, let process):
    let end = try attempt(command) { () throws(Errno) in try Syscall.wait(for: process.borrowed) }
    let text = try attempt(command) { () throws(Errno) in
      try Syscall.rewind(file.borrowed)
      return String(decoding: try Syscall.readAll(file.borrowed), as: UTF8.self)
    }
    if end == .exited(status: 0) { return text }
    throw RuntimeFailure("\(command): \(text.split(whereSeparator: \.isNewline).joined(separator: "; "))")
  }
}

private func replace(by program: String, _ arguments: [String], output: consuming Descriptor) -> Never {
  let output = FileDescriptor(rawValue: output.release())
  let environment = Syscall.environment()
  let path = environment.last { $0.hasPrefix("PATH=") }?.dropFirst("PATH=".count) ?? "/usr/bin:/bin"
  var problem = Errno.noSuchFileOrDirectory
  do throws(Errno) {
    try Syscall.duplicate(output, as: 1)
    try Syscall.duplicate(output, as: 2)
  } catch {
    Syscall.exitNow(127)
  }
  for directory in path.split(separator: ":") {
    do throws(Errno) {
      try Syscall.execute("\(directory)/\(program)", arguments: [program] + arguments, environment: environment)
    } catch {
      if error != .noSuchFileOrDirectory { problem = error }
    }
  }
  write("\(problem)\n")
  Syscall.exitNow(127)
}
