"""What the benchmarks have in common: a mount namespace of their own, many mounts, and a report in sections."""

import os
import platform
import re
import statistics
import subprocess
import sys

MANY_MOUNTS = 5000


def enter_own_namespaces(*options):
    """Starts the script anew in a mount namespace of its own, and what else unshare(1) is asked for."""
    if os.geteuid() != 0:
        sys.exit(f"{os.path.basename(sys.argv[0])}: only root can make the namespaces that are measured")
    if "inside" not in sys.argv:
        words = ["unshare", "-m", *options, "--propagation", "private", sys.executable, *sys.argv, "inside"]
        os.execvp(words[0], words)


def mount_count():
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        return sum(1 for _ in table)


def add_mounts(directory):
    """A tmpfs with binds of one of its directories: a hundred one by one, which recursive binds then multiply."""
    hundred, copies = 100, MANY_MOUNTS // 100 - 1
    script = f"""
      mount -n -t tmpfs many {directory}; cd {directory}; mkdir -p seed/{{1..{hundred - 1}}} set copy/{{1..{copies}}}
      mount -n --bind seed set
      for each in {{1..{hundred - 1}}}; do mount -n --bind seed/$each set/$each; done
      for each in {{1..{copies}}}; do mount -n --rbind set copy/$each; done"""
    subprocess.run(["bash", "-ec", script], check=True)


def quartiles(times):
    return statistics.quantiles(times, n=4)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = re.findall(r"^model name\s*: (.*)", file.read(), re.MULTILINE)
    model = names[0] if names else platform.machine()
    return f"{model}, {os.cpu_count()} processors, Linux {platform.release()}"


def version(*command):
    """The last word of the first line that a program says of its version."""
    told = subprocess.run([*command, "--version"], check=True, capture_output=True, text=True).stdout
    return told.splitlines()[0].split()[-1]


def met(is_met):
    return "met" if is_met else "missed"


def write_section(path, title, text):
    """Puts a section into the report, in the place of the last one of its title."""
    sections = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for section in re.split(r"^## ", file.read(), flags=re.MULTILINE)[1:]:
                name, _, body = section.partition("\n")
                sections[name] = body.strip()
    sections[title] = text.strip()
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Performance\n\n`make bench` measures anew, as root, and writes this file.\n")
        for name, body in sections.items():
            file.write(f"\n## {name}\n\n{body}\n")
