import TestSupport
import Testing

/// Engines have copied the annotations of images into config.json: what an image can set does not reach the host.
@Suite(.requiresRoot, .requires("jq", "busybox", "setpriv")) struct RuntimeAnnotationTests {
  /// Each of `berth shell`'s own wishes, as annotations that once stood for them.
  @Test(arguments: [
    #"{"org.berth.propagation": "unchanged"}"#, #"{"org.berth.overlay": "/kept"}"#, #"{"org.berth.overlay": "tmpfs"}"#,
    #"{"org.berth.init": "true"}"#, #"{"org.berth.foreground": "true", "org.berth.name": "x"}"#,
  ])
  func annotationsOfTheShellMeanNothing(annotations: String) throws {
    let output = try RuntimeHost.script(
      #"""
      mounts() { wc -l </proc/self/mountinfo; }
      before=$(mounts); command sh -c 'echo $$; touch /written'
      change '.annotations = \#(annotations)'
      berth create -b bundle $id; [ $(mounts) = $before ] || echo "mounts: $before, and then $(mounts)"
      berth start $id; until_true is $id stopped; berth delete $id
      [ $(mounts) = $before ] && [ -e bundle/rootfs/written ] && [ ! -e /kept ] && echo nothing
      """#,
      hostRoot: .shared
    )
    #expect(output == Output(status: 0, out: "1\nnothing\n", err: ""))
  }

  /// What `run.oci.hooks.stdout` names, whether it may be heeded, and what comes of it.
  static let files: [(name: String, isAllowed: Bool, words: String)] = [
    ("text", false, "0 before"), ("fifo", false, "0"), ("link", false, "0 before"), ("/dev/null", false, "0"),
    ("text", true, "0 before printed"), ("new", true, "0 printed"),
    ("fifo", true, "1"), ("link", true, "1 before"), ("directory", true, "1"), ("/dev/null", true, "1"),
  ]

  @Test(arguments: Self.files.indices) func anImageWritesToNoFile(row: Int) throws {
    let (name, isAllowed, words) = Self.files[row]
    let output = try RuntimeHost.script(
      #"""
      echo before >text; ln -s text link; mkfifo fifo; mkdir directory; command true
      change --arg file "$(realpath -ms \#(name))" '.annotations = {"run.oci.hooks.stdout": $file}
        | .hooks.createRuntime = [{path: "/bin/echo", args: ["echo", "printed"]}]'
      timeout 60 "$BERTH" --root "$PWD/containers" --log log \#(isAllowed ? "--allow-annotation 'run.oci.hooks.*'" : "") \
        run -b bundle $id 2>/dev/null
      echo $? $([ ! -f \#(name) ] || cat \#(name)); ls containers; grep -c 'ignored, since an image can set them' log
      """#
    )
    #expect(output.out == "\(words)\n\(isAllowed ? 0 : 1)\n")
  }

  /// The host's own list allows what the command line cannot, if it is root's alone to write.
  @Test(arguments: [
    ("echo run.oci.hooks.stdout >list", true), ("printf '# comment\\n\\n run.oci.* # all\\n' >list", true),
    ("echo run.oci.hooks.stderr >list", false), ("echo run.oci.hooks.stdout >list; chmod g+w list", false),
    ("echo run.oci.hooks.stdout >list; chmod o+w list", false),
    ("echo run.oci.hooks.stdout >list; chown 1234 list", false),
    ("mkfifo list", false), ("mkdir list", false), ("ln -s /dev/zero list", false), ("truncate -s 3G list", false),
    ("true", false),
  ])
  func theHostsListIsRoots(making: String, isAllowed: Bool) throws {
    let output = try RuntimeHost.script(
      #"""
      mkdir etc; mount -t tmpfs etc etc; mkdir etc/upper etc/work
      mount -t overlay -o lowerdir=/etc,upperdir=$PWD/etc/upper,workdir=$PWD/etc/work etc /etc
      mkdir -p /etc/berth; ( cd /etc/berth; \#(making); [ ! -e list ] || mv list annotations )
      command true; change --arg file "$PWD/out" '.annotations = {"run.oci.hooks.stdout": $file}
        | .hooks.createRuntime = [{path: "/bin/echo", args: ["echo", "printed"]}]'
      timeout 60 "$BERTH" --root "$PWD/containers" --log log run -b bundle $id; echo $?; cat out
      """#
    )
    #expect(output.out == (isAllowed ? "0\nprinted\n" : "0\n"))
  }

  /// The caller's groups are rights of the host's; who lets a container have them, lets its further processes too.
  @Test func theCallersGroupsStayOutside() throws {
    let output = try RuntimeHost.script(
      """
      command id -G; change '.annotations = {"run.oci.keep_original_groups": "1"}'
      with() { setpriv --groups 50,77 timeout 20 "$BERTH" --root "$PWD/containers" --log log "$@"; }
      with run -b bundle $id; with --allow-annotation run.oci.keep_original_groups run -b bundle $id
      change '.process.args = ["sleep", "100"]'
      with --allow-annotation run.oci.keep_original_groups run -d -b bundle $id; with exec $id id -G; berth delete --force $id
      with run -d -b bundle $id; with exec $id id -G
      """
    )
    #expect(output == Output(status: 0, out: "0\n0 50 77\n0 50 77\n0\n", err: ""))
  }

  /// What berth shell can do and config.json cannot say is told beside the printed text.
  @Test func printedSpecsDoWithoutWhatTheyCannotSay() throws {
    let output = try Berth.script(
      """
      "$BERTH" shell --spec --overlay --init -- true >spec; jq -c '[.root, .annotations]' spec
      "$BERTH" shell --spec -- true | jq -c '[.root, .annotations]'
      """
    )
    let note =
      "config.json has no field for --overlay (the root is read-only instead), --init: what runs it does without"
    #expect(output.out == "[{\"path\":\"/\",\"readonly\":true},null]\n[{\"path\":\"/\"},null]\n")
    #expect(output.err == "berth: \(note)\n")
  }
}
