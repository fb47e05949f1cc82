import TestSupport
import Testing

/// Who the command runs as, and with what.
@Suite(.requiresRoot)
struct ProcessTests {
  @Test(arguments: [
    ("", "0 0 -"),
    ("--user 1000", "1000 1000 50 60"),
    ("--user 2000", "2000 0 -"),
    ("--user 1000:1001", "1000 1001 -"),
    ("--user person", "1000 1000 50 60"),
    ("--user person:other", "1000 60 -"),
    ("--user 2000:other", "2000 60 -"),
    ("--user 0:5", "0 5 -"),
    ("-u person --group-add 70", "1000 1000 50 60 70"),
    ("--group-add other --group-add 7", "0 0 7 60"),
    ("--rootfs root", "0 0 -"),
    ("--rootfs root --user app", "77 88 99"),
    ("--rootfs root --user 77", "77 88 99"),
    ("--rootfs root --user 77:1", "77 1 -"),
    ("--rootfs root --group-add extra", "0 0 99"),
  ])
  func user(options: String, expected: String) throws {
    let output = try Berth.script(
      #"""
      printf '%s\n' root:x:0:0::/root:/bin/sh person:x:1000:1000::/home/person:/bin/sh >passwd
      printf '%s\n' root:x:0: person:x:1000: some:x:50:person other:x:60:person,root >group
      mount --bind passwd /etc/passwd; mount --bind group /etc/group
      mkdir -p root/bin root/etc; cp "$(command -v busybox)" root/bin; ln -s busybox root/bin/sh; ln -s busybox root/bin/cat
      echo 'app:x:77:88::/home/app:/bin/sh' >root/etc/passwd
      printf '%s\n' app:x:88: extra:x:99:app >root/etc/group
      ids() { awk '/^[UG]id:/ { print $2 } /^Groups:/ { $1 = ""; print (NF > 1 ? $0 : "-") }' | xargs; }
      """# + "\nsetpriv --clear-groups $BERTH shell \(options) -- cat /proc/self/status | ids"
    )
    #expect(output == Output(status: 0, out: expected + "\n", err: ""))
  }

  /// `$all` is what the machine gives to its root: a bounding set that need not be full.
  @Test(arguments: [
    ("", "0 all all all 0", "0"),
    ("--user 1000", "0 0 0 all 0", "0"),
    ("--user 1000 --cap-add net_raw", "13 13 13 all 13", "0"),
    ("--user 1000 --cap-add CAP_NET_RAW --cap-add chown --no-new-privs", "0,13 0,13 0,13 all 0,13", "1"),
    ("--cap-drop ALL", "0 0 0 0 0", "0"),
    ("--cap-drop ALL --cap-add CAP_CHOWN", "0 bit0 bit0 bit0 0", "0"),
    ("--cap-drop net_raw", "0 less13 less13 less13 0", "0"),
    ("--no-new-privs", "0 all all all 0", "1"),
  ])
  func capabilities(options: String, expected: String, noNewPrivileges: String) throws {
    let output = try Berth.script(
      #"""
      sets() { awk '/^Cap/ { print $2 } /^NoNewPrivs/ { print $2 }' /proc/self/status | xargs; }
      own() { awk '/^CapBnd/ { print $2 }' /proc/self/status; }
      hex() { printf '%016x' "$1"; }
      value() {
        case $1 in
        all) own ;;
        less*) hex $((0x$(own) & ~(1 << ${1#less}))) ;;
        bit*) hex $((1 << ${1#bit})) ;;
        0) hex 0 ;;
        *) sum=0; for bit in ${1//,/ }; do sum=$((sum | 1 << bit)); done; hex $sum ;;
        esac
      }
      export -f sets
      """# + """

        actual=$($BERTH shell \(options) -- bash -c sets)
        wanted=; for name in \(expected); do wanted+="$(value $name) "; done
        [ "$actual" = "${wanted}\(noNewPrivileges)" ] || echo "$actual is not ${wanted}\(noNewPrivileges)"
        """
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }

  /// With a root of its own the capabilities are docker's.
  @Test(.requires("busybox"))
  func capabilitiesOfARootOfItsOwn() throws {
    let output = try Berth.script(
      """
      mkdir -p root/bin; cp "$(command -v busybox)" root/bin
      $BERTH shell --rootfs root -- /bin/busybox grep CapEff: /proc/self/status
      $BERTH shell --rootfs root --cap-add SYS_PTRACE --cap-drop mknod -- /bin/busybox grep CapEff: /proc/self/status
      """
    )
    #expect(output == Output(status: 0, out: "CapEff:\t00000000a80425fb\nCapEff:\t00000000a00c25fb\n", err: ""))
  }

  @Test(arguments: [
    ("--workdir /usr -- pwd", "/usr\n"),
    ("-w /usr/../etc -- sh -c 'readlink /proc/self/cwd'", "/etc\n"),
    ("--umask 027 -- sh -c umask", "0027\n"),
    ("-- sh -c 'umask'", "0022\n"),
    ("--ulimit nofile=100:200 -- bash -c 'ulimit -Sn; ulimit -Hn'", "100\n200\n"),
    (
      "--ulimit core=0 --ulimit stack=4194304 -- bash -c 'ulimit -Sc; ulimit -Hc; ulimit -Ss; ulimit -Hs'",
      "0\n0\n4096\n4096\n"
    ),
    ("--ulimit cpu=unlimited -- bash -c 'ulimit -t'", "unlimited\n"),
  ])
  func placeMaskAndLimits(words: String, expected: String) throws {
    let output = try Berth.script("umask 022; $BERTH shell \(words)")
    #expect(output == Output(status: 0, out: expected, err: ""))
  }

  @Test(arguments: [
    ("", "A=1 B= C=3 "),
    ("-e B=2", "A=1 B=2 C=3 "),
    ("-e A= --env C=new -e D='a b=c'", "A= B= C=new D=a b=c "),
    ("-e A", "A=1 B= C=3 "),
    ("--env-file file", "A=1 B=of the file C=3 "),
    ("--env-file file -e B=of the flag", "A=1 B=of the flag C=3 "),
    ("--clear-env", "PATH=\(path) TERM=xterm "),
    ("--clear-env -e A -e X=y", "A=1 PATH=\(path) TERM=xterm X=y "),
    ("--clear-env --env-file file", "A=1 B=of the file PATH=\(path) TERM=xterm "),
  ])
  func environment(options: String, expected: String) throws {
    let words = options.replacing("of the flag", with: "\"of the flag\"")
    let output = try Berth.script(
      #"""
      printf '%s\n' '# a comment' '' 'B=of the file' A >file
      show() { env -i A=1 B= C=3 TERM=xterm HIDE= "$@" /usr/bin/env | grep -v -e ^HIDE -e "$hidden" | sort | tr '\n' ' '; }
      """# + """

        hidden='\(options.contains("clear") ? "^$" : "^TERM=")'
        show $BERTH shell \(words) --
        """
    )
    #expect(output == Output(status: 0, out: expected, err: ""))
  }

  private static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// Kernel parameters change inside, and the host's stay.
  @Test(arguments: [
    ("--ipc", "kernel.msgmax", "4321"), ("--ipc", "fs.mqueue.msg_max", "9"), ("--net", "net.ipv4.ip_default_ttl", "77"),
    ("--net", "net/ipv4/ip_default_ttl", "78"), ("--all", "net.ipv4.conf.lo.rp_filter", "2"),
    ("", "kernel.domainname", "example.org"),
  ])
  func kernelParameters(options: String, name: String, value: String) throws {
    let file = "/proc/sys/" + name.replacing(".", with: "/")
    let output = try Berth.script(
      """
      cat \(file) >before
      $BERTH shell \(options) --sysctl \(name)=\(value) -- cat \(file)
      cmp \(file) before
      """
    )
    #expect(output == Output(status: 0, out: value + "\n", err: ""))
  }
}
