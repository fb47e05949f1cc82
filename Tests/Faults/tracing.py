"""A process and its children, stopped at each of their system calls by ptrace(2), and one of these calls spoiled."""
import ctypes
import os
import platform
import signal
import struct
import time

if platform.machine() != 'x86_64':
    raise SystemExit('this reads and writes the registers of x86_64 alone')

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long

POKEUSER, DETACH, SYSCALL, GETEVENTMSG, SEIZE, INTERRUPT, LISTEN, GET_SYSCALL_INFO = \
    6, 17, 24, 0x4201, 0x4206, 0x4207, 0x4208, 0x420e
# PTRACE_O_: TRACESYSGOOD, TRACEFORK, TRACEVFORK, TRACECLONE, TRACEEXEC
OPTIONS = 1 | 2 | 4 | 8 | 16
EVENT_FORKS, EVENT_EXEC, EVENT_STOP = (1, 2, 3), 4, 128
ENTRY, EXIT = 1, 2
# Offsets in struct user.
RAX, ORIG_RAX = 80, 120
WALL = 0x40000000
CLOSE, OPENAT2 = 3, 437


def ptrace(request, process, address=0, data=0):
    if libc.ptrace(request, process, address, data) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


class Call:
    """A system call to spoil: the number of its process, in the order of their beginnings, and its own number there."""

    def __init__(self, process, number):
        self.process = process
        self.number = number


class Process:
    def __init__(self, number):
        self.number = number
        # Berth's own calls begin with its first openat2: what is before that is the start of any static Swift program.
        self.is_awake = number > 0
        self.calls = []
        self.is_berth = True
        self.spoils_exit = False


class Trace:
    """Runs a command, and follows it to its end or to the call that is to be spoiled; from there on it runs alone.

    `fault` is an errno, or 0 for SIGKILL. `beside` is a process that is there already, and counts as the first child.
    """

    def __init__(self, command, target=None, fault=0, stdout=None, stderr=None, beside=None):
        self.target = target
        self.fault = fault
        self.hit = None
        self.status = None
        self.processes = {}
        self.order = []
        self.info = ctypes.create_string_buffer(88)
        self.main = self.spawn(command, stdout, stderr)
        self.traced = set()
        self.add(self.main)
        self.follow(beside)

    def spawn(self, command, stdout, stderr):
        child = os.fork()
        if child:
            os.waitpid(child, os.WUNTRACED)
            ptrace(SEIZE, child, 0, OPTIONS)
            os.kill(child, signal.SIGCONT)
            return child
        try:
            os.dup2(os.open('/dev/null', os.O_RDONLY), 0)
            os.dup2(stdout, 1)
            os.dup2(stderr, 2)
            for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores these.
                signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGSTOP)
            os.execv(command[0], command)
        finally:
            os._exit(127)

    def add(self, process):
        if process not in self.processes:
            self.processes[process] = Process(len(self.order))
            self.order.append(self.processes[process])
            self.traced.add(process)

    @property
    def calls(self):
        return [process.calls for process in self.order]

    def follow(self, beside):
        """Waits for stops of any of the processes until nothing is left to see."""
        if beside:
            ptrace(SEIZE, beside, 0, OPTIONS)
            ptrace(INTERRUPT, beside)
            self.add(beside)
            self.processes[beside].is_awake = True
        while self.traced and self.hit is None:
            process, status = self.next_stop()
            if process == 0:
                break
            if os.WIFSTOPPED(status):
                self.add(process)
                if not self.handle(process, status):
                    self.traced.discard(process)
            else:
                self.traced.discard(process)
                if process == self.main:
                    self.status = status
        self.release()

    def next_stop(self):
        """The next process that has something to tell. After the command's end, the process of a created container has:
        for a moment, until it waits for the next command."""
        if self.status is None:
            return os.waitpid(-1, WALL)
        for _ in range(50):
            answer = os.waitpid(-1, WALL | os.WNOHANG)
            if answer[0]:
                return answer
            time.sleep(0.001)
        return 0, 0

    def handle(self, process, status):
        """Lets a stopped process go on; returns whether it is still traced."""
        number = os.WSTOPSIG(status)
        event = status >> 16
        state = self.processes[process]
        try:
            if number == signal.SIGTRAP | 0x80:
                return self.at_call(process, state)
            if event == EVENT_EXEC:
                # Of berth's own executions, that of its read-only image is one; a child's ends its being berth.
                state.is_awake = False
                state.is_berth = process == self.main
                if not state.is_berth:
                    ptrace(DETACH, process)
                    return False
            if event in EVENT_FORKS:
                child = ctypes.c_ulong()
                ptrace(GETEVENTMSG, process, 0, ctypes.addressof(child))
                self.add(child.value)
            if event == EVENT_STOP and number in (signal.SIGSTOP, signal.SIGTSTP):
                ptrace(LISTEN, process)
            else:
                ptrace(SYSCALL, process, 0, 0 if event else number)
            return True
        except ProcessLookupError:
            return True  # It was killed meanwhile: its end comes next.

    def at_call(self, process, state):
        ptrace(GET_SYSCALL_INFO, process, len(self.info), ctypes.addressof(self.info))
        kind = self.info.raw[0]
        if kind == EXIT and state.spoils_exit:
            ptrace(POKEUSER, process, RAX, ctypes.c_ulong(-self.fault & (1 << 64) - 1).value)
            self.hit = state.calls[-1]
            ptrace(DETACH, process)
            return False
        if kind == ENTRY:
            call = struct.unpack_from('<Q', self.info.raw, 24)[0]
            state.is_awake = state.is_awake or call == OPENAT2
            if state.is_awake:
                state.calls.append(call)
                if self.is_target(state):
                    if self.fault == 0:
                        os.kill(process, signal.SIGKILL)
                        self.hit = call
                        return True
                    if call != CLOSE:  # That closes even when it fails.
                        ptrace(POKEUSER, process, ORIG_RAX, (1 << 64) - 1)
                    state.spoils_exit = True
        ptrace(SYSCALL, process)
        return True

    def is_target(self, state):
        target = self.target
        return target is not None and state.number == target.process and len(state.calls) == target.number + 1

    def release(self):
        """Stops the processes wherever they are, and lets them go untraced.

        Whichever comes first: the first process of a PID namespace ends only when all others have been waited for.
        """
        for process in self.traced:
            try:
                ptrace(INTERRUPT, process)
            except ProcessLookupError:
                pass  # It is about to end, and that is what it tells next.
        while self.traced:
            try:
                process, status = os.waitpid(-1, WALL)
            except ChildProcessError:
                return
            if not os.WIFSTOPPED(status):
                self.traced.discard(process)
                if process == self.main:
                    self.status = status
                continue
            self.traced.discard(process)
            number = os.WSTOPSIG(status)
            is_signal = not status >> 16 and number != signal.SIGTRAP | 0x80
            try:
                # A child that was born meanwhile comes with a stop of its own.
                if status >> 16 in EVENT_FORKS:
                    child = ctypes.c_ulong()
                    ptrace(GETEVENTMSG, process, 0, ctypes.addressof(child))
                    if child.value not in self.processes:
                        self.add(child.value)
                ptrace(DETACH, process, 0, number if is_signal else 0)
            except ProcessLookupError:
                self.traced.add(process)  # It was killed meanwhile: its end comes next.
