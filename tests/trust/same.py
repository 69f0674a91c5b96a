"""Runs one day with every number of threads, in other time zones and locales, and with the rows of its files in other orders.

    python3 tests/trust/same.py PROGRAM DEMO-BOOK [ORDERS] [TIMES] [SEED]

The example book's first days are run in a copy; the run that is compared is that of the last of them. Its files come as they
are and in ORDERS - 1 other orders of their rows, drawn by SEED. In each order every file of archive and reports has the same
bytes for 1 to 16 threads, in three time zones and two locales: in all 96 of these, or in as many as TIMES. From order to order
what names a row changes with it, and so does the digest of a file; all
else that the reports say is the same.
"""

import csv
import io
import itertools
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from kill import first_days, tree

THREADS = range(1, 17)
ZONES = ["UTC", "Asia/Shanghai", "America/St_Johns"]
LOCALES = ["C", "zh_CN.GB18030"]
ROW = re.compile(r"#\d+")


def reorder(inbox, chance):
    for path in sorted(inbox.iterdir()):
        header, *rows = path.read_bytes().splitlines(keepends=True)
        chance.shuffle(rows)
        path.write_bytes(header + b"".join(rows))


def said(found):
    """What the tables of the reports say, without the rows that they name and their order within a cell."""
    tables = {}
    for name, data in found.items():
        if name.startswith("reports/") and name.endswith(".csv"):
            cells = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
            rows = [[";".join(sorted(ROW.sub("#", cell).split(";"))) for cell in row] for row in cells]
            tables[name] = rows
    return tables


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    whole = pathlib.Path(sys.argv[2])
    orders = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    times = int(sys.argv[4]) if len(sys.argv) > 4 else len(THREADS) * len(ZONES) * len(LOCALES)
    chance = random.Random(int(sys.argv[5]) if len(sys.argv) > 5 else 1)
    every = list(itertools.product(THREADS, ZONES, LOCALES))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        before, book = folder / "before", folder / "book"
        day = first_days(program, whole, before)[-1]
        runs, expected, files = 0, None, 0
        for order in range(orders):
            given = folder / "given"
            shutil.copytree(before, given)
            if order:
                reorder(given / "inbox" / day, chance)
            first = None
            # The first has one thread; the rest is drawn.
            for threads, zone, locale in [every[0], *chance.sample(every[1:], min(times, len(every)) - 1)]:
                shutil.copytree(given, book)
                command = [program, "run", "--book", book, "--date", day, "--quiet", "--fail-on", "never",
                           "--threads", str(threads)]
                environment = os.environ | {"TZ": zone, "LC_ALL": locale}
                done = subprocess.run(command, capture_output=True, text=True, env=environment)
                assert done.returncode == 0, done.stderr
                found, where = tree(book), f"order {order}, {threads} threads, {zone}, {locale}"
                first = first or found
                assert found.keys() == first.keys(), f"{where}: {found.keys() ^ first.keys()}"
                differing = [name for name in found if found[name] != first[name]]
                assert not differing, f"{where}: {differing}"
                runs += 1
                files += len(found)
                shutil.rmtree(book)
            tables = said(first)
            expected = expected or tables
            assert tables.keys() == expected.keys()
            for name, rows in tables.items():
                other = [pair for pair in itertools.zip_longest(rows, expected[name]) if pair[0] != pair[1]]
                assert not other, f"order {order}: {name}: {other[0]}"
            shutil.rmtree(given)
    print(f"{runs} runs, {files} files: in each of {orders} orders of rows the same bytes for 1 to 16 threads, "
          f"{len(ZONES)} time zones and {len(LOCALES)} locales; {len(expected)} tables say the same in every order")


if __name__ == "__main__":
    main()
