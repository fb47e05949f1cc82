import TestSupport
import Testing

/// Who is believed about containers: any user can give a process a name, words, a directory and files.
extension InstrumentTests {
  /// `shim COMMAND ...`: starts a process in the background that has the name of an engine's, with a child in a mount namespace of its
  /// own. `as USER` comes before a command that another user runs. `names` are those of all containers that are found.
  private static let claims = """
    mount -t tmpfs -o mode=755 t /mnt; cd /mnt; mkdir -m 1777 open; cp /bin/bash conmon; shims=
    # The children first: they are nobody's afterwards.
    trap 'for s in $shims; do pkill -P $s; done; kill $shims 2>/dev/null' EXIT
    # Always the last of a shell of its own: what runs in the background is the program itself.
    as() { exec setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"; }
    shim() { "$@" 2>/dev/null & shims+=" $!"; until_true running $!; }
    running() { grep -qs sleep $(sed 's,[^ ]*,/proc/&/comm,g' /proc/$1/task/$1/children) /dev/null; }
    own='mine=1 unshare -m sleep 100; :'; free='unshare -Urm sleep 100; :'
    # Other tests have containers too.
    ours() {
      jq --argjson ours "[$(for s in $shims; do pgrep -P $s; done | paste -sd,)]" \
        '.namespaces[] | select(any(.processes[]; .pid | IN($ours[]))) | .container | select(.)'
    }
    names() { $BERTH ns list --json 2>/dev/null | ours | jq -r '"\\(.name) \\(.user)"' | sort | tr '\\n' ,; }
    numbers() { sed 's/[0-9][0-9]* (/PID (/g'; }


    """

  @Test(.requires("setpriv", "jq")) func tellsOtherUsersContainersApart() throws {
    let output = try run(
      Self.claims + """
        exec 2>&1
        shim as 1234 ./conmon -c "$free" x -n web; names
        $BERTH ns list 2>/dev/null | grep -o 'podman web.*1234)'; $BERTH mounts web --list -o target | grep -xc /
        # Of one name, and of a name that begins the id of root's.
        shim ./conmon -c "$own" x -n web; $BERTH mounts web 2>&1 | numbers; $BERTH ns enter web -- true 2>&1 | numbers
        shim as 1234 ./conmon -c "$free" x -n mine; $BERTH mounts mine 2>&1 | numbers
        # A container of root's that is stopped keeps its name.
        mount -t tmpfs -o mode=755 lib /var/lib; mkdir -p /var/lib/docker/containers/4f1e
        echo '{"Name": "/quay", "State": {"Running": false}}' >/var/lib/docker/containers/4f1e/config.v2.json
        shim as 1234 ./conmon -c "$free" x -n quay; $BERTH mounts quay 2>&1 | numbers
        """
    )
    #expect(
      output.out == """
        web 1234,podman web (user 1234)
        1
        berth: web names 2 containers: say which: PID (podman web), PID (podman web (user 1234))
        berth: web names 2 containers: say which: PID (podman web), PID (podman web (user 1234))
        berth: mine names 2 containers: say which: PID (podman web), PID (podman mine (user 1234))
        berth: quay names 2 containers: say which: PID (podman quay (user 1234)), docker quay, which is stopped

        """,
      "\(output.err)"
    )
  }

  /// Root's engines are root in the first user namespace, with the rights to make mounts, and a program of their name.
  @Test(.requires("setpriv", "jq")) func believesRootsEnginesAlone() throws {
    let output = try run(
      Self.claims + """
        mkdir a b c; cp /bin/bash a/program; ln -s program a/conmon; cp /bin/bash b/conmon; chmod u+s b/conmon; cp /bin/bash c/conmon
        chown 1234 c/conmon
        shim a/conmon -c "$own" x -n another-program
        shim b/conmon -c "$own" x -n set-user-id
        shim c/conmon -c "$own" x -n not-roots
        shim as 1234 b/conmon -p -c "$free" x -n set-user-id-of-another
        shim unshare -Ur ./conmon -c "$own" x -n root-in-a-namespace
        shim setpriv --bounding-set=-sys_admin ./conmon -c "$free" x -n root-in-a-container
        shim ./conmon -c "$own" x -n web
        cp /bin/bash containerd-shim; shim ./containerd-shim -c "$own" x -namespace moby -id 4f1e
        shim as 1234 ./containerd-shim -c "$free" x -namespace moby -id 77aa
        names
        # Another user sees his own.
        chmod 755 . /mnt; cp $BERTH berth; as 1234 ./berth ns list --json 2>/dev/null | ours | jq -r .id
        """
    )
    #expect(output.out == "null 1234,null null,web null,77aa\n", "\(output.err)")
  }

  /// A runtime's state counts where it is root's in all parts, whatever process tells of it.
  @Test(.requires("setpriv")) func believesRootsStatesAlone() throws {
    let output = try run(
      Self.claims + """
        mount -t tmpfs run /run; apart private
        state() { mkdir -p $1/$2; printf '{"pid": %s, "process-start-time": %s}' $last $(cut -d ' ' -f 22 /proc/$last/stat) >$1/$2/status; }
        state /run/crun file; chown 1234 /run/crun/file/status; $BERTH mounts crun:file
        state /run/crun writable; chmod 666 /run/crun/writable/status; $BERTH mounts crun:writable
        state elsewhere link; mkdir /run/crun/link; ln -s $PWD/elsewhere/link/status /run/crun/link/status; $BERTH mounts crun:link
        state open/root web; chown -R 1234 open/root; cp /bin/bash crun
        shim as 1234 ./crun -c "$free" x --root /mnt/open/root run; $BERTH mounts crun:web
        state open/shared yard; chmod 777 open/shared; shim ./crun -c "$own" x --root /mnt/open/shared run; $BERTH mounts crun:yard
        state own jetty; shim ./crun -c "$own" x --root /mnt/own run; $BERTH mounts crun:jetty --list -o target | grep -xc /
        """
    )
    #expect(output.out == "1\n")
    #expect(
      output.err
        == ["file", "writable", "link", "web", "yard"].map {
          "berth: crun:\($0): no container has this name or id\n"
        }.joined(),
      "\(output.err)"
    )
  }
}
