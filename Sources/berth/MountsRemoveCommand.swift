import ArgumentParser
import MachineReading

/// `berth mounts remove`: takes a mount out of a namespace.
struct MountsRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Unmount something in a process's, a container's or any other mount namespace.",
    discussion: """
      berth unmounts it with its own system calls: no program of the target's runs. What has it in use keeps what it has open, and the \
      file system goes for good when the last of them lets go, as with umount --lazy; berth mounts holders says who that is. What has \
      others mounted below it is left, and so is the root.

      The path is taken as it is: no symbolic link is followed. The exit status is 0 when it was done, 1 when it was not, and 2 when \
      there is no such target.

      Examples:
        berth mounts remove web /mnt/old
        berth mounts remove 'mnt:[4026532201]' /mnt/usb
      """
  )

  @Argument(help: ArgumentHelp("Whose mount.", valueName: "target")) var target: String
  @Argument(help: ArgumentHelp("Where it is mounted, as the target sees it.", valueName: "path")) var path: String

  func run() throws { try InstrumentSupport.change(.remove, of: target, at: path) }
}
