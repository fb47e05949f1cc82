import Foundation
import TestSupport
import Testing

/// A command line of which the plan and the result are compared.
struct PlanCase: CustomTestStringConvertible, Sendable {
  var options: String
  /// What the options name.
  var setup = ""
  var hostRoot = HostRoot.private

  var testDescription: String { "\(options.isEmpty ? "no options" : options), \(hostRoot.rawValue) host" }

  static let sayable: [PlanCase] = [
    PlanCase(options: ""),
    PlanCase(options: "", hostRoot: .shared),
    PlanCase(options: "--propagation slave", hostRoot: .shared),
    PlanCase(options: "--propagation shared", hostRoot: .shared),
    PlanCase(options: "--propagation unchanged", hostRoot: .shared),
    PlanCase(options: "-v ./src:/mnt:ro", setup: "mkdir src"),
    PlanCase(options: "-v ./src:/mnt:ro,nosuid,nodev,noexec", setup: "mkdir src && mount -t tmpfs src src"),
    PlanCase(options: "-v ./src:$PWD/new/er", setup: "mkdir src && touch src/file other && ln -s other link"),
    PlanCase(options: "-v ./file:$PWD/new", setup: "touch file"),
    PlanCase(options: "-v ./src:/berth-test-new", setup: "mkdir src"),
    PlanCase(options: "-v ./src:/berth-test-new", setup: "mkdir src", hostRoot: .shared),
    PlanCase(options: "--tmpfs /mnt"),
    PlanCase(options: "--tmpfs /mnt:size=1024k,mode=0700,exec,uid=7"),
    PlanCase(options: "--rootfs root", setup: "rootfs root"),
    PlanCase(options: "--rootfs root --ipc --net -v ./src:/data:ro,nodev", setup: "rootfs root && mkdir src root/data"),
    PlanCase(options: "--rootfs root -v ./src:/new", setup: "rootfs root && mkdir src"),
    PlanCase(options: "--overlay"),
    PlanCase(options: "--overlay=kept"),
    PlanCase(options: "--rootfs root --overlay", setup: "rootfs root"),
    PlanCase(options: "--image image", setup: "rootfs root && image root image"),
  ]

  /// Those whose lines need mount(8) of util-linux 2.39.
  static let recursive: [PlanCase] = [
    PlanCase(options: "--read-only"),
    PlanCase(
      options: "--rootfs root --read-only",
      setup: "rootfs root && mount -t tmpfs below root/bin && rootfs root"
    ),
  ]

  /// A script in which `live` gives the table in the shell and `plan FORM` the plan.
  func script(_ body: String) -> String {
    Scripts.rootfs + Scripts.image + Scripts.table + """
      live() { "$BERTH" shell \(options) -- cat /proc/self/mountinfo; }
      plan() { "$BERTH" shell --dry-run="$1" \(options) -- cat /proc/self/mountinfo; }
      \(setup)

      """ + body
  }
}

/// What the kernel shows in the end is what the plan said.
@Suite(.requiresRoot, .requires("busybox", "mksquashfs")) struct PlanTableTests {
  @Test(arguments: PlanCase.sayable)
  func pastedLinesGiveTheSameTable(planCase: PlanCase) throws { try comparePasted(planCase) }

  @Test(.mountTakesRecursiveOptions, arguments: PlanCase.recursive)
  func pastedRecursiveLinesGiveTheSameTable(planCase: PlanCase) throws { try comparePasted(planCase) }

  /// Pastes the lines into bash: the line with unshare(1) starts another, which goes on with the same input.
  private func comparePasted(_ planCase: PlanCase) throws {
    let output = try Berth.script(
      planCase.script(
        """
        touch expected pasted
        live | table >expected
        rm -rf kept
        plan text | sed '$ s|.*|cat /proc/self/mountinfo|' | SHELL=/bin/bash bash | table >pasted
        [[ -s expected ]] && diff expected pasted
        """
      ),
      hostRoot: planCase.hostRoot
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }

  @Test(arguments: PlanCase.sayable + PlanCase.recursive)
  func stepsAreInTheTable(planCase: PlanCase) throws {
    let output = try Berth.script(planCase.script("plan json && echo = && live"), hostRoot: planCase.hostRoot)
    try #require(output.status == 0, "\(output.err)")
    let texts = output.out.components(separatedBy: "\n=\n")
    try #require(texts.count == 2)
    let plan = try JSONDecoder().decode(PlanJSON.self, from: Data(texts[0].utf8))
    let table = texts[1].split(separator: "\n").compactMap { MountLine(String($0)) }
    try #require(!table.isEmpty)
    let contradictions = plan.contradictions(with: table)
    #expect(contradictions.isEmpty, "\(contradictions.joined(separator: "\n"))")
  }
}

extension Trait where Self == ConditionTrait {
  /// Needs a mount(8) that takes `ro=recursive`; it is the reader's tool and not a part of berth, so that CI may lack it.
  static var mountTakesRecursiveOptions: Self {
    let words = (try? Program.run("/usr/bin/mount", ["--version"]))?.out.split(separator: " ") ?? []
    let version = words.dropFirst(3).first?.split(separator: ".").compactMap { Int($0) } ?? []
    return .enabled(
      if: version.starts(with: [2]) && version.count > 1 && version[1] >= 39,
      "mount(8) before util-linux 2.39 has no ro=recursive"
    )
  }
}
