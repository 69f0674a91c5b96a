#!/usr/bin/env python3
"""Sets a run of this program beside what else does the job on the same data, one after the other, round by round.

    peers.py PROGRAM DATA [DATA ...] [--peer 'NAME=COMMAND with {d} and {o}' ...] [--rounds N] [--threads 1,2] [--lean]
        [--work DIR]

DATA is a folder as book.py describes it. A peer reads it at {d} and fills the folder {o} with findings.csv and totals.csv,
in the form back.py writes. The answers of the first round are checked; one that is wrong is not measured.

Ours is what a user runs: `run` with archive, reports and notices, then the totals asked from the archive, which are what a
peer's totals.csv says; both are shown by themselves too. `lean` is the same book without the statistics that no peer makes
(next-day-remittance, daily-tie-out, aging-unreconciled, data-gap, bank-data-gap switched off); no option leaves reports or
archive out. Making the book and its first, empty day are not measured: a book has its files where they came. Making it reads
them, so that they are in the page cache.

One line for each command: the median of wall clock and processor time of all its processes, the peak memory of the largest,
that for each slip, the wall clock by that of ours, and how many cores everything else kept busy meanwhile, the most of all
rounds; above 0.2 a figure is not one of a quiet machine.
With several DATA the exponent of wall clock and of memory between neighbouring sizes follows.
"""
import argparse
import json
import math
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import back
import book

LEAN = ["next-day-remittance", "daily-tie-out", "aging-unreconciled", "data-gap", "bank-data-gap"]
TICKS = os.sysconf("SC_CLK_TCK")


def busy():
    """Processor seconds that anything took since the machine started."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, soft, *_ = map(int, file.readline().split()[1:])
    return (user + nice + system + irq + soft) / TICKS


def measured(command, most=1):
    """Wall clock, processor seconds, peak bytes, and the cores that others kept busy. `most` is the worst exit code."""
    start, before = time.monotonic(), busy()
    with open(os.devnull, "wb") as nothing, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=nothing, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if not 0 <= process.returncode <= most:
            said.seek(0)
            sys.exit(f"{command[0]} ended with {process.returncode}: {said.read().decode(errors='replace')[-800:]}")
    wall, own = time.monotonic() - start, used.ru_utime + used.ru_stime
    others = max(0.0, busy() - before - own) / wall
    return {"wall": wall, "cpu": own, "peak": used.ru_maxrss * 1024, "others": others}


def joined(parts):
    """Several commands as one."""
    wall = sum(part["wall"] for part in parts)
    others = sum(part["others"] * part["wall"] for part in parts) / wall
    peak = max(part["peak"] for part in parts)
    return {"wall": wall, "cpu": sum(part["cpu"] for part in parts), "peak": peak, "others": others}


class Ours:
    """A book of the data, and its state before the day that is measured."""

    def __init__(self, program, data, place, is_lean=False):
        self.program, self.data, self.place = program, data, place
        begin, self.day = book.write(data, place)
        if is_lean:
            with open(place / "recon.toml", encoding="utf-8") as file:
                text = file.read()
            off = "".join(f'{rule} = "no peer makes it"\n' for rule in LEAN)
            # Tables follow the settings, sources stand last.
            settings, mark, sources = text.partition("\n[[source]]")
            (place / "recon.toml").write_text(f"{settings}\n[off]\n{off}{mark}{sources}", encoding="utf-8")
        self.run(begin, [])
        shutil.copytree(place / "archive", place / "before")

    def run(self, day, options):
        # 2: an identifier of the data looks destroyed; that is told as a problem.
        return measured([self.program, "run", "--book", str(self.place), "--date", day, "--quiet", *options], most=2)

    def once(self, options):
        for made in ("archive", "reports"):
            shutil.rmtree(self.place / made, ignore_errors=True)
        shutil.copytree(self.place / "before", self.place / "archive")
        run = self.run(self.day, options)
        ask = [self.program, "query", "--book", str(self.place), "--format", "csv", *options]
        asked = joined([measured([*ask, back.question(side)]) for side in back.TOTALS])
        return {"": joined([run, asked]), ", the run": run, ", the totals": asked}

    def is_right(self):
        return back.check(self.data, self.place, self.program)


class Peer:
    def __init__(self, command, data, place):
        self.command, self.data, self.place = command, data, place

    def once(self, _):
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        places = {"{d}": str(self.data), "{o}": str(self.place)}
        command = self.command
        for mark, place in places.items():
            command = command.replace(mark, shlex.quote(place))
        return {"": measured(shlex.split(command))}

    def is_right(self):
        return back.agrees(self.data, self.place)


def side_by_side(data, arguments, work):
    slips = json.loads((data / "truth.json").read_text())["n"]
    ours = Ours(arguments.program, data, work / "ours")
    commands = [("ours", ours, [])]
    if arguments.lean:
        commands.append(("ours, lean", Ours(arguments.program, data, work / "lean", is_lean=True), []))
    commands += [(f"ours, {number} thread", ours, ["--threads", number]) for number in arguments.threads]
    for peer in arguments.peer:
        name, _, command = peer.partition("=")
        commands.append((name, Peer(command, data, work / "peer"), []))
    rounds, wrong = {}, set()
    for turn in range(arguments.rounds):
        for name, command, options in commands:
            if name in wrong:
                continue
            figures = command.once(options)
            if turn == 0:
                print(f"\n{data.name}: {name}", flush=True)
                if not command.is_right():
                    print("The answer is wrong: it is not measured.")
                    wrong.add(name)
                    continue
            for part, of in figures.items():
                rounds.setdefault(name + part, []).append(of)
    shown = {}
    for name, all_of in rounds.items():
        shown[name] = {key: statistics.median(figures[key] for figures in all_of) for key in ("wall", "cpu", "peak")}
        shown[name]["others"] = max(figures["others"] for figures in all_of)
        shown[name]["walls"] = sorted(figures["wall"] for figures in all_of)
    if "ours" not in shown:
        sys.exit("nothing to compare with")
    first = shown["ours"]["wall"]
    print(f"\n{slips} slips, {arguments.rounds} rounds\n")
    print("| command | wall s | least to most | processor s | peak GiB | bytes a slip | wall by ours | cores of others |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, of in shown.items():
        cells = [name, f"{of['wall']:.2f}", f"{of['walls'][0]:.2f} to {of['walls'][-1]:.2f}", f"{of['cpu']:.2f}"]
        cells.append(f"{of['peak'] / 2**30:.2f}")
        cells += [f"{of['peak'] / slips:.0f}", f"{of['wall'] / first:.2f}", f"{of['others']:.2f}"]
        print("|", " | ".join(cells), "|", flush=True)
    return slips, shown


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=lambda text: text.split(","), default=[], help="also with so many threads")
    parser.add_argument("--lean", action="store_true", help="also without the statistics that no peer makes")
    parser.add_argument("--work", type=Path, help="where books and answers are written and removed again")
    arguments = parser.parse_args()
    sizes = []
    for data in arguments.data:
        work = Path(tempfile.mkdtemp(prefix="peers-", dir=arguments.work))
        try:
            sizes.append(side_by_side(data.resolve(), arguments, work))
        finally:
            shutil.rmtree(work)
    sizes.sort(key=lambda size: size[0])
    for (few, small), (many, large) in zip(sizes, sizes[1:]):
        print(f"\nFrom {few} to {many} slips, as a power of the slips:\n")
        print("| command | wall | processor | peak |\n|---|---:|---:|---:|")
        for name in [name for name in small if name in large]:
            grown = (large[name][key] / small[name][key] for key in ("wall", "cpu", "peak"))
            print("|", " | ".join([name, *(f"{math.log(times, many / few):.2f}" for times in grown)]), "|")


if __name__ == "__main__":
    main()
