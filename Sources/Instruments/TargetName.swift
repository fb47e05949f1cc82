/// The words by which a person names a mount namespace: TARGET on the command line.
package enum TargetName: Hashable, Sendable {
  /// This process's own.
  case this
  /// That of PID 1.
  case host
  /// A process, or, when there is none of that number, a namespace by the number of its file or by its id.
  case number(UInt64)
  /// `mnt:[4026531841]`.
  case inode(UInt64)
  /// A file that stands for a namespace, as /proc/PID/ns/mnt.
  case file(String)
  /// A container, by its name or the beginning of its id; with an engine when one is given: `docker:web`.
  case container(engine: ContainerIdentity.Engine?, name: String)

  /// Reads a word.
  package init(_ word: String) {
    if word == "self" {
      self = .this
    } else if word == "host" {
      self = .host
    } else if word.hasPrefix("mnt:["), word.hasSuffix("]"), let inode = UInt64(word.dropFirst(5).dropLast()) {
      self = .inode(inode)
    } else if word.hasPrefix("/") || word.hasPrefix("./") {
      self = .file(word)
    } else if let number = UInt64(word) {
      self = .number(number)
    } else {
      let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let engine =
        parts.count == 2 ? ContainerIdentity.Engine(rawValue: parts[0] == "k8s" ? "kubernetes" : parts[0]) : nil
      self = .container(engine: engine, name: engine == nil ? word : parts[1])
    }
  }
}
