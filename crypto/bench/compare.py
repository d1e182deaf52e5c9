"""Runs two workers in turn and prints how their rates compare: `compare.py FOLDER A B BOUND CASE... [--pairs N]`.

Each pair is one slice of A and one of B, in alternating order. The line of a case has the medians, the mean ratio A/B
with its 95 % interval (Student's t over the logarithms of the ratios), and whether the interval reaches the bound.
"""

import argparse
import math
import os
import statistics
import subprocess

SLICE_MS = 150
# Two-sided 95 % quantiles of Student's t for the degrees of freedom that 20 to 100 pairs give.
T = {19: 2.093, 29: 2.045, 39: 2.023, 59: 2.001, 99: 1.984}


class Worker:
    def __init__(self, program, folder):
        self.name = os.path.basename(program)
        self.process = subprocess.Popen(
            [program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def rate(self, case, milliseconds=SLICE_MS):
        self.process.stdin.write(f"{case} {milliseconds}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def compare(a, b, case, pairs):
    for worker in (a, b):
        worker.rate(case)  # caches are warm, the processor is awake
    rates = ([], [])
    for turn in range(pairs):
        order = ((0, a), (1, b)) if turn % 2 == 0 else ((1, b), (0, a))
        for side, worker in order:
            rates[side].append(worker.rate(case))
    logs = [math.log(x / y) for x, y in zip(*rates)]
    mean = statistics.fmean(logs)
    half = T[pairs - 1] * statistics.stdev(logs) / math.sqrt(pairs)
    return rates, math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("a")
    arguments.add_argument("b")
    arguments.add_argument("bound", type=float)
    arguments.add_argument("cases", nargs="+")
    arguments.add_argument("--pairs", type=int, default=40, choices=[t + 1 for t in T])
    given = arguments.parse_args()
    a, b = Worker(given.a, given.folder), Worker(given.b, given.folder)
    missed = 0
    for case in given.cases:
        rates, ratio, low, high = compare(a, b, case, given.pairs)
        unit = "MB/s" if case.startswith("bulk") else "1/s"
        verdict = "met" if high >= given.bound else "MISSED"
        missed += verdict != "met"
        print(
            f"{case:<20} {a.name} {statistics.median(rates[0]):9.1f} {unit:<4}  {b.name} "
            f"{statistics.median(rates[1]):9.1f} {unit:<4}  ratio {ratio:.3f} [{low:.3f}, {high:.3f}]  "
            f"bound {given.bound:.2f} {verdict}",
            flush=True,
        )
    return 1 if missed else 0


raise SystemExit(main())
