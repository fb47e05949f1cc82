#!/usr/bin/env python3
"""shell.py BERTH REPORT: measures the start of `berth shell` against its peers, and writes the report.

Commands take turns within each round, in an order drawn anew, so that what else the machine does meets all alike.
Everything happens in a mount namespace of its own.
"""

import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

from bench import (MANY_MOUNTS, add_mounts, enter_own_namespaces, machine, met, mount_count, quartiles, version,
                   write_section)

ROUNDS = int(os.environ.get("ROUNDS", 40))
RUNS_A_ROUND = 5
GOALS = {"unshare": 1.3, "bwrap": 1.0}


def commands(berth):
    return {
        "berth": f"{berth} shell -- /bin/true",
        "berth, an option": f"{berth} shell --hostname x -- /bin/true",
        "unshare": "unshare -mpfu --mount-proc /bin/true",
        "bwrap": "bwrap --unshare-pid --unshare-uts --bind / / --proc /proc /bin/true",
    }


def milliseconds(berth):
    """The median, the quartiles and the count of each command's times."""
    times = {name: [] for name in commands(berth)}
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(ROUNDS):
            order = random.sample(list(commands(berth).items()), k=len(times))
            named = [word for name, command in order for word in ("-n", name, command)]
            run = subprocess.run(
                ["hyperfine", "-N", "--style", "none", "--warmup", "1", "--runs", str(RUNS_A_ROUND),
                 "--export-json", file.name, *named],
                capture_output=True, text=True)
            if run.returncode != 0:
                sys.exit(run.stderr)
            with open(file.name, encoding="utf-8") as export:
                for result in json.load(export)["results"]:
                    times[result["command"]] += [seconds * 1000 for seconds in result["times"]]
    return {name: (quartiles(each), len(each)) for name, each in times.items()}


def parts(berth):
    """The median microseconds of each part that berth tells of, in their order."""
    found = {}
    for _ in range(101):
        told = subprocess.run([berth, "shell", "--log-level", "debug", "--", "/bin/true"],
                              check=True, capture_output=True, text=True).stderr
        for part, microseconds in re.findall(r"debug: (.*): (\d+) us$", told, re.MULTILINE):
            used = re.search(r"processor time since execve: (\d+) us", part)
            if used:
                part = "parsing of arguments"
                found.setdefault("program start", []).append(max(0, int(used.group(1)) - int(microseconds)))
            found.setdefault(part, []).append(int(microseconds))
    return {part: statistics.median(each) for part, each in found.items()}


def table(results):
    lines = ["| Mounts | Command | Median, ms | Quartiles, ms | Runs | Times berth |", "|---:|---|---:|---:|---:|---:|"]
    for mounts, times in results:
        own = times["berth"][0][1]
        for name, ((low, median, high), count) in times.items():
            lines.append(f"| {mounts:,} | {name} | {median:.2f} | {low:.2f} to {high:.2f} | {count} | {median / own:.2f} |")
    return "\n".join(lines)


def verdicts(results):
    lines = []
    for mounts, times in results:
        for peer, most in GOALS.items():
            ratio = times["berth"][0][1] / times[peer][0][1]
            lines.append(f"- {mounts:,} mounts, at most {most} times {peer}: {ratio:.2f}, {met(ratio <= most)}.")
    return "\n".join(lines)


def report(berth, results, split):
    listed = "\n".join(f"    {command}" for command in commands("berth").values())
    rows = "\n".join(f"| {part} | " + " | ".join(f"{each[part]:.0f}" for each in split) + " |" for part in split[0])
    few, many = (mounts for mounts, _ in results)
    return f"""How long `berth shell -- /bin/true` takes from start to end, against programs that do the like. The goals: at most
{GOALS['unshare']} times `unshare`, and faster than `bwrap`, on a machine with few mounts and on one with {MANY_MOUNTS:,}.

hyperfine runs the commands in turns, {ROUNDS} rounds of {RUNS_A_ROUND} runs each, in an order drawn for each round;
all in a mount namespace of its own.

{listed}

Measured {time.strftime('%Y-%m-%d')} on {machine()}; berth {version(berth)},
util-linux {version('unshare')}, bubblewrap {version('bwrap')}.

{table(results)}

The goals:

{verdicts(results)}

"berth, an option" shows what parsing costs: a command line without options is not parsed at all.

### Where the time goes

Medians of 101 runs of `berth shell --log-level debug -- /bin/true`, in microseconds. The option itself brings the
parsing, which the first command above does without; the program start is processor time, the rest is time.

| Part | {few:,} mounts | {many:,} mounts |
|---|---:|---:|
{rows}

What is missing to the whole is the execution of the command, and the end of the namespaces.
"""


def main():
    enter_own_namespaces()
    berth, path = os.path.abspath(sys.argv[1]), sys.argv[2]
    results, split = [(mount_count(), milliseconds(berth))], [parts(berth)]
    with tempfile.TemporaryDirectory() as directory:
        add_mounts(directory)
        results.append((mount_count(), milliseconds(berth)))
        split.append(parts(berth))
        subprocess.run(["umount", "-n", "--lazy", directory], check=True)
    write_section(path, "berth shell", report(berth, results, split))
    print(table(results), verdicts(results), f"The report is {path}.", sep="\n\n")


if __name__ == "__main__":
    main()
