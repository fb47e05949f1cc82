import ArgumentParser
import MachineReading

/// `berth mounts renew`: takes a mount away and puts it back, so that it is sent.
struct MountsRenewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "renew",
    abstract: "Take a mount out of its place and put it back, so that those who receive from there see it.",
    discussion: """
      A mount is sent when it is made: who has come to receive from there later does not see it. This puts a copy of it, and of what is \
      mounted below it, in its place, which is sent. What was open stays open in the old one. berth mounts explain says where that \
      helps.

      The path is taken as it is: no symbolic link is followed. The exit status is 0 when it was done, 1 when it was not, and 2 when \
      there is no such target.

      Examples:
        berth mounts renew host /srv/data
      """
  )

  @Argument(help: ArgumentHelp("Whose mount.", valueName: "target")) var target: String
  @Argument(help: ArgumentHelp("Where it is mounted, as the target sees it.", valueName: "path")) var path: String

  func run() throws { try InstrumentSupport.change(.renew, of: target, at: path) }
}
