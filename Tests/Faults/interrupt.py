#!/usr/bin/python3
"""Interrupts the commands of the OCI runtime, and makes them fail, at each of their system calls.

Each command runs once to learn the calls that it makes, and those of the processes that it starts. Then it runs anew for
each call four times: the process is killed there, or the call fails with EPERM, ENOMEM, EIO. The command has to end, with a
message if it fails, and with the container that was asked for if it does not; and when `berth delete --force` is done no
process, mount, cgroup or file may be left. What is not so is printed, and then the figures.

    interrupt.py [--sample N [--seed S]] BERTH COMMAND...       each of: create start run exec delete

Of a sample, half of the cases are the same in every run, and half are chosen by the seed: it is printed, to try them again.
"""
import argparse
import collections
import ctypes
import difflib
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import tracing

WORK = '/tmp/faults'
# Named by the process outside: this one's number is the same in every such run.
CGROUP = os.environ.get('FAULTS_CGROUP', f'berth-faults-{os.getpid()}')
# Calls that cannot fail, and what they answer is not an errno.
UNFAILING = {'exit_group', 'exit', 'rt_sigreturn', 'getpid', 'getppid', 'gettid', 'getuid', 'geteuid', 'getgid', 'getegid',
             'umask'}
# Those of the allocator: who gets no memory may die.
MEMORY = {'brk', 'mmap', 'munmap', 'mprotect', 'mremap', 'madvise', 'set_robust_list', 'rt_sigaction', 'rt_sigprocmask'}
FAULTS = [0, errno.EPERM, errno.ENOMEM, errno.EIO]

FINGERPRINT = r'''exec 2>/dev/null
cut -d ' ' -f 4- /proc/self/mountinfo
grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|SigBlk|SigIgn)' /proc/self/status
cat /proc/self/limits /proc/self/oom_score_adj /proc/sys/net/ipv4/ip_forward /proc/self/cgroup
hostname; pwd; ls -l /proc/self/fd | wc -l; ls -l /dev | tr -s ' ' | cut -d ' ' -f 1-6,10-; env; umask
'''


seccomp = ctypes.CDLL('libseccomp.so.2')
seccomp.seccomp_syscall_resolve_num_arch.restype = ctypes.c_char_p


def call_name(number):
    name = seccomp.seccomp_syscall_resolve_num_arch(0, number)
    return name.decode() if name else str(number)


def difference(expected, text):
    """What is wrong with what a container printed, or the text itself if it is something else."""
    lines, others = text.splitlines(), expected.splitlines()
    if len(lines) < 10:
        return lines or ['nothing was printed']
    return [line for line in difflib.unified_diff(others, lines, 'expected', 'printed', n=0, lineterm='')]


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
        subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', '/run'], check=True)
        subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', '/tmp'], check=True)
        os.makedirs(f'{WORK}/bundle/rootfs/bin')
        os.chdir(WORK)
        self.berth = '/run/program'
        with open(self.berth, 'wb') as file:
            file.write(program)
        os.chmod(self.berth, 0o755)
        self.make_root()
        self.make_spec()
        # Orphans become this process's children, so that none can hide.
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)

    def make_root(self):
        root = f'{WORK}/bundle/rootfs'
        shutil.copy('/bin/busybox', f'{root}/bin/busybox')
        for name in ['sh', 'cut', 'grep', 'cat', 'hostname', 'ls', 'wc', 'tr', 'env', 'true', 'sleep']:
            os.symlink('busybox', f'{root}/bin/{name}')
        for name in ['dev', 'etc', 'proc', 'sys', 'volume', 'new']:
            os.mkdir(f'{root}/{name}')
        os.mkdir(f'{WORK}/volume')
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
        self.use(['sh', '/print'])

    def use(self, arguments):
        """Has the container run something."""
        self.spec['process']['args'] = arguments
        with open(f'{WORK}/bundle/config.json', 'w') as file:
            json.dump(self.spec, file)

    def command(self, *words):
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

    def end_of(self, process, seconds=20):
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
        with open('/proc/self/mountinfo') as file:
            mounts = file.read().splitlines()
        found = {f'mount {line}' for line in mounts}
        for line in mounts:
            fields = line.split(' ')
            if fields[fields.index('-') + 1].startswith('cgroup') and os.path.exists(f'{fields[4]}/{CGROUP}'):
                found.add(f'cgroup {fields[4]}/{CGROUP}')
        for top in [WORK, '/tmp', '/run', '/dev/shm']:
            for directory, names, files in os.walk(top):
                found |= {f'file {directory}/{name}' for name in names + files}
        return found - {f'file {WORK}/containers'}

    def await_children(self, seconds=5):
        """Waits until no process is left; returns whether that is so."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG | tracing.WALL) != (0, 0):
                    continue
            except ChildProcessError:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)


class Case:
    """A command of the runtime: what comes before it, the command, and what it is to lead to."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.words = {
            'create': ['create', '-b', 'bundle', 'c'], 'start': ['start', 'c'], 'run': ['run', '-b', 'bundle', 'c'],
            'exec': ['exec', 'c', 'sh', '/print'], 'delete': ['delete', '--force', 'c']}[name]
        lab.use(['sleep', '1000'] if name in ('exec', 'delete') else ['sh', '/print'])

    def prepare(self, stdout):
        """Returns the container's process, if it has a part in the command."""
        if self.name == 'start':
            self.expect('create', '-b', 'bundle', '--pid-file', '/run/pid', 'c', stdout=stdout)
            with open('/run/pid') as file:
                return int(file.read())
        if self.name in ('exec', 'delete'):
            self.expect('run', '-d', '-b', 'bundle', 'c')
        return None

    def expect(self, *words, stdout=None):
        status, errors = self.lab.run(*words, stdout=stdout)
        if status:
            raise SystemExit(f'berth {" ".join(words)}: status {status}: {errors}')

    def result(self, stdout):
        """What the container printed, once the command has succeeded."""
        if self.name == 'create':
            status, errors = self.lab.run('start', 'c')
            if status:  # The process ended after `create` had.
                return 'refused' if errors == 'berth: cannot start a container that has stopped\n' else errors
        if self.name in ('create', 'start'):
            self.lab.await_children()
        return read_all(stdout)


class Campaign:
    """A case, tried with every fault at each of its calls."""

    def __init__(self, lab, name):
        self.lab = lab
        self.case = Case(lab, name)
        self.outcomes = collections.Counter()
        self.complaints = []
        self.place = f'{name}, untroubled'
        self.is_sound = True
        self.left = 0
        # What the first run makes in the root, and in the cache of filters, stays.
        self.attempt(None, 0)
        self.before = lab.state()
        first, self.expected = self.attempt(None, 0)
        self.calls = [[call_name(call) for call in calls] for calls in first.calls]

    def attempt(self, target, fault):
        """Runs the command once; returns what was seen, and what became of it."""
        stdout, self.errors = os.memfd_create('out'), os.memfd_create('errors')
        try:
            beside = self.case.prepare(stdout)
            seen = tracing.Trace(self.lab.command(*self.case.words), target, fault, stdout, self.errors, beside)
            if seen.status is None:
                seen.status = self.lab.end_of(seen.main)
            outcome = self.outcome(seen, fault, stdout)
            self.clean()
            return seen, outcome
        finally:
            os.close(stdout)
            os.close(self.errors)

    def outcome(self, seen, fault, stdout):
        message = read_all(self.errors)
        if seen.status is None:
            return 'hung: ' + message
        status = os.waitstatus_to_exitcode(seen.status)
        if fault == 0 and seen.hit is not None and status in (-signal.SIGKILL, 128 + signal.SIGKILL):
            return 'killed'
        if status < 0:
            return f'crashed: signal {-status}: {message}'
        if status:
            return 'refused' if message.startswith('berth: ') and len(message) > 10 else f'silent: status {status}: {message}'
        # Who sees a process end cannot tell what it had yet to do.
        return self.case.result(stdout) or ('killed' if fault == 0 and seen.hit is not None else '')

    def clean(self):
        status, errors = self.lab.run('delete', '--force', 'c')
        if status or errors:
            self.complaints.append(f'delete --force: status {status}: {errors}')
        if not self.lab.await_children():
            left = subprocess.run(['ps', '-e', '-o', 'pid,stat,wchan:20,args'], capture_output=True, text=True).stdout
            raise SystemExit(f'processes are left after {self.place}:\n{left}')

    def run(self, choice):
        cases = [(process, number, fault) for process, calls in enumerate(self.calls) for number in range(len(calls))
                 for fault in FAULTS if not (fault and calls[number] in UNFAILING)]
        tried = choice.of(cases)
        for process, number, fault in tried:
            name = errno.errorcode.get(fault, 'SIGKILL')
            self.place = f'{self.case.name}: process {process}, call {number} {self.calls[process][number]}, {name}'
            self.complaints = []
            self.judge(process, number, fault)
        figures = ', '.join(f'{count} {name}' for name, count in sorted(self.outcomes.items()))
        print(f'{self.case.name}: {len(self.calls)} processes, {sum(map(len, self.calls))} system calls, '
              f'{len(tried)} of {len(cases)} cases{choice.name}: {figures}; left something behind: {self.left}', flush=True)
        return self.is_sound

    def judge(self, process, number, fault):
        seen, outcome = self.attempt(tracing.Call(process, number), fault)
        after = self.lab.state()
        self.left += bool(after - self.before)
        self.complaints += [f'left: {thing}' for thing in sorted(after - self.before)]
        self.complaints += [f'gone: {thing}' for thing in sorted(self.before - after)]
        call = seen.hit and call_name(seen.hit)
        # From one run to the next, a call may come earlier or later.
        if call is None or call in UNFAILING and fault:
            outcome = 'not reached'
        elif outcome == self.expected:
            outcome = 'harmless'
        elif call in MEMORY and fault and outcome.startswith(('crashed', 'silent')):
            outcome = 'out of memory'
        elif outcome not in ('killed', 'refused'):
            self.complaints += difference(self.expected, outcome)
            outcome = 'wrong'
        self.outcomes[outcome] += 1
        if self.complaints:
            self.is_sound = False
            print(self.place, *self.complaints, sep='\n    ', flush=True)


class Choice:
    """Which of all cases are tried."""

    def __init__(self, sample, seed):
        self.sample = sample
        self.seed = seed
        self.name = f' (seed {seed})' if sample else ''

    def of(self, cases):
        if not self.sample or self.sample >= len(cases):
            return cases
        half = self.sample // 2
        chosen = set(random.Random(0).sample(cases, half)) | set(random.Random(self.seed).sample(cases, half))
        return sorted(chosen)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--sample', type=int)
    parser.add_argument('--seed', type=int, default=random.randrange(10**6))
    parser.add_argument('berth')
    parser.add_argument('commands', nargs='+', choices=['create', 'start', 'run', 'exec', 'delete'])
    options = parser.parse_args()
    own_host()
    lab = Lab(os.path.abspath(options.berth))
    choice = Choice(options.sample, options.seed)
    results = [Campaign(lab, name).run(choice) for name in options.commands]
    sys.exit(0 if all(results) else 1)


if __name__ == '__main__':
    main()
