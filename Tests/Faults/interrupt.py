#!/usr/bin/python3
"""Interrupts the commands that change something, and makes them fail, at each of their system calls.

Each command runs once to learn the calls that it makes, and those of the processes that it starts. Then it runs anew for
each call six times: the process is killed there, or the call fails with EPERM, ENOMEM, EIO, EINTR, ENOSPC. The command has
to end, with a message if it fails, and with what was asked for if it does not; the mounts of the process that it was asked
about are as they were, or as they were to be; and when `berth delete --force` is done no process, mount, cgroup or file may
be left. What is not so is printed, and then the figures.

    interrupt.py [--sample N [--seed S] | --every N] BERTH [COMMAND...]     the commands are those of cases.py, without any ROWS

Of a sample, half of the cases are the same in every run, and half are chosen by the seed: it is printed, to try them again. With
--every, one fault is tried at every Nth call: the first there, the next at the next.
"""
import argparse
import collections
import ctypes
import difflib
import errno
import os
import random
import re
import signal
import subprocess
import sys

import tracing
from cases import BETWEEN, CRIU_ROWS, ROWS, Case
from lab import Lab, mounts_of, own_host, read_all

# Calls that cannot fail, and what they answer is not an errno.
UNFAILING = {'exit_group', 'exit', 'rt_sigreturn', 'getpid', 'getppid', 'gettid', 'getuid', 'geteuid', 'getgid', 'getegid',
             'umask'}
# Those of libc's memory and threads, of which it may die.
LIBC = {'brk', 'mmap', 'munmap', 'mprotect', 'mremap', 'madvise', 'set_robust_list', 'rt_sigaction', 'rt_sigprocmask', 'rseq',
          'futex'}
FAULTS = [0, errno.EPERM, errno.ENOMEM, errno.EIO, errno.EINTR, errno.ENOSPC]

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
        self.halfway = 0
        self.goals = []
        # What the first run makes in the root, and in the cache of filters, stays.
        self.attempt(None, 0)
        self.before = lab.state()
        first, self.expected = self.attempt(None, 0)
        if self.expected in ('refused', 'killed', 'told'):
            raise SystemExit(f'{name} fails untroubled')
        self.calls = [[call_name(call) for call in calls] for calls in first.calls]

    def attempt(self, target, fault):
        """Runs the command once; returns what was seen, and what became of it."""
        stdout, self.errors = os.memfd_create('out'), os.memfd_create('errors')
        try:
            beside = self.case.prepare(stdout)
            # What is `created` or ends meanwhile has its mounts made meanwhile.
            begun = mounts_of(self.case.process) if self.case.before not in ('nothing', 'created') else None
            seen = tracing.Trace(self.case.command(), target, fault, stdout, self.errors, beside)
            if seen.status is None:
                seen.status = self.lab.end_of(seen.main)
            outcome = self.outcome(seen, fault, stdout)
            if begun is not None:
                self.lab.await_children(self.case.processes)
                self.compare(begun, mounts_of(self.case.process), target is None, outcome if fault else 'killed')
            self.clean()
            return seen, outcome
        finally:
            os.close(stdout)
            os.close(self.errors)

    def compare(self, begun, ended, is_model, outcome):
        """The mounts of the process that the command is about: as before, or as the command is to leave them."""
        if self.lab.sticks() > 1 and outcome not in BETWEEN.get(self.case.name, ()):  # One beneath the other.
            self.complaints.append('a second copy is left')
        if is_model:
            self.goals = [begun, ended]
        elif ended and ended not in self.goals:  # It may have ended with the container.
            between = outcome in BETWEEN.get(self.case.name, ())
            if between and self.is_stick(ended - begun) and self.is_stick(begun - ended):
                self.halfway += 1
                return
            changes = [f'+ {line}' for line in ended - begun] + [f'- {line}' for line in begun - ended]
            self.complaints += [f'in the process: {change}' for change in changes]

    def is_stick(self, mounts):
        """Whether these are the mount alone that the command exchanges."""
        return all('/stick ' in line for line in mounts)

    def outcome(self, seen, fault, stdout):
        message = read_all(self.errors)
        if seen.status is None:
            return 'hung: ' + message
        status = os.waitstatus_to_exitcode(seen.status)
        if fault == 0 and seen.hit is not None and status in (-signal.SIGKILL, 128 + signal.SIGKILL):
            return 'killed'
        if status < 0:
            return f'crashed: signal {-status}: {message}'
        if status == 1 and ': left: ' in read_all(stdout):  # Of several mounts, each is told of.
            return 'refused'
        if status:
            # Before it, criu may have said something.
            return 'refused' if re.search('^berth: .....', message, re.MULTILINE) else f'silent: status {status}: {message}'
        # What is seen of others is less than all to many: that is told, and no failure.
        if self.case.goal == 'mounts' and re.search(r'^berth: .*(hidden from this user|could not be read|cannot be read)', message):
            return 'told'
        # Who sees a process end cannot tell what it had yet to do.
        return self.case.result(stdout) or ('killed' if fault == 0 and seen.hit is not None else '')

    def clean(self):
        self.case.finish()
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
              f'{len(tried)} of {len(cases)} cases{choice.name}: {figures}; left something behind: {self.left}'
              + (f'; between two calls: {self.halfway}' if self.case.name in BETWEEN else ''), flush=True)
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
        elif call in LIBC and fault and outcome.startswith(('crashed', 'silent')):
            outcome = 'libc gave up'
        elif outcome not in ('killed', 'refused', 'told'):
            self.complaints += difference(self.expected, outcome)
            outcome = 'wrong'
        self.outcomes[outcome] += 1
        if self.complaints:
            self.is_sound = False
            print(self.place, *self.complaints, sep='\n    ', flush=True)


class Choice:
    """Which of all cases are tried."""

    def __init__(self, sample, seed, every):
        self.sample = sample
        self.seed = seed
        self.every = every
        self.name = f' (seed {seed})' if sample else ''

    def of(self, cases):
        if self.every:
            calls = sorted({case[:2] for case in cases})[::self.every]
            wanted = {(*call, FAULTS[index % len(FAULTS)]) for index, call in enumerate(calls)}
            return [case for case in cases if case in wanted]
        if not self.sample or self.sample >= len(cases):
            return cases
        half = self.sample // 2
        chosen = set(random.Random(0).sample(cases, half)) | set(random.Random(self.seed).sample(cases, half))
        return sorted(chosen)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--sample', type=int)
    parser.add_argument('--seed', type=int, default=random.randrange(10**6))
    parser.add_argument('--every', type=int)
    parser.add_argument('berth')
    parser.add_argument('commands', nargs='*', metavar='COMMAND', help=' '.join([*ROWS, *CRIU_ROWS]))
    options = parser.parse_args()
    if unknown := set(options.commands) - {*ROWS, *CRIU_ROWS}:
        parser.error(f'no such command: {" ".join(unknown)}')
    own_host()
    lab = Lab(os.path.abspath(options.berth))
    choice = Choice(options.sample, options.seed, options.every)
    results = [Campaign(lab, name).run(choice) for name in options.commands or ROWS]
    sys.exit(0 if all(results) else 1)


if __name__ == '__main__':
    main()
