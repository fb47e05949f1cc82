import TestSupport
import Testing

/// `--pid-file` where others can make files too.
@Suite(.requiresRoot, .requires("jq", "busybox")) struct RuntimePidFileTests {
  /// What is there before, the file that is asked for, and what comes of it: the status, and what the file then is.
  static let cases: [(before: String, file: String, words: String)] = [
    ("true", "d/web.pid", "0 regular file"), ("echo old >d/web.pid", "d/web.pid", "0 regular file"),
    ("ln -s ../precious d/.web.pid", "d/web.pid", "0 regular file"),
    ("ln -s ../precious d/web.pid", "d/web.pid", "0 regular file"),
    ("ln -s nowhere d/web.pid", "d/web.pid", "0 regular file"), ("mkfifo d/.web.pid", "d/web.pid", "0 regular file"),
    ("mkdir d/.web.pid", "d/web.pid", "0 regular file"), ("mkdir d/web.pid", "d/web.pid", "1 directory"),
    // What is no file stays that.
    ("mknod d/web.pid c 1 3", "d/web.pid", "0 character special file"), ("mkfifo d/web.pid", "d/web.pid", "1 fifo"),
    ("mkfifo d/web.pid; exec 5<>d/web.pid", "d/web.pid", "0 fifo"),
    ("ln -s /dev/null d/web.pid", "d/web.pid", "1 symbolic link"),
    ("ln -s /proc/self/fd/5 d/web.pid; exec 5>>precious", "d/web.pid", "1 symbolic link"),
    ("ln -s /dev/stdout d/web.pid", "d/web.pid", "1 symbolic link"),
    ("name=$(printf %0255d 1)", "d/$name", "0 regular file"),
  ]

  @Test(arguments: Self.cases.indices, ["run -d -b bundle $id", "exec -d other$id true"])
  func onlyAFileOfThatNameIsWritten(row: Int, command: String) throws {
    let (before, file, words) = Self.cases[row]
    let output = try RuntimeHost.script(
      #"""
      mkdir d; echo precious >precious; \#(before)
      berth run -d -b bundle other$id
      set -- \#(command); verb=$1; shift
      berth $verb --pid-file "\#(file)" "$@" >said 2>&1
      echo $? $(stat -c %F "\#(file)"); cat precious; find d -name '.pid*'; [ ! -f "\#(file)" ] || [ -h "\#(file)" ] || grep -cE '^[0-9]+$' "\#(file)"
      """#
    )
    let status = command.hasPrefix("exec") ? words.replacing("1 ", with: "255 ", maxReplacements: 1) : words
    #expect(output.out == "\(status)\nprecious\n" + (words == "0 regular file" ? "1\n" : ""))
  }
}
