import TestSupport
import Testing

/// Ways out of a container that other runtimes left open: each is tried.
@Suite(.requiresRoot, .requires("jq", "busybox", "nsenter", "script")) struct RuntimeAttackTests {
  // MARK: Processes and descriptors

  /// CVE-2016-9962, CVE-2024-21626: what waits to be started or is put into a container has none of berth's descriptors.
  @Test func noDescriptorIsThereButTheStreams() throws {
    let output = try RuntimeHost.script(
      """
      exec 7<. 8<config.json  # Nor those that berth itself was given.
      berth create -b bundle $id
      ls -l /proc/$(process $id)/fd | awk 'NR > 1 && $9 > 2 { sub(/[0-9]+/, "", $11); print $9, $11 }' | sed 's/^[0-9]*/N/'
      berth start $id; until_true grep -q sleep /proc/$(process $id)/comm; ls /proc/$(process $id)/fd | xargs
      berth exec $id sh -c 'ls /proc/self/fd | xargs'
      berth delete --force $id; command sh -c 'ls /proc/self/fd | xargs'; berth run -b bundle $id
      """
    )
    // It waits for `berth start` at the socket, and for signals at the other; the last number is ls's own.
    let created = "N anon_inode:[signalfd]\nN socket:[]\n"
    #expect(output == Output(status: 0, out: created + "0 1 2\n0 1 2 3\n0 1 2 3\n", err: ""))
  }

  /// CVE-2016-9962: a neighbour in the same PID namespace looks into a process that is on its way.
  @Test func whatIsOnItsWayCannotBeLookedInto() throws {
    let output = try RuntimeHost.script(
      #"""
      cp "$BERTH" program; BERTH=$PWD/program; before=$(sha256sum <program)
      berth run -d -b bundle $id
      change --arg path /proc/$(process $id)/ns/pid '(.linux.namespaces[] | select(.type == "pid")).path = $path'
      berth create -b bundle other$id
      inside=$(awk '/^NSpid/ { print $3 }' /proc/$(process other$id)/status)
      stat -c %U /proc/$(process other$id)/environ
      for file in environ maps mem exe cwd root fd/0 fd/4 ns/net; do
        berth exec $id sh -c "readlink /proc/$inside/$file || cat /proc/$inside/$file" >/dev/null 2>&1 \
          && echo "$file can be read"
      done
      # Even who may trace finds its program on a read-only mount, also when no berth runs any more.
      berth exec -d --cap CAP_SYS_PTRACE $id sh -c "
        exec 9</proc/$inside/exe; touch /opened; until [ -e /started ]; do sleep 0.1; done
        echo x >>/proc/self/fd/9; touch /done" >words 2>&1
      until_true test -e bundle/rootfs/opened
      berth start other$id; until_true grep -q sleep /proc/$(process other$id)/comm
      touch bundle/rootfs/started; until_true test -e bundle/rootfs/done; cat words
      [ "$(sha256sum <program)" = "$before" ] && echo unchanged
      """#
    )
    let words = "root\nsh: can't create /proc/self/fd/9: Read-only file system\nunchanged\n"
    #expect(output == Output(status: 0, out: words, err: ""))
  }

  /// CVE-2016-9962 again: root of the container's user namespace, who may trace all that is in it, waits for newcomers.
  @Test func whoMayTraceSeesNobodyOnTheWay() throws {
    let output = try RuntimeHost.script(
      #"""
      cat >bundle/rootfs/bin/look <<'END'
      touch /ready
      until [ -e /stop ]; do
        for process in /proc/[0-9]*; do
          case $(readlink $process/exe) in */busybox | '') ;; *) echo "$process $(ls $process/fd)" >>/seen ;; esac
        done
      done 2>/dev/null
      END
      command sh /bin/look
      change '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings | .process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
      berth run -d -b bundle $id; until_true test -e bundle/rootfs/ready
      for _ in $(seq 30); do berth exec $id true || echo failed; done
      touch bundle/rootfs/stop; [ ! -e bundle/rootfs/seen ] || cat bundle/rootfs/seen
      """#
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }

  /// CVE-2019-5736: the program that is to run is berth itself.
  @Test func aContainerDoesNotReachBerthsProgram() throws {
    let output = try RuntimeHost.script(
      #"""
      cp "$BERTH" program; BERTH=$PWD/program; before=$(sha256sum <program)
      printf '#!/proc/self/exe\n' >bundle/rootfs/bin/script; chmod 755 bundle/rootfs/bin/script
      for name in /proc/self/exe /bin/script; do command $name; said berth run -b bundle $id | head -n 1; done
      cat >bundle/rootfs/bin/overwrite <<'END'
      touch /ready
      until [ -e /stop ]; do
        for process in /proc/[0-9]*; do
          (exec 9<$process/exe && for _ in 1 2 3; do echo overwritten >/proc/self/fd/9; done) 2>/dev/null
        done
      done
      END
      jq '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"])' config.json >all
      mv all config.json; command sh /bin/overwrite; berth run -d -b bundle $id; until_true test -e bundle/rootfs/ready
      for name in /proc/self/exe /bin/script true true true true true true; do berth exec $id $name >/dev/null 2>&1; done
      touch bundle/rootfs/stop; [ "$(sha256sum <program)" = "$before" ] && echo unchanged
      """#
    )
    // It is berth that runs there, and nobody can write to what it runs from.
    let overview = "OVERVIEW: A container runtime that understands mounts."
    #expect(output.lines == [overview, "berth: \"/bin/script\" is not a command", "unchanged"])
  }

  // MARK: Directories

  /// CVE-2024-21626: a working directory that is a descriptor of the runtime's.
  @Test func noWorkingDirectoryIsOutside() throws {
    let output = try RuntimeHost.script(
      """
      touch marker
      look='case $(pwd) in /*) ;; *) echo "at $(pwd)";; esac; ls . .. ../.. ../../.. ../../../.. | grep marker'
      for n in $(seq 3 40); do
        command sh -c "$look"; change ".process.cwd = \\"/proc/self/fd/$n\\""; berth run -b bundle $id 2>/dev/null </dev/null
      done
      command sleep 100; berth run -d -b bundle $id
      for n in $(seq 3 40); do berth exec --cwd /proc/self/fd/$n $id sh -c "$look" 2>/dev/null; done
      for place in /proc/1/cwd /proc/1/root/tmp /proc/self/cwd/..; do berth exec --cwd $place $id sh -c "$look"; done
      berth exec --cwd /proc/self/exe $id true 2>&1; berth exec --cwd /nonexistent $id true 2>&1
      """
    )
    #expect(
      output.out == "berth: cd /proc/self/exe: not a directory\nberth: cd /nonexistent: no such file or directory\n"
    )
  }

  /// CVE-2019-19921, CVE-2023-27561, CVE-2023-28642: proc and sysfs go where no link leads.
  @Test func viewsOfProcessesAreMountedOnDirectoriesAlone() throws {
    let output = try RuntimeHost.script(
      """
      mkdir -p volume/proc outside
      for name in proc sys; do
        rmdir bundle/rootfs/$name; ln -s tmp bundle/rootfs/$name; command true; said berth run -b bundle $id
        rm bundle/rootfs/$name; mkdir bundle/rootfs/$name
      done
      ln -s "$PWD/outside" volume/absolute; ln -s ../../../../../../.. volume/up; ln -s proc volume/inside
      for place in absolute up/etc inside; do
        command true
        change --arg place /volume/$place '.mounts += [{destination: "/volume", type: "bind", source: "../volume",
          options: ["rbind"]}, {destination: $place, type: "proc", source: "proc"}]'
        said berth run -b bundle $id | grep -o 'proc must be.*directory'
      done
      """
    )
    let words = "too many levels of symbolic links"
    #expect(
      output.lines == [
        "berth: mount -t proc proc DIR/bundle/rootfs/proc: \(words) (proc must be mounted on ordinary directory)",
        "berth: mount -t sysfs -o ro,nosuid,nodev,noexec sysfs DIR/bundle/rootfs/sys: \(words) "
          + "(sysfs must be mounted on ordinary directory)",
        "proc must be mounted on ordinary directory", "proc must be mounted on ordinary directory",
        "proc must be mounted on ordinary directory",
      ]
    )
  }

  /// CVE-2021-30465, CVE-2024-45310: a volume's directories and links change places while containers start.
  @Test(.requires("perl"), arguments: ["tmpfs", "bind"])
  func exchangedLinksLeadNowhere(type: String) throws {
    let output = try RuntimeHost.script(
      #"""
      mkdir -p volume/place outside; ln -s "$PWD/outside" volume/link
      # renameat2(2) with RENAME_EXCHANGE, as fast as it goes.
      perl -e 'my ($a, $b) = @ARGV; syscall(316, -100, $a, -100, $b, 2) while 1' volume/place volume/link & racer=$!
      command sh -c 'echo inside >/volume/place/deep/file'
      change --arg type \#(type) '.mounts += [{destination: "/volume", type: "bind", source: "../volume",
        options: ["rbind"]}, {destination: "/volume/place/deep", type: $type, source: "../volume", options: [
        if $type == "bind" then "rbind" else "nosuid" end]}]'
      for _ in $(seq 60); do berth run -b bundle $id >/dev/null 2>&1; done
      kill $racer; wait $racer 2>/dev/null
      find outside -mindepth 1; awk -v d="$PWD/outside" 'index($5, d) == 1' /proc/self/mountinfo
      """#
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }

  /// An image full of links to the host: what is made for mounts is made inside.
  @Test func linksOfTheImageStayInside() throws {
    let output = try RuntimeHost.script(
      #"""
      mkdir outside; cd bundle/rootfs; ln -s "$OLDPWD/outside" away; ln -s ../../outside up; ln -s self self; ln -s / root.
      cd ../..
      for place in away/a up/b root./c away self/d; do
        command sh -c "grep -c ' /made ' /proc/self/mountinfo"
        change --arg place /$place '.mounts += [{destination: $place, type: "tmpfs", source: "/made"}]'
        said berth run -b bundle $id | grep -o -e '^[0-9]*$' -e 'too many levels.*'
      done
      find outside -mindepth 1
      """#
    )
    #expect(output.lines == ["1", "1", "1", "1", "too many levels of symbolic links"])
  }
}
