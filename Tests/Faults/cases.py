"""The commands that are tried: what comes before each, and what it is to lead to."""
import json
import os
import shutil
import signal
import subprocess

from lab import PRINT, SLEEP, WORK, libc, mounts_of, read_all

CLONE_NEWNS = 0x20000

# Of each command: what is there before it, its words, and what is looked at when it has succeeded.
# `{pid}` is the process that is there: of a container that is created, runs or is paused, or one that holds a mount.
ROWS = {
    'create': ('nothing', ['create', '-b', 'bundle', 'c'], 'started'),
    'start': ('created', ['start', 'c'], 'ended'),
    'run': ('nothing', ['run', '-b', 'bundle', 'c'], 'printed'),
    'exec': ('running', ['exec', 'c', *PRINT], 'printed'),
    'delete': ('running', ['delete', '--force', 'c'], 'printed'),
    'kill': ('running', ['kill', 'c', 'KILL'], 'state'),
    'pause': ('running', ['pause', 'c'], 'state'),
    'resume': ('paused', ['resume', 'c'], 'state'),
    'update': ('running', ['update', '--pids-limit', '40', 'c'], 'limit'),
    'ns-enter': ('running', ['ns', 'enter', '{pid}', '--', *PRINT], 'printed'),
    'ns-enter-with': ('running', ['ns', 'enter', '{pid}', '--with', f'{WORK}/toolbox', '--', *PRINT], 'printed'),
    'holders': ('held', ['mounts', 'holders', f'{WORK}/stick', '--release', '--yes'], 'mounts'),
    'holders-used': ('used', ['mounts', 'holders', f'{WORK}/stick', '--release', '--yes'], 'mounts'),
    'mounts-remove': ('held', ['mounts', 'remove', '{pid}', f'{WORK}/stick'], 'mounts'),
    'mounts-set': ('held', ['mounts', 'set', '{pid}', f'{WORK}/stick', 'ro,shared'], 'mounts'),
    'mounts-renew': ('held', ['mounts', 'renew', '{pid}', f'{WORK}/stick'], 'mounts'),
}
# These are tried where criu works: in the virtual machine.
IMAGE = ['--image-path', f'{WORK}/image', '--work-path', f'{WORK}/criu']
CRIU_ROWS = {
    'checkpoint': ('alone', ['checkpoint', *IMAGE, 'c'], 'image'),
    'restore': ('saved', ['restore', '--detach', *IMAGE, '-b', 'bundle', 'c'], 'state'),
}
# Two calls that the kernel cannot do as one. Killed between them, `mounts renew` leaves no mount; `mounts holders` leaves it twice, of
# which its message tells where it was not killed.
BETWEEN = {'holders-used': ('killed', 'refused'), 'mounts-renew': ('killed',)}


class Case:
    """A command: what comes before it, the command, and what it is to lead to."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.before, self.words, self.goal = {**ROWS, **CRIU_ROWS}[name]
        self.process = None
        self.others = []
        if self.before == 'saved':
            lab.use(SLEEP)
            self.run_alone()
            self.expect('checkpoint', *IMAGE, 'c')
        lab.use(PRINT if self.before in ('nothing', 'created') else SLEEP)

    def prepare(self, stdout):
        """Makes what is there before; returns the container's process, if it has a part in the command."""
        if self.before == 'created':
            self.expect('create', '-b', 'bundle', '--pid-file', '/run/pid', 'c', stdout=stdout)
        elif self.before in ('running', 'paused'):
            self.expect('run', '-d', '-b', 'bundle', '--pid-file', '/run/pid', 'c')
        elif self.before == 'alone':
            self.run_alone()
            return None
        elif self.before in ('held', 'used'):
            self.process = self.spawn(CLONE_NEWNS, '/')
            if self.before == 'used':
                self.spawn(0, f'{WORK}/stick')
            return None
        else:
            return None
        with open('/run/pid') as file:
            self.process = int(file.read())
        if self.before == 'paused':
            self.expect('pause', 'c')
        return self.process if self.before == 'created' else None

    def command(self):
        return self.lab.command(*[word.format(pid=self.process) for word in self.words])

    def spawn(self, namespaces, directory):
        """A process that waits in namespaces of its own, and in a directory."""
        reader, writer = os.pipe()
        process = os.fork()
        if process == 0:
            if libc.unshare(namespaces) == 0:
                os.chdir(directory)
                os.write(writer, b'1')
                signal.pause()
            os._exit(1)
        os.close(writer)
        if os.read(reader, 1) != b'1':
            raise SystemExit('no process in a namespace of its own')
        os.close(reader)
        self.others.append(process)
        return process

    def run_alone(self):
        """Runs the container with streams that another process can have too: criu opens them anew."""
        command = self.lab.command('run', '-d', '-b', 'bundle', 'c')
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def finish(self):
        """Ends what `prepare` began, but for the container."""
        if self.before == 'alone':
            shutil.rmtree(f'{WORK}/image', ignore_errors=True)
            shutil.rmtree(f'{WORK}/criu', ignore_errors=True)
        for process in self.others:
            os.kill(process, signal.SIGKILL)
        self.others = []
        self.process = None
        self.lab.mount_stick()

    @property
    def processes(self):
        """Those that are there before the command, and may be after it."""
        return {self.process, *self.others}

    def expect(self, *words, stdout=None):
        status, errors = self.lab.run(*words, stdout=stdout)
        if status:
            raise SystemExit(f'berth {" ".join(words)}: status {status}: {errors}')

    def result(self, stdout):
        """What there is to see once the command has succeeded."""
        if self.goal == 'started':
            status, errors = self.lab.run('start', 'c')
            if status:  # The process ended after `create` had.
                return 'refused' if errors == 'berth: cannot start a container that has stopped\n' else errors
        if self.goal in ('started', 'ended'):
            self.lab.await_children()
        if self.goal == 'state':
            return self.state()
        if self.goal == 'image':
            return ' '.join(sorted(os.listdir(f'{WORK}/image')))
        if self.goal == 'limit':
            return self.limit()
        if self.goal == 'mounts':
            return '\n'.join(sorted(mounts_of(self.process).elements()))
        return read_all(stdout)

    def state(self):
        if self.name == 'kill':  # It ends soon, but not at once.
            self.lab.await_end(self.process)
        answer = os.memfd_create('state')
        self.expect('state', 'c', stdout=answer)
        text = json.loads(read_all(answer))['status']
        os.close(answer)
        return text

    def limit(self):
        files = [f'{directory}/pids.max' for directory in self.lab.cgroups()]
        limits = []
        for name in filter(os.path.exists, files):
            with open(name) as file:
                limits.append(file.read())
        return ''.join(limits)
