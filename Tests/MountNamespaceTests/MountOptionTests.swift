import LinuxABI
import MountNamespace
import Testing

struct MountOptionTests {
  /// config.md "Linux mount options": every option that a runtime MUST take.
  static let required: [(String, MountOption)] = [
    ("async", .fileSystemFlag("async")),
    ("atime", .clear(.noAccessTime)),
    ("bind", .bind(recursive: false)),
    ("defaults", .ignored),
    ("dev", .clear(.noDevices)),
    ("diratime", .clear(.noDirectoryAccessTime)),
    ("dirsync", .fileSystemFlag("dirsync")),
    ("exec", .clear(.noExecution)),
    ("iversion", .ignored),
    ("lazytime", .fileSystemFlag("lazytime")),
    ("loud", .ignored),
    ("noatime", .set(.noAccessTime)),
    ("nodev", .set(.noDevices)),
    ("nodiratime", .set(.noDirectoryAccessTime)),
    ("noexec", .set(.noExecution)),
    ("noiversion", .ignored),
    ("nolazytime", .fileSystemFlag("nolazytime")),
    ("norelatime", .ignored),
    ("nostrictatime", .clear(.strictAccessTime)),
    ("nosuid", .set(.noSetUserID)),
    ("private", .propagation(.private, recursive: false)),
    ("rbind", .bind(recursive: true)),
    ("relatime", .clear(.accessTimeModes)),
    ("remount", .remount),
    ("ro", .set(.readOnly)),
    ("rprivate", .propagation(.private, recursive: true)),
    ("rshared", .propagation(.shared, recursive: true)),
    ("rslave", .propagation(.slave, recursive: true)),
    ("runbindable", .propagation(.unbindable, recursive: true)),
    ("rw", .clear(.readOnly)),
    ("shared", .propagation(.shared, recursive: false)),
    ("silent", .ignored),
    ("slave", .propagation(.slave, recursive: false)),
    ("strictatime", .set(.strictAccessTime)),
    ("suid", .clear(.noSetUserID)),
    ("sync", .fileSystemFlag("sync")),
    ("unbindable", .propagation(.unbindable, recursive: false)),
  ]

  /// The same table: every option that a runtime SHOULD take.
  static let recommended: [(String, MountOption)] = [
    ("nosymfollow", .set(.noSymbolicLinks)),
    ("symfollow", .clear(.noSymbolicLinks)),
    ("ratime", .clearRecursively(.noAccessTime)),
    ("rdev", .clearRecursively(.noDevices)),
    ("rdiratime", .clearRecursively(.noDirectoryAccessTime)),
    ("rexec", .clearRecursively(.noExecution)),
    ("rnoatime", .setRecursively(.noAccessTime)),
    ("rnodev", .setRecursively(.noDevices)),
    ("rnodiratime", .setRecursively(.noDirectoryAccessTime)),
    ("rnoexec", .setRecursively(.noExecution)),
    ("rnorelatime", .ignored),
    ("rnostrictatime", .clearRecursively(.strictAccessTime)),
    ("rnosuid", .setRecursively(.noSetUserID)),
    ("rnosymfollow", .setRecursively(.noSymbolicLinks)),
    ("rrelatime", .clearRecursively(.accessTimeModes)),
    ("rro", .setRecursively(.readOnly)),
    ("rrw", .clearRecursively(.readOnly)),
    ("rstrictatime", .setRecursively(.strictAccessTime)),
    ("rsuid", .clearRecursively(.noSetUserID)),
    ("rsymfollow", .clearRecursively(.noSymbolicLinks)),
    ("idmap", .idMap(recursive: false)),
    ("ridmap", .idMap(recursive: true)),
  ]

  /// The same table: what a runtime MAY take.
  static let permitted: [(String, MountOption)] = [
    ("mand", .fileSystemFlag("mand")), ("nomand", .fileSystemFlag("nomand")), ("tmpcopyup", .copyUp),
    ("src-nofollow", .sourceLinkItself), ("dest-nofollow", .destinationLinkItself), ("copy-symlink", .copyLink),
  ]

  @Test(arguments: required + recommended + permitted)
  func meaning(option: String, meaning: MountOption) {
    #expect(MountOption(option) == meaning)
  }

  /// An option that is in the table and in none of the lists above would be berth's own invention.
  @Test func nothingElseIsInTheTable() {
    let known = Set((Self.required + Self.recommended + Self.permitted).map(\.0))
    #expect(Set(MountOption.table.map(\.name)).subtracting(known).isEmpty)
    #expect(Set(MountOption.table.map(\.name)).count == MountOption.table.count, "an option has one meaning")
  }

  @Test(
    arguments: [
      ("rbindd", "rbind"), ("nosiud", "nosuid"), ("norsuid", "nosuid"), ("readonly", nil), ("bnid", "bind"),
      ("r0", "ro"), ("RO", nil), ("rslvae", "rslave"), ("privat", "private"), ("nosymfolow", "nosymfollow"),
      ("remuont", "remount"), ("xyzzy", nil), ("", nil),
    ] as [(String, String?)]
  )
  func nearest(name: String, suggestion: String?) {
    #expect(MountOption.nearest(to: name) == suggestion)
  }

  /// Up to a third of the letters may differ, and a swap of neighbours is one difference.
  @Test(
    arguments: [
      ("abc", "abd", true), ("abc", "add", false), ("abcdef", "abcfed", true), ("abcdef", "bacedf", true),
      ("abcdef", "badcfe", false), ("ab", "ba", true), ("a", "b", true), ("abc", "abcd", true), ("abc", "abcde", false),
    ]
  )
  func nearness(name: String, candidate: String, isNear: Bool) {
    #expect(nearestName(to: name, among: [candidate]) == (isNear ? candidate : nil))
  }

  @Test func noCandidates() { #expect(nearestName(to: "abc", among: []) == nil) }
}
