"""Hold the program against an oracle that was written from the law's text alone.

usage: days.py PROGRAM N [SEED] [--keep DIR] [--book DIR]

Makes N example days of small hostile books from SEED, runs PROGRAM on them and compares each day's findings with what
the law asks for: every finding that was lost or invented is printed with its rows. Standard library alone."""

import argparse
import csv
import pathlib
import subprocess
import sys
import tempfile
from collections import Counter

from books import Maker
from law import JUDGED, Oracle
from reading import Book

DAYS_OF_A_BOOK = 9
FIELDS = ("party", "institution", "amount", "difference", "due_on", "settled_on", "days_late")


def run(program, book, on):
    command = [program, "run", "--book", str(book), "--date", on.isoformat(), "--fail-on", "never", "--lang", "en", "--quiet", "--threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    path = book / "reports" / on.isoformat() / "findings.csv"
    if not path.exists():
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def rules_of(program):
    answer = subprocess.run([program, "rules", "list", "--format", "csv", "--lang", "en"], capture_output=True, text=True, check=True)
    return [row["rule"] for row in csv.DictReader(answer.stdout.lstrip("\ufeff").splitlines())]


def show(what, on, row, detail=""):
    rows = row.get("rows") or row.get("evidence", "").split(";")
    print(f"{on} {what} {row['rule']} {row['key']} {row['status']} {row['party']} {row['institution']} {detail}")
    return rows


def place(book, where):
    """A row as its file has it."""
    name, _, number = where.partition("#")
    lines = (book / name).read_text(encoding="utf-8-sig").splitlines() if (book / name).is_file() else []
    return f"    {where}: {lines[int(number) - 1]}" if number.isdigit() and len(lines) >= int(number) else f"    {where}"


def compare(book, on, must, got, oracle, tally):
    name = lambda row: (row["rule"], row["key"], row["status"])
    judged = [row for row in got if row["rule"] in JUDGED]
    musts = set(map(name, must))
    decided = lambda row: (row["rule"], row["key"]) not in oracle.unsure and not (
        row["status"] == "open" and (row["rule"], row["key"]) in oracle.may_repeat and name(row) not in musts)
    for row in must + judged:
        if not decided(row):
            tally["undecided"] += 1
            tally["undecided", row["rule"]] += 1
    must, judged = [list(filter(decided, rows)) for rows in (must, judged)]
    left = list(judged)
    for row in must:
        same = [other for other in left if name(other) == name(row)]
        tally[row["rule"]] += 1
        if not same:
            tally["lost"] += 1
            for where in show("lost", on, row):
                print(place(book, where))
            continue
        best = min(same, key=lambda other: sum(row[field] not in (None, other[field]) for field in FIELDS))
        left.remove(best)
        tally["compared"] += 1
        wrong = [field for field in FIELDS if row[field] is not None and row[field] != best[field]]
        if wrong:
            tally["lost"] += 1
            tally["invented"] += 1
            detail = ", ".join(f"{field} {row[field]!r} is told as {best[field]!r}" for field in wrong)
            for where in show("otherwise", on, row, detail):
                print(place(book, where))
    for row in left:
        tally["invented"] += 1
        for where in show("invented", on, row, row["explanation"]):
            print(place(book, where))


def judge(program, folder, tally):
    book = Book(folder)
    oracle = Oracle(book)
    for on in book.days:
        must = oracle.run(on)
        compare(book.folder, on, must, run(program, book.folder, on), oracle, tally)
        tally["days"] += 1


def main():
    parse = argparse.ArgumentParser(usage=__doc__.split("\n")[2].removeprefix("usage: "))
    parse.add_argument("program")
    parse.add_argument("days", type=int)
    parse.add_argument("seed", type=int, nargs="?", default=1)
    parse.add_argument("--keep", type=pathlib.Path)
    asked = parse.parse_args()
    tally = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        root = asked.keep or pathlib.Path(scratch)
        for number in range(-(-asked.days // DAYS_OF_A_BOOK)):
            folder = root / f"book-{asked.seed}-{number}"
            Maker(f"{asked.seed}-{number}", min(DAYS_OF_A_BOOK, asked.days - number * DAYS_OF_A_BOOK)).write(folder)
            judge(asked.program, folder, tally)
    rules = rules_of(asked.program)
    silent = [rule for rule in JUDGED if not tally[rule]]
    print("not judged:", " ".join(rule for rule in rules if rule not in JUDGED))
    print("undecided by the text:", ", ".join(f"{rule[1]} {count}" for rule, count in tally.most_common() if isinstance(rule, tuple)) or "none")
    print("judged, and not found in these days:", " ".join(silent) or "none")
    print(f"{tally['days']} days, {tally['compared']} findings compared, {tally['lost']} lost, {tally['invented']} invented, "
          f"{tally['undecided']} undecided by the text, {len(JUDGED)} rules judged of {len(rules)}")
    return 1 if tally["lost"] or tally["invented"] else 0


if __name__ == "__main__":
    sys.exit(main())
