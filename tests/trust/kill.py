"""Kills a run at random instants, runs again, and compares with a run that nobody disturbed.

    python3 tests/trust/kill.py PROGRAM DEMO-BOOK [ROUNDS] [SEED]

The example book's first days are run in a copy; the run that is killed is that of the last of them. After every kill the same
command runs once more. Then archive and reports must have the same files with the same bytes as after an undisturbed run,
nothing else may lie about, and `verify` must find nothing.
"""

import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

DAYS = 4


def run(program, *arguments, **more):
    return subprocess.run([program, *map(str, arguments), "--quiet"], capture_output=True, text=True, **more)


def daily(program, book, day):
    done = run(program, "run", "--book", book, "--date", day, "--fail-on", "never")
    assert done.returncode in (0, 2), done.stderr
    return done


def tree(book):
    """Every file below archive and reports with its bytes."""
    files = {}
    for folder in ("archive", "reports"):
        for path in sorted((book / folder).rglob("*")):
            if path.is_file():
                files[str(path.relative_to(book))] = path.read_bytes()
            elif not any(path.iterdir()):
                files[str(path.relative_to(book))] = b"an empty folder"
    return files


def first_days(program, whole, book, count=DAYS):
    """Makes a book of the example book's first days, all but the last of them run; gives the days."""
    days = sorted(path.name for path in (whole / "inbox").iterdir())[:count]
    book.mkdir()
    for name in ("recon.toml", "reference"):
        source = whole / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, book / name)
    for day in days:
        shutil.copytree(whole / "inbox" / day, book / "inbox" / day)
    for day in days[:-1]:
        daily(program, book, day)
    return days


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    whole = pathlib.Path(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 25
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        before = folder / "before"
        days = first_days(program, whole, before)
        last = days[-1]
        undisturbed = folder / "undisturbed"
        shutil.copytree(before, undisturbed)
        started = time.monotonic()
        daily(program, undisturbed, last)
        takes = time.monotonic() - started
        expected = tree(undisturbed)
        dead, told = 0, {}
        for place in range(rounds):
            book = folder / "book"
            shutil.copytree(before, book)
            command = [program, "run", "--book", book, "--date", last, "--quiet", "--fail-on", "never"]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # The end, where everything is put in place, is met as often as all the rest.
            instant = takes * (chance.random() if place % 2 else 0.6 + 0.5 * chance.random())
            time.sleep(instant)
            if process.poll() is None:
                process.kill()
                dead += 1
            process.wait()
            again = subprocess.run([argument for argument in command if argument != "--quiet"], capture_output=True, text=True)
            assert again.returncode in (0, 2), again.stderr
            for word in ("removed", "残留", "补完", "恢复"):
                told[word] = told.get(word, 0) + again.stderr.count(word)
            found = tree(book)
            assert found.keys() == expected.keys(), (place, found.keys() ^ expected.keys())
            differing = [name for name in found if found[name] != expected[name]]
            assert not differing, (place, instant, differing)
            verified = run(program, "verify", "--book", book)
            assert verified.returncode == 0, verified.stdout
            shutil.rmtree(book)
    said = ", ".join(f"{word} {count}" for word, count in told.items() if count)
    print(f"{rounds} rounds, {dead} killed within a run of {takes:.2f} s; each ended as the undisturbed one. Said: {said}")


if __name__ == "__main__":
    main()
