import TestSupport
import Testing

/// Volumes in docker's syntax: where they go, and with which options.
@Suite(.requiresRoot) struct VolumeTests {
  /// Options of a bind, and what mountinfo says of the mount.
  @Test(arguments: [
    ("", "rw,relatime"),
    (":ro", "ro,relatime"),
    (":rw", "rw,relatime"),
    (":nosuid,nodev,noexec", "rw,nosuid,nodev,noexec,relatime"),
    (":nosymfollow", "rw,relatime,nosymfollow"),
    (":noatime", "rw,noatime"),
    (":strictatime", "rw"),
    (":nodiratime", "rw,nodiratime,relatime"),
    (":rro", "ro,relatime"),
    (":rnosuid,rnodev,rnoexec,rnosymfollow", "rw,nosuid,nodev,noexec,relatime,nosymfollow"),
    (":ro,rw", "rw,relatime"),
    (":noexec,exec", "rw,relatime"),
    (":bind,defaults,sync", "rw,relatime"),
    (":z,cached", "rw,relatime"),
  ])
  func options(text: String, expected: String) throws {
    let output = try Berth.script(
      "mkdir a; $BERTH shell -v \"./a:/opt\(text)\" -- awk '$5 == \"/opt\" { print $6 }' /proc/self/mountinfo"
    )
    #expect(output.lines == [expected], "\(output.err)")
  }

  @Test func recursionIsSaidOfTheMountAndOfTheOptions() throws {
    let output = try Berth.script(
      """
      mkdir -p a/below; mount -t tmpfs below a/below; touch a/below/file
      show() { $BERTH shell -v "./a:/opt:$1" -- sh -c '
        test -e /opt/below/file || echo "not mounted"; touch /opt/new 2>/dev/null && echo "top written"
        touch /opt/below/new 2>/dev/null && echo "below written"; true'; }
      for options in rbind,ro rbind,rro bind rbind; do echo "$options:"; show $options; done
      """
    )
    #expect(
      output.lines == [
        "rbind,ro:", "below written", "rbind,rro:", "bind:", "not mounted", "top written", "below written",
        "rbind:", "top written", "below written",
      ],
      "\(output.err)"
    )
  }

  @Test(arguments: [
    ("--mount type=bind,src=./a,dst=/opt", "/a ext rw"),
    ("--mount src=./a,target=/opt,readonly", "/a ext ro"),
    ("--mount type=tmpfs,dst=/opt,tmpfs-size=64k,tmpfs-mode=0700", "/ tmpfs rw,size=64k,mode=700"),
    ("--tmpfs /opt:size=64k,mode=711", "/ tmpfs rw,size=64k,mode=711"),
    ("--mount type=overlay,dst=/opt,lowerdir=/etc:/usr", "/ overlay ro,lowerdir=/etc:/usr"),
    ("--mount type=proc,dst=/opt,hidepid=invisible", "/ proc rw,hidepid=invisible"),
  ])
  func kinds(flags: String, expected: String) throws {
    let output = try Berth.script(
      "mkdir a; $BERTH shell \(flags) -- grep -e ' /opt ' /proc/self/mountinfo | sed 's/.*:[0-9]* //'"
    )
    let fields = try #require(output.lines.first).split(separator: " ").map(String.init)
    let words = expected.split(separator: " ").map(String.init)
    #expect(fields[0].hasSuffix(words[0]))
    if words[1] != "ext" { #expect(fields[fields.count - 3] == words[1]) }
    let options = words[1] == "ext" ? fields[2] : fields[fields.count - 1]
    for option in words[2].split(separator: ",") { #expect(options.contains(option), "\(fields)") }
  }

  @Test func anIDMappedVolumeShowsOtherOwners() throws {
    let output = try Berth.script(
      """
      mkdir a; touch a/file; chown 1:2 a/file
      $BERTH shell -v './a:/opt:idmap=uids=1-1001-1#0-1000-1;gids=0-2000-10' -- sh -c '
        stat -c "%u %g" /opt /opt/file; touch /opt/made 2>&1'
      $BERTH shell -v './a:/opt:idmap=uids=0-1000-1;gids=0-1000-1' --user 1000:1000 -- touch /opt/made
      stat -c "%u %g" a/made
      """
    )
    #expect(
      output.lines == [
        "1000 2000", "1001 2002", "touch: cannot touch '/opt/made': Value too large for defined data type", "0 0",
      ],
      "\(output.err)"
    )
  }

  @Test func tmpcopyupFillsATmpfs() throws {
    let output = try Berth.script(
      "$BERTH shell --tmpfs /etc:tmpcopyup -- sh -c 'stat -f -c %T /etc; cat /etc/passwd' | cmp - <(echo tmpfs; cat /etc/passwd)"
    )
    #expect(output.status == 0, "\(output.out)\(output.err)")
  }

  // MARK: Missing mount points

  @Test(arguments: ["/berth-new", "/usr/berth/deep/er", "/srv/a b/c"])
  func aMissingMountPointIsMadeInTheNewViewOnly(path: String) throws {
    let output = try Berth.script(
      """
      mkdir a; echo text > a/file; before=$(ls / /usr /srv)
      $BERTH shell -v "./a:\(path)" -- sh -c 'cat "\(path)/file"; ls -d /etc /usr/bin; touch "$(dirname "\(path)")/x" 2>&1 | grep -o Read-only'
      test "$before" = "$(ls / /usr /srv)" && echo untouched
      """
    )
    #expect(output.lines == ["text", "/etc", "/usr/bin", "Read-only", "untouched"], "\(output.err)")
  }

  @Test func theDirectoryAroundAMissingMountPointKeepsItsFiles() throws {
    let output = try Berth.script(
      """
      mkdir -p dir/sub a; echo one > dir/file; ln -s file dir/link; mkfifo dir/fifo; chmod 751 dir; chown 3:4 dir
      $BERTH shell -v ./a:$PWD/dir/new -v ./a:$PWD/dir/new2/deep -- sh -c '
        cd dir; ls; cat link; stat -c "%a %u %g" .; echo two > file; touch sub/made; test -p fifo && echo fifo'
      cat dir/file; ls dir dir/sub
      """
    )
    #expect(
      output.lines == [
        "fifo", "file", "link", "new", "new2", "sub", "one", "751 3 4", "fifo",
        "two", "dir:", "fifo", "file", "link", "sub", "", "dir/sub:", "made",
      ],
      "\(output.err)"
    )
  }

  @Test func mountPointsInsideVolumesAreNotMadeInTheSource() throws {
    let output = try Berth.script(
      """
      mkdir a b; echo outer > a/file; echo inner > b/file
      $BERTH shell -v ./a:/opt -v ./b:/opt/new/place -v ./b/file:/opt/copy -- sh -c 'cat /opt/file /opt/new/place/file /opt/copy'
      ls a
      """
    )
    #expect(output.lines == ["outer", "inner", "inner", "file"], "\(output.err)")
  }

  @Test func aMountPointBehindALinkIsWhereTheLinkLeadsInTheRoot() throws {
    let output = try Berth.script(
      Scripts.system + """
        mkdir a root/run root/var; echo text > a/file; ln -s /run root/var/run
        $BERTH shell --rootfs root -v ./a:/var/run/new -- sh -c 'cat /run/new/file'
        ls root/run; ls -d /run/new 2>&1
        """
    )
    #expect(output.lines == ["text", "ls: cannot access '/run/new': No such file or directory"], "\(output.err)")
  }

  @Test func linksThemselvesAreMountedOrCopied() throws {
    let output = try Berth.script(
      """
      mkdir dir; ln -s /etc/hostname link; ln -s nowhere dir/to; echo text > file
      $BERTH shell -v ./link:$PWD/dir/to:src-nofollow,dest-nofollow -- readlink dir/to
      $BERTH shell -v ./file:$PWD/dir/to:dest-nofollow -- cat dir/to
      $BERTH shell -v ./link:$PWD/dir/new:copy-symlink -v ./file:$PWD/dir/copy:copy-symlink -- sh -c '
        readlink dir/new; cat dir/copy'
      $BERTH shell -v ./link:$PWD/file:copy-symlink -- true 2>&1 | sed "s,$PWD,.,g"
      ls dir; readlink dir/to
      """
    )
    #expect(
      output.lines == [
        "/etc/hostname", "text", "/etc/hostname", "text",
        "berth: -v ./link:./file:copy-symlink: ./file is there already, and copy-symlink replaces nothing",
        "to", "nowhere",
      ],
      "\(output.err)"
    )
  }
}
