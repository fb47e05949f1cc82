#!/usr/bin/env python3
"""runtime.py BERTH REPORT: measures berth's containers against those of crun and runc, and writes the report.

All act on the same bundle; they take turns within each round, in an order drawn anew. Everything happens in a mount and
a network namespace of its own.
"""

import contextlib
import glob
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from bench import (MANY_MOUNTS, add_mounts, enter_own_namespaces, machine, met, mount_count, quartiles, version,
                   write_section)

ROUNDS = int(os.environ.get("ROUNDS", 100))
CROWD = int(os.environ.get("CROWD", 200))
# The most that berth may take of each peer's time, by what is done.
GOALS = {"run": {"crun": 0.6, "floor": 2.0}, "create, start, delete": {"crun": 0.6}, "exec": {"crun": 0.6},
         "state": {"crun": 1.0}, "kill": {"crun": 1.0}}
MOST_GROWTH = 1.5
MOST_MEMORY = 1 << 20
PAGE = os.sysconf("SC_PAGESIZE")
QUIET = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
         (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)]


class Bench:
    """The runtimes by their names, and the bundle that they share."""

    def __init__(self, berth, directory):
        self.directory = directory
        self.programs = {"berth": berth, "crun": "crun", "runc": "runc"}
        self.bundle = os.path.join(directory, "bundle")
        self.sleeper = os.path.join(directory, "sleeper")
        self.floor = os.path.join(directory, "floor")
        self.make_bundles()
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "floor.c")
        subprocess.run(["cc", "-O2", "-static", "-o", self.floor, source], check=True)

    def make_bundles(self):
        """Two bundles of one root: one whose process ends at once, one whose process sleeps."""
        rootfs = os.path.join(self.directory, "rootfs")
        for name in ("bin", "dev", "proc", "sys"):
            os.makedirs(os.path.join(rootfs, name))
        subprocess.run(["cp", "/bin/busybox", f"{rootfs}/bin/busybox"], check=True)
        for name in ("true", "sleep"):
            os.link(f"{rootfs}/bin/busybox", f"{rootfs}/bin/{name}")
        self.rootfs = rootfs
        for bundle, words in ((self.bundle, ["/bin/true"]), (self.sleeper, ["/bin/sleep", "100000"])):
            os.mkdir(bundle)
            subprocess.run(["runc", "spec"], cwd=bundle, check=True)
            with open(f"{bundle}/config.json", encoding="utf-8") as file:
                spec = json.load(file)
            spec["root"]["path"] = rootfs
            spec["process"] |= {"terminal": False, "args": words}
            self.write(bundle, spec)

    @staticmethod
    def write(bundle, spec):
        with open(f"{bundle}/config.json", "w", encoding="utf-8") as file:
            json.dump(spec, file)

    def words(self, name, *words):
        return [self.programs[name], "--root", f"{self.directory}/states-{name}", *words]

    def measured(self, words):
        """The milliseconds of a command, which has to succeed."""
        before = time.perf_counter()
        process = os.posix_spawnp(words[0], words, os.environ, file_actions=QUIET)
        _, status = os.waitpid(process, 0)
        taken = (time.perf_counter() - before) * 1000
        if status != 0:
            # Once more, to say why.
            told = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            sys.exit(f"{' '.join(words)}: {told.stderr.strip() or f'status {status}, and then {told.returncode}'}")
        return taken

    def quiet(self, words, **options):
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              **options).returncode == 0

    @contextlib.contextmanager
    def sleepers(self):
        """A running container of each runtime's."""
        for name in self.programs:
            self.measured(self.words(name, "run", "-d", "-b", self.sleeper, f"s-{name}"))
        try:
            yield
        finally:
            for name in self.programs:
                self.quiet(self.words(name, "delete", "--force", f"s-{name}"))


# What is measured: each gives the milliseconds of one go.

def run(bench, name):
    if name == "floor":
        return bench.measured([bench.floor, bench.rootfs, "/bin/true"])
    return bench.measured(bench.words(name, "run", "-b", bench.bundle, f"r-{name}"))


def life(bench, name):
    """create, start and delete; what the process itself takes to end is left out."""
    pid_file = f"{bench.directory}/pid-{name}"
    words = ("create", "-b", bench.bundle, "--pid-file", pid_file, f"l-{name}")
    taken = bench.measured(bench.words(name, *words)) + bench.measured(bench.words(name, "start", f"l-{name}"))
    with open(pid_file, encoding="utf-8") as file:
        process = file.read()
    while os.path.exists(f"/proc/{process}") and not is_zombie(process):
        time.sleep(0.001)
    return taken + bench.measured(bench.words(name, "delete", f"l-{name}"))


def is_zombie(process):
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def execute(bench, name):
    return bench.measured(bench.words(name, "exec", f"s-{name}", "/bin/true"))


def state(bench, name):
    return bench.measured(bench.words(name, "state", f"s-{name}"))


def kill(bench, name):
    return bench.measured(bench.words(name, "kill", f"s-{name}", "CONT"))


def in_turns(bench, task, *others):
    """The times of a task with each runtime."""
    times = {name: [] for name in [*bench.programs, *others]}
    for name in times:
        task(bench, name)
    for _ in range(ROUNDS):
        for name in random.sample(list(times), k=len(times)):
            times[name].append(task(bench, name))
    return times


def crowd(bench, name):
    """Many containers started at once, and deleted at once: seconds for both, failures, what stays in memory."""
    ids = [f"c{number}-{name}" for number in range(CROWD)]
    before = time.perf_counter()
    failures = at_once(bench.words(name, "run", "-d", "-b", bench.sleeper, each) for each in ids)
    started = time.perf_counter()
    left = running_programs(bench.programs[name])
    resumed = time.perf_counter()
    failures += at_once(bench.words(name, "delete", "--force", each) for each in ids)
    return started - before, time.perf_counter() - resumed, failures, left


def at_once(commands):
    """How many of the commands fail, when all run at the same time."""
    processes = [os.posix_spawnp(words[0], words, os.environ, file_actions=QUIET) for words in commands]
    return sum(os.waitpid(process, 0)[1] != 0 for process in processes)


def running_programs(program):
    """How many processes run a program's file."""
    status = os.stat(shutil.which(program))
    count = 0
    for link in glob.glob("/proc/[0-9]*/exe"):
        with contextlib.suppress(OSError):
            count += os.path.samestat(os.stat(link), status)
    return count


def least_memory(bench, name):
    """The smallest memory limit, to a page, with which three runs out of three succeed."""
    bundle = os.path.join(bench.directory, f"limited-{name}")
    os.makedirs(bundle, exist_ok=True)
    with open(f"{bench.bundle}/config.json", encoding="utf-8") as file:
        spec = json.load(file)

    def works(pages):
        spec["linux"]["resources"]["memory"] = {"limit": pages * PAGE}
        bench.write(bundle, spec)
        return all(ends_well(bench, name, bundle) for _ in range(3))

    least, most = 1, (256 << 20) // PAGE
    if not works(most):
        sys.exit(f"{name} run: fails with a memory limit of {most * PAGE} bytes")
    while least < most:
        middle = (least + most) // 2
        least, most = (least, middle) if works(middle) else (middle + 1, most)
    return most * PAGE


def ends_well(bench, name, bundle):
    try:
        return bench.quiet(bench.words(name, "run", "-b", bundle, f"m-{name}"), timeout=10)
    except subprocess.TimeoutExpired:
        return False
    finally:
        bench.quiet(bench.words(name, "delete", "--force", f"m-{name}"))


def peak_resident(bench, name):
    """The most memory that a process of `run` has resident, in bytes, shared pages of files included."""
    words = ["time", "-f", "%M", *bench.words(name, "run", "-b", bench.bundle, f"t-{name}")]
    told = subprocess.run(words, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stderr
    return int(told.split()[-1]) * 1024


def peak_charged(bench, name):
    """The most memory that a cgroup around `run` is charged, in bytes: what is not the page cache's before."""
    parent = "/sys/fs/cgroup/memory"
    usage = "memory.max_usage_in_bytes"
    if not os.path.exists(f"{parent}/cgroup.procs"):
        parent, usage = "/sys/fs/cgroup", "memory.peak"
    cgroup = f"{parent}/berth-bench"
    os.mkdir(cgroup)
    try:
        script = 'echo $$ > "$0/cgroup.procs"; exec "$@"'
        words = ["sh", "-c", script, cgroup, *bench.words(name, "run", "-b", bench.bundle, f"p-{name}")]
        if not bench.quiet(words):
            sys.exit(f"{name} run: fails in a cgroup of its own")
        with open(f"{cgroup}/{usage}", encoding="utf-8") as file:
            return int(file.read())
    finally:
        os.rmdir(cgroup)


# The report.

def time_table(results):
    lines = ["| What | Mounts | Program | Median, ms | Quartiles, ms | Times berth |", "|---|---:|---|---:|---:|---:|"]
    for what, mounts, times in results:
        own = statistics.median(times["berth"])
        for name, each in times.items():
            low, median, high = quartiles(each)
            lines.append(f"| {what} | {mounts:,} | {name} | {median:.2f} | {low:.2f} to {high:.2f} | {median / own:.2f} |")
    return "\n".join(lines)


def crowd_table(crowds):
    lines = ["| Program | Started, s | Deleted, s | Failures | Processes of the runtime that stay |",
             "|---|---:|---:|---:|---:|"]
    for name, (started, deleted, failures, left) in crowds.items():
        lines.append(f"| {name} | {started:.2f} | {deleted:.2f} | {failures} | {left} |")
    return "\n".join(lines)


def memory_table(memory):
    lines = ["| Program | Smallest limit, KiB | Peak resident, KiB | Peak charged, KiB |", "|---|---:|---:|---:|"]
    for name, figures in memory.items():
        lines.append(f"| {name} | " + " | ".join(f"{each / 1024:,.0f}" for each in figures) + " |")
    return "\n".join(lines)


def verdicts(results, crowds, memory):
    medians = {(what, name, index): statistics.median(each) for index, (what, _, times) in enumerate(results)
               for name, each in times.items()}
    lines = []
    for index, (what, mounts, times) in enumerate(results):
        if what == "run" and index > 0:
            continue
        for peer, most in GOALS[what].items():
            ratio = medians[what, "berth", index] / medians[what, peer, index]
            lines.append(f"- {what}, at most {most} times {peer}: {ratio:.2f}, {met(ratio <= most)}.")
    runs = [index for index, result in enumerate(results) if result[0] == "run"]
    growth = {name: medians["run", name, runs[-1]] / medians["run", name, runs[0]] for name in ("berth", "crun", "runc")}
    told = ", ".join(f"{name} {each:.2f}" for name, each in growth.items() if name != "berth")
    lines.append(f"- run with {results[runs[-1]][1]:,} mounts, at most {MOST_GROWTH} times as long as with "
                 f"{results[runs[0]][1]}: {growth['berth']:.2f}, {met(growth['berth'] <= MOST_GROWTH)} ({told}).")
    totals = {name: each[0] + each[1] for name, each in crowds.items()}
    good = totals["berth"] < totals["crun"] and crowds["berth"][2] == 0
    lines.append(f"- {CROWD} containers at once, no failure, faster than crun: {totals['berth'] / totals['crun']:.2f} "
                 f"times its time, {crowds['berth'][2]} failures, {met(good)}.")
    lines.append(f"- The smallest memory limit, at most {MOST_MEMORY // 1024:,} KiB: {memory['berth'][0] // 1024:,} KiB, "
                 f"{met(memory['berth'][0] <= MOST_MEMORY)}.")
    return "\n".join(lines)


def report(berth, results, crowds, memory):
    return f"""Containers of the default configuration (`runc spec`) whose process is a static `/bin/true`, on the same root,
with berth, crun and runc; and the floor, `Benchmarks/floor.c`: a static program that makes the same namespaces and mounts,
and does nothing else. Each figure is the median of {ROUNDS} runs, in turns, in an order drawn for each round, in a mount
and a network namespace of its own. `exec`, `state` and `kill` act on a running container.

Measured {time.strftime('%Y-%m-%d')} on {machine()}; berth {version(berth)}, crun {version('crun')},
runc {version('runc')}. Where the machine has cgroups of both versions, which crun refuses as root, an empty file covers
the `cgroup.controllers` of version 2: all three then find version 1 with the same controllers.

{time_table(results)}

{CROWD} containers started by as many commands at once (`run -d`), then deleted likewise (`delete --force`):

{crowd_table(crowds)}

Memory of `run`: the smallest limit of the container (`linux.resources.memory.limit`, to a page) with which it starts three
times out of three; the most that one of its processes has resident, the shared pages of its program included; and the most
that a cgroup around it is charged.

{memory_table(memory)}

The goals:

{verdicts(results, crowds, memory)}
"""


def hide_unified_controllers():
    """Lets crun run where both versions of cgroups are mounted."""
    path = "/sys/fs/cgroup/unified/cgroup.controllers"
    if os.path.exists(path):
        subprocess.run(["mount", "-n", "--bind", "/dev/null", path], check=True)


def measure(bench):
    few = mount_count()
    results = [("run", few, in_turns(bench, run, "floor")),
               ("create, start, delete", few, in_turns(bench, life))]
    with bench.sleepers():
        results += [(name, few, in_turns(bench, task))
                    for name, task in (("exec", execute), ("state", state), ("kill", kill))]
    crowds = {name: crowd(bench, name) for name in ("crun", "berth", "runc")}
    memory = {name: (least_memory(bench, name), peak_resident(bench, name), peak_charged(bench, name))
              for name in bench.programs}
    many = os.path.join(bench.directory, "many")
    os.mkdir(many)
    add_mounts(many)
    results.append(("run", mount_count(), in_turns(bench, run, "floor")))
    subprocess.run(["umount", "-n", "--lazy", many], check=True)
    return results, crowds, memory


def main():
    enter_own_namespaces("-n")
    # A broken pipe of a child's is its own.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    berth, path = os.path.abspath(sys.argv[1]), sys.argv[2]
    hide_unified_controllers()
    with tempfile.TemporaryDirectory() as directory:
        # States are kept in memory, as below /run.
        subprocess.run(["mount", "-n", "-t", "tmpfs", "bench", directory], check=True)
        try:
            results, crowds, memory = measure(Bench(berth, directory))
        finally:
            subprocess.run(["umount", "-n", "--lazy", directory], check=True)
    write_section(path, "The OCI runtime", report(berth, results, crowds, memory))
    print(time_table(results), crowd_table(crowds), memory_table(memory), verdicts(results, crowds, memory),
          f"The report is {path}.", sep="\n\n")


if __name__ == "__main__":
    main()
