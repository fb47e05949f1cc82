import LinuxABI
import RuntimeCommandLine
import Testing

/// The grammar of Go's flag package, as runc has it: its clients write all of these.
struct GrammarTests {
  private static let bundle = RuntimeRequest.create(
    with(CreateRequest()) {
      $0.id = "web"
      $0.bundle = "/b"
    }
  )

  @Test(arguments: [
    "create --bundle /b web", "create -bundle /b web", "create --bundle=/b web", "create -bundle=/b web",
    "create -b /b web", "create --b /b web", "create -b=/b web", "create web --bundle /b", "create --bundle /b -- web",
    "create --bundle /a --bundle /b web", "-- create -b /b web",
  ])
  func values(line: String) throws {
    #expect(try read(line) == Self.bundle)
  }

  @Test(arguments: [
    ("run web", false), ("run --detach web", true), ("run -d web", true), ("run -detach web", true),
    ("run --detach=true web", true), ("run --detach=T web", true), ("run -d=1 web", true),
    ("run --detach=false web", false), ("run -d=0 web", false), ("run -d --detach=F web", false),
    ("run web -d", true), ("run web --detach=false", false),
  ])
  func flags(line: String, isDetached: Bool) throws {
    let request = with(CreateRequest()) {
      $0.id = "web"
      $0.isDetached = isDetached
    }
    #expect(try read(line) == .run(request))
  }

  /// A value is the next word, whatever it looks like.
  @Test(arguments: [
    ("create --pid-file -d web", "-d"), ("create --pid-file -- web", "--"), ("create --pid-file=-x=y web", "-x=y"),
    ("create --pid-file a=b web", "a=b"),
  ])
  func valuesLikeOptions(line: String, value: String) throws {
    let request = with(CreateRequest()) {
      $0.id = "web"
      $0.pidFile = value
    }
    #expect(try read(line) == .create(request))
  }

  /// Behind the container's ID, `exec` and `ps` have the words of another program.
  @Test(arguments: [
    ("exec web ls -l", ["ls", "-l"]), ("exec web ls --env A=B -- x", ["ls", "--env", "A=B", "--", "x"]),
    ("exec web -h", ["-h"]), ("exec web --nope", ["--nope"]), ("exec -- web ls", ["ls"]),
    ("exec web -- ls -l", ["ls", "-l"]), ("exec -- web -- ls", ["--", "ls"]), ("exec web ls ''", ["ls", ""]),
  ])
  func optionsEndAtTheContainer(line: String, command: [String]) throws {
    let request = with(ExecRequest()) {
      $0.id = "web"
      $0.command = command
    }
    #expect(try read(line) == .exec(request))
  }

  @Test(arguments: [
    ("ps web", ["-ef"]), ("ps web -e -x", ["-e", "-x"]), ("ps web -o pid,args", ["-o", "pid,args"]),
    ("ps web --format json", ["--format", "json"]),
  ])
  func optionsOfPs(line: String, arguments: [String]) throws {
    let request = with(ProcessListRequest()) {
      $0.id = "web"
      $0.arguments = arguments
    }
    #expect(try read(line) == .ps(request))
  }

  @Test func emptyWordsAreWords() throws {
    #expect(try read("create ''") == .create(CreateRequest()))
    #expect(problem("state '' web") == "state \"web\" is a word too many: berth state ID")
  }

  @Test(arguments: [
    "create -h", "create --help", "create -help", "create web --help", "create --bundle /b -h", "--debug create -h",
    "help create",
  ])
  func help(line: String) throws {
    #expect(try read(line) == .help(.create))
  }

  /// Other faces of berth, and help on all of it.
  @Test(arguments: [
    "", "--help", "-h", "--debug --help", "shell", "shell --net", "help", "help shell", "mounts", "nope",
  ])
  func notOurs(line: String) throws {
    #expect(try read(line) == nil)
  }

  @Test(arguments: [
    ("create", "create a word is missing: berth create [options] ID"),
    ("create a b", "create \"b\" is a word too many: berth create [options] ID"),
    ("exec", "exec a word is missing: berth exec [options] ID COMMAND [ARGUMENT ...]"),
    ("exec web", "exec web: the command is missing: what is to run in the container?"),
    ("create --bundle", "create --bundle: the value is missing: --bundle DIR"),
    ("create --bundel /b web", "create --bundel: there is no such option; did you mean --bundle?"),
    ("create --bundel=/b web", "create --bundel: there is no such option; did you mean --bundle?"),
    ("create -x web", "create -x: there is no such option"),
    ("create -bd web", "create -bd: there is no such option"),
    ("create --no-such-thing web", "create --no-such-thing: there is no such option"),
    ("create ---bundle web", "create ---bundle: an option is a name behind one dash or two"),
    ("create --=x web", "create --=x: an option is a name behind one dash or two"),
    ("run --detach=maybe web", "run --detach=maybe: this is neither true nor false"),
    ("run --detach= web", "run --detach=\"\": this is neither true nor false"),
    ("run --debgu web", "run --debgu: there is no such option; did you mean --debug?"),
    ("--lgo x state web", "--lgo: there is no such option; did you mean --log?"),
    ("--log", "--log: the value is missing: --log FILE"),
    ("kill a b c", "kill \"c\" is a word too many: berth kill [options] ID [SIGNAL]"),
    ("list web", "list \"web\" is a word too many: berth list [options]"),
  ])
  func misunderstood(line: String, message: String) {
    #expect(problem(line) == message)
  }

  @Test func anErrorSaysWhereHelpIs() throws {
    let general = #expect(throws: UsageError.self) { try read("--nope state web") }
    #expect(general?.description == "--nope: there is no such option\n  berth --help describes the options.")
    let ofCommand = #expect(throws: UsageError.self) { try read("state --nope web") }
    #expect(
      ofCommand?.description == "state --nope: there is no such option\n  berth state --help describes the options."
    )
  }
}
