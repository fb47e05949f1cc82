/// A cgroup below a container's that a process joins instead: `path`, or `controller:path` for one hierarchy alone.
package struct SubCgroup: Hashable, Sendable {
  /// The hierarchy; nil stands for all of them.
  package var controller: String?
  package var path: String

  package init(controller: String? = nil, path: String) {
    self.controller = controller
    self.path = path
  }

  /// What is wrong with the words of a command line.
  package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    package init(description: String) { self.description = description }
  }

  /// Reads the arguments of `exec --cgroup`: one path, or paths of controllers, of several with commas between.
  package static func parse(_ arguments: [String]) throws(Problem) -> [SubCgroup] {
    var all: [SubCgroup] = []
    for argument in arguments {
      let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        if arguments.count > 1 {
          throw Problem(description: "invalid --cgroup argument: \(argument) (missing <controller>: prefix)")
        }
        return [SubCgroup(path: argument)]
      }
      for controller in parts[0].split(separator: ",", omittingEmptySubsequences: false) {
        if controller.isEmpty {
          throw Problem(description: "invalid --cgroup argument: \(argument) (empty <controller> prefix)")
        }
        if all.contains(where: { $0.controller == String(controller) }) {
          throw Problem(description: "invalid --cgroup argument(s): duplicate controller \"\(controller)\"")
        }
        all.append(SubCgroup(controller: String(controller), path: String(parts[1])))
      }
    }
    return all
  }
}
