"""The place that commands are tried in, and a look at all that they could leave behind."""
import collections
import ctypes
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import tracing

WORK = '/tmp/faults'
# Named by the process outside: this one's number is the same in every such run.
CGROUP = os.environ.get('FAULTS_CGROUP', f'berth-faults-{os.getpid()}')
SLEEP, PRINT = ['sleep', '1000'], ['sh', '/print']

FINGERPRINT = r'''exec 2>/dev/null
cut -d ' ' -f 4- /proc/self/mountinfo
grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|SigBlk|SigIgn)' /proc/self/status
cat /proc/self/limits /proc/self/oom_score_adj /proc/sys/net/ipv4/ip_forward /proc/self/cgroup
hostname; pwd; ls -l /proc/self/fd | wc -l; ls -l /dev | tr -s ' ' | cut -d ' ' -f 1-6,10-; env; umask
'''


libc = ctypes.CDLL(None, use_errno=True)


def mounts_of(process):
    """The mounts that a process sees, but for the numbers of mounts, devices and groups; none when it has ended."""
    found = collections.Counter()
    try:
        with open(f'/proc/{process}/mountinfo') as file:
            for line in file:
                found[' '.join(re.sub(r' (shared|master):\d+', r' \1', line).split()[3:])] += 1
    except OSError:
        pass  # It ended.
    return found


def read_all(file):
    os.lseek(file, 0, 0)
    text = b''
    while chunk := os.read(file, 65536):
        text += chunk
    return text.decode(errors='replace')


def own_host():
    """Goes on in namespaces of its own, with nothing in /tmp and /run but what it makes there."""
    if 'FAULTS_CGROUP' in os.environ:
        return
    os.environ['FAULTS_CGROUP'] = CGROUP
    words = ['unshare', '--mount', '--net', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private']
    os.execvp(words[0], words + [sys.executable] + sys.argv)


class Lab:
    """A bundle, a place for its container, and a look at all that could be left behind."""

    def __init__(self, berth):
        with open(berth, 'rb') as file:
            program = file.read()
        with socket.socket() as inet:  # criu wants a network to look at.
            fcntl.ioctl(inet, 0x8914, struct.pack('16sh', b'lo', 1))  # SIOCSIFFLAGS, IFF_UP
        subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', '/run'], check=True)
        subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', '/tmp'], check=True)
        os.makedirs(f'{WORK}/bundle/rootfs/bin')
        os.chdir(WORK)
        self.berth = '/run/program'
        with open(self.berth, 'wb') as file:
            file.write(program)
        os.chmod(self.berth, 0o755)
        self.make_root(f'{WORK}/bundle/rootfs')
        self.make_root(f'{WORK}/toolbox')
        self.make_spec()
        os.mkdir(f'{WORK}/stick')
        self.mount_stick()
        # Orphans become this process's children, so that none can hide.
        libc.prctl(36, 1, 0, 0, 0)

    def mount_stick(self):
        """Mounts the file system that commands let go of, once."""
        count = self.sticks()
        if count == 1:
            return
        for _ in range(count):
            subprocess.run(['umount', '--lazy', f'{WORK}/stick'], check=True)
        subprocess.run(['mount', '-t', 'tmpfs', 'stick', f'{WORK}/stick'], check=True)

    def sticks(self):
        """How often that file system is mounted here."""
        return sum(count for line, count in mounts_of('self').items() if f' {WORK}/stick ' in line)

    def make_root(self, root):
        os.makedirs(f'{root}/bin', exist_ok=True)
        shutil.copy('/bin/busybox', f'{root}/bin/busybox')
        for name in ['sh', 'cut', 'grep', 'cat', 'hostname', 'ls', 'wc', 'tr', 'env', 'true', 'sleep']:
            os.symlink('busybox', f'{root}/bin/{name}')
        for name in ['dev', 'etc', 'mnt', 'proc', 'sys', 'volume', 'new']:
            os.mkdir(f'{root}/{name}')
        os.makedirs(f'{WORK}/volume', exist_ok=True)
        with open(f'{root}/print', 'w') as file:
            file.write(FINGERPRINT)

    def make_spec(self):
        subprocess.run([self.berth, 'spec', '-b', f'{WORK}/bundle'], check=True)
        with open(f'{WORK}/bundle/config.json') as file:
            spec = json.load(file)
        spec['hostname'] = 'web'
        process, linux = spec['process'], spec['linux']
        process.update(terminal=False, args=['sh', '/print'], oomScoreAdj=100)
        spec['mounts'] += [
            {'destination': '/volume', 'type': 'bind', 'source': f'{WORK}/volume', 'options': ['rbind', 'ro']},
            {'destination': '/new', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['mode=700', 'nosuid']}]
        linux['cgroupsPath'] = f'/{CGROUP}'
        linux['sysctl'] = {'net.ipv4.ip_forward': '1'}
        linux.setdefault('resources', {})['pids'] = {'limit': 50}
        linux['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [
            {'names': ['swapon'], 'action': 'SCMP_ACT_ERRNO'}]}
        hook = [{'path': '/bin/true'}]
        spec['hooks'] = {name: hook for name in ['createRuntime', 'createContainer', 'poststart', 'poststop']}
        spec['hooks']['startContainer'] = [{'path': '/bin/true'}]
        self.spec = spec
        self.use(PRINT)

    def use(self, arguments):
        """Has the container run something."""
        self.spec['process']['args'] = arguments
        with open(f'{WORK}/bundle/config.json', 'w') as file:
            json.dump(self.spec, file)

    def command(self, *words):
        if words[0] in ('ns', 'mounts'):
            return [self.berth, *words]
        return [self.berth, '--root', f'{WORK}/containers', *words]

    def run(self, *words, stdout=None):
        """Runs berth untroubled; returns its status and what it complained of."""
        errors = os.memfd_create('errors')
        streams = [(os.POSIX_SPAWN_OPEN, 0, '/dev/null', os.O_RDONLY, 0),
                   (os.POSIX_SPAWN_DUP2, errors if stdout is None else stdout, 1), (os.POSIX_SPAWN_DUP2, errors, 2)]
        ignored = [signal.SIGPIPE, signal.SIGXFSZ]  # Python ignores these.
        process = os.posix_spawn(self.berth, self.command(*words), os.environ, file_actions=streams, setsigdef=ignored)
        status = self.end_of(process)
        message = read_all(errors)
        os.close(errors)
        return 'none, it hung' if status is None else os.waitstatus_to_exitcode(status), message

    def end_of(self, process, seconds=float(os.environ.get('FAULTS_SECONDS', 20))):
        """Waits for a process, and for the orphans that end meanwhile; None for one that does not end."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ended, status = os.waitpid(-1, os.WNOHANG | tracing.WALL)
            if ended == process:
                return status
            if ended == 0:
                time.sleep(0.0005)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        return None

    def state(self):
        """All that a command may leave behind, but for processes."""
        found = {f'mount {line} ({count})' for line, count in mounts_of('self').items()}
        found |= {f'cgroup {directory}' for directory in self.cgroups()}
        for top in [WORK, '/tmp', '/run', '/dev/shm']:
            for directory, names, files in os.walk(top):
                found |= {f'file {directory}/{name}' for name in names + files}
        # criu leaves directories of its own when who called it is gone.
        return {thing for thing in found if '/.criu.' not in thing} - {f'file {WORK}/containers'}

    def await_end(self, process, seconds=5):
        """Waits for a process that became this one's child, and may have been waited for."""
        deadline = time.monotonic() + seconds
        while os.path.exists(f'/proc/{process}') and time.monotonic() < deadline:
            try:
                os.waitpid(process, os.WNOHANG | tracing.WALL)
            except ChildProcessError:
                pass  # It is on its way to this process.
            time.sleep(0.0005)

    def cgroups(self):
        """The directories of the container's cgroup."""
        found = []
        with open('/proc/self/mountinfo') as file:
            for fields in map(str.split, file):
                if fields[fields.index('-') + 1].startswith('cgroup') and os.path.exists(f'{fields[4]}/{CGROUP}'):
                    found.append(f'{fields[4]}/{CGROUP}')
        return found

    def await_children(self, besides=frozenset(), seconds=5):
        """Waits until no process is left but for some; returns whether that is so."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG | tracing.WALL) != (0, 0):
                    continue
            except ChildProcessError:
                return True
            with open('/proc/thread-self/children') as file:
                if set(map(int, file.read().split())) <= besides:
                    return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)
