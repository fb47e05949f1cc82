#!/usr/bin/env python3
"""How fast the instruments are, beside findmnt, lsns and grep, and how that grows; `make bench` runs it as root.

Usage: instruments.py BERTH REPORT PLOT
"""

import ctypes
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import bench
import plot

CLONE_NEWNS = 0x20000
MS_REC, MS_SLAVE = 0x4000, 0x80000
MOUNTS = (100, 300, 1000, 3000, 10000)
NAMESPACES = (10, 30, 100, 300)
MOUNTS_IN_EACH = 300
ROUNDS = 11

libc = ctypes.CDLL(None, use_errno=True)


def mount_many(directory, count):
    """A tmpfs, and binds of its directories one beside the other until there are so many."""
    os.mkdir(directory)
    subprocess.run(["mount", "-n", "-t", "tmpfs", "many", directory], check=True)
    for number in range(count):
        os.mkdir(f"{directory}/{number}")
        if libc.mount(directory.encode(), f"{directory}/{number}".encode(), None, 4096, None) != 0:
            sys.exit(f"{directory}/{number}: {os.strerror(ctypes.get_errno())}")


def unmount_many(directory):
    subprocess.run(["umount", "-n", "-l", directory], check=True)
    os.rmdir(directory)


class Sleepers:
    """Processes that each have a copy of this mount namespace, and end with the block."""

    def __init__(self, count):
        self.count = count
        self.ids = []

    def __enter__(self):
        for _ in range(self.count):
            reader, writer = os.pipe()
            child = os.fork()
            if child == 0:
                libc.prctl(1, signal.SIGKILL)
                libc.unshare(CLONE_NEWNS)
                # As services and containers of a machine with systemd are: they receive from the host.
                libc.mount(None, b"/", None, MS_REC | MS_SLAVE, None)
                os.write(writer, b".")
                signal.pause()
            self.ids.append(child)
            os.read(reader, 1)
            os.close(reader)
            os.close(writer)
        return self

    def __exit__(self, *_):
        for child in self.ids:
            os.kill(child, signal.SIGKILL)
        for child in self.ids:
            os.waitpid(child, 0)


def milliseconds(command, statuses=(0,)):
    start = time.perf_counter()
    status = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    taken = (time.perf_counter() - start) * 1000
    if status.returncode not in statuses:
        sys.exit(f"{command}: {status.returncode}: {status.stderr.decode()}")
    return taken


def medians(*commands, rounds=ROUNDS):
    """The median time of each command, run in turns."""
    times = [[] for _ in commands]
    for _ in range(rounds):
        for command, taken in zip(commands, times):
            taken.append(milliseconds(command, statuses=(0, 1, 2) if command[0] == "sh" else (0,)))
    return [statistics.median(taken) for taken in times]


def by_mounts(berth, directory):
    rows = []
    for count in MOUNTS:
        mount_many(directory, count)
        rounds = 3 if count >= 3000 else ROUNDS
        rows.append((count, *medians([berth, "mounts", "--json"], ["findmnt", "-J"], rounds=rounds)))
        unmount_many(directory)
    return rows


def by_namespaces(berth, directory):
    rows = []
    mount_many(directory, MOUNTS_IN_EACH)
    subprocess.run(["mount", "-n", "--make-rshared", directory], check=True)
    # The one that is looked for is among the others.
    needle = f"{directory}/150"
    subprocess.run(["mount", "-n", "-t", "tmpfs", "needle", needle], check=True)
    grep = ["sh", "-c", "grep needle /proc/[0-9]*/mountinfo 2>/dev/null"]
    predict = [berth, "mounts", "predict", "--", "mount", "-t", "tmpfs", "new", f"{directory}/0"]
    for count in NAMESPACES:
        with Sleepers(count):
            rows.append(
                (
                    count,
                    *medians([berth, "ns", "list"], ["lsns", "-t", "mnt"]),
                    *medians([berth, "mounts", "holders", needle], grep, rounds=5),
                    *medians(predict),
                )
            )
    unmount_many(directory)
    return rows


def table(headings, rows):
    lines = ["| " + " | ".join(headings) + " |", "|" + "---:|" * len(headings)]
    for row in rows:
        lines.append("| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else f"{cell:.1f}" for cell in row) + " |")
    return "\n".join(lines)


def report(mounts, namespaces, picture):
    most, listing, findmnt = mounts[-1]
    count, ns_list, lsns, holders, grep, predict = namespaces[-1]
    goals = [
        (f"`berth mounts --json` with {most:,} mounts, at least 10 times faster than findmnt -J", findmnt / listing, 10),
        (f"`berth ns list` with {count} namespaces, at least 5 times faster than lsns -t mnt", lsns / ns_list, 5),
        (f"`berth mounts holders` with {count} namespaces of {MOUNTS_IN_EACH} mounts, at least 10 times faster than grep", grep / holders, 10),
    ]
    text = f"""
The instruments beside the tools of util-linux and grep, in turns, medians in milliseconds, of whole commands from start to
end. Measured {time.strftime("%Y-%m-%d")} on {bench.machine()}; util-linux {bench.version("findmnt")}.

![How the times grow](images/{os.path.basename(picture)})

{table(["Mounts", "berth mounts --json", "findmnt -J"], mounts)}

Namespaces, each with its own copy of {MOUNTS_IN_EACH} shared mounts and one process:

{table(["Namespaces", "berth ns list", "lsns -t mnt", "berth mounts holders", "grep /proc/*/mountinfo", "berth mounts predict"], namespaces)}

The goals:

"""
    for name, ratio, goal in goals:
        text += f"- {name}: {ratio:.1f} times, {bench.met(ratio >= goal)}.\n"
    text += f"- `berth mounts predict` over the same, at most 100 ms: {predict:.0f} ms, {bench.met(predict <= 100)}.\n"
    text += """
As root, `ns list`, `holders` and `predict` ask the kernel's own records ([kernel-records.md](kernel-records.md)): all processes and
namespaces, or all mounts of a file system, with a few system calls. Where that cannot be, they read /proc and the mounts of all namespaces, with a
thread for each processor: then `ns list` takes about as long as lsns(8), `holders` as long as grep(1), and `predict` twice as long. It takes more than a microsecond to tell of
one mount, by statmount(2) as by mountinfo.
"""
    return text


def draw(path, mounts, namespaces):
    panels = [
        ("mounts in one namespace", [row[0] for row in mounts],
         {"berth mounts --json": [row[1] for row in mounts], "findmnt -J": [row[2] for row in mounts]}),
        (f"namespaces of {MOUNTS_IN_EACH} mounts", [row[0] for row in namespaces],
         {name: [row[column] for row in namespaces]
          for column, name in enumerate(["berth ns list", "lsns -t mnt", "berth mounts holders", "grep", "berth mounts predict"], 1)}),
    ]
    with open(path, "w", encoding="utf-8") as file:
        file.write(plot.svg(panels))


def main():
    berth, path, picture = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
    bench.enter_own_namespaces()
    place = tempfile.mkdtemp(prefix="berth-bench-")
    try:
        mounts = by_mounts(berth, f"{place}/many")
        namespaces = by_namespaces(berth, f"{place}/many")
    finally:
        # Not a removal of all below: what is mounted there is shown again.
        subprocess.run(["umount", "-n", "-q", "-l", f"{place}/many"], stderr=subprocess.DEVNULL, check=False)
        for directory in (f"{place}/many", place):
            if os.path.isdir(directory):
                os.rmdir(directory)
    draw(picture, mounts, namespaces)
    bench.write_section(path, "The instruments", report(mounts, namespaces, picture))


if __name__ == "__main__":
    main()
