import Foundation

/// The inputs that are kept of each target, as files: what is to be read well, and all that ever failed.
package struct FuzzCorpus {
  /// Tests/Fuzz.
  private static var directory: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  }

  package static func seeds(of target: FuzzTarget) throws -> [[UInt8]] { try inputs("Corpus/\(target.name)") }

  package static func failures(of target: FuzzTarget) throws -> [[UInt8]] { try inputs("Failures/\(target.name)") }

  private static func inputs(_ name: String) throws -> [[UInt8]] {
    let folder = directory.appending(path: name)
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
      Array(try Data(contentsOf: folder.appending(path: $0)))
    }
  }
}
