#!/usr/bin/python3
"""Gives what reads the words of others any bytes, and looks for what traps, hangs, or takes too much memory.

libFuzzer makes the inputs: of those in Corpus, and of what was found to lead somewhere new, which is kept beside the program.
An input fails that traps, takes more than two seconds, or more than 64 MiB of memory. It is kept in Failures, where the
tests find it, and it is told how to run it again.

    fuzz.py PROGRAM (--seconds N | --runs N) [TARGET...]    N seconds, or N inputs, for all targets together
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))


def targets():
    return sorted(os.listdir(f'{HERE}/Corpus'))


class Run:
    """A target, fuzzed for some time."""

    def __init__(self, program, target, limits):
        self.target = target
        self.found = f'{os.path.dirname(program)}/fuzz-failures/{target}'
        corpus = f'{os.path.dirname(program)}/fuzz-corpus/{target}'
        shutil.rmtree(self.found, ignore_errors=True)
        os.makedirs(self.found)
        os.makedirs(corpus, exist_ok=True)
        os.makedirs(f'{HERE}/Failures/{target}', exist_ok=True)
        words = [program, *limits, '-timeout=2', '-rss_limit_mb=1024', '-max_len=8192', '-print_final_stats=1',
                 '-detect_leaks=0', f'-artifact_prefix={self.found}/', corpus, f'{HERE}/Corpus/{target}',
                 f'{HERE}/Failures/{target}']
        began = time.monotonic()
        # Swift's own handler of signals would come before libFuzzer's, which keeps the input.
        environment = os.environ | {'BERTH_FUZZ': target, 'SWIFT_BACKTRACE': 'enable=no'}
        result = subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        self.seconds = time.monotonic() - began
        self.output = result.stderr.decode(errors='replace')
        self.status = result.returncode
        executed = re.findall(r'number_of_executed_units: (\d+)', self.output)
        self.count = int(executed[-1]) if executed else 0

    def keep_failures(self):
        """Moves what failed to where the tests find it; returns the paths."""
        kept = []
        for name in sorted(os.listdir(self.found)):
            if name.startswith(('crash-', 'timeout-', 'oom-')):
                kept.append(shutil.move(f'{self.found}/{name}', f'{HERE}/Failures/{self.target}/{name}'))
        return kept


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seconds', type=int)
    parser.add_argument('--runs', type=int)
    parser.add_argument('program')
    parser.add_argument('targets', nargs='*')
    options = parser.parse_intermixed_args()
    chosen = options.targets or targets()
    limits = []
    if options.seconds:
        limits.append(f'-max_total_time={max(1, options.seconds // len(chosen))}')
    if options.runs:
        limits.append(f'-runs={options.runs // len(chosen)}')
    program = os.path.realpath(options.program)
    total, seconds, failed = 0, 0, False
    for target in chosen:
        run = Run(program, target, limits)
        total += run.count
        seconds += run.seconds
        print(f'{target:14} {run.count:10} inputs  {run.count / run.seconds:8.0f} a second', flush=True)
        if run.status:
            failed = True
            print('\n'.join(run.output.splitlines()[-40:]))
            for path in run.keep_failures():
                print(f'{target} fails on {path}; once more: BERTH_FUZZ={target} {program} {path}', flush=True)
    print(f'{"all":14} {total:10} inputs  {total / seconds:8.0f} a second')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
