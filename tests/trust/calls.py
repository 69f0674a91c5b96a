"""Fails every file-system call of a run once, and looks at what the run leaves.

    python3 tests/trust/calls.py PROGRAM DEMO-BOOK [POINTS] [SEED]

The example book's first days are run in a copy; the calls are those of the run of the last of them. `strace` counts them, then
fails one in each round, with EIO and with ENOSPC in turn: all of them, or as many as POINTS, drawn by SEED. After each, the
book must be as it was or have the whole new run; a call that writes may not fail unheard; a failed run ends with exit code 2 and
names a file, on the screen or, where only a delivered file could not be read and the run went on without it, among the day's
problems; the same command, once more, comes to the bytes of an undisturbed run (its reports, where a run was published without
that file), leaves nothing beside them, and `verify` finds nothing.
"""

import collections
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from kill import daily, first_days, run, tree

WRITES = ["write", "pwrite64", "writev", "fsync", "fdatasync", "rename", "renameat", "renameat2", "mkdir", "mkdirat",
          "unlink", "unlinkat", "rmdir", "ftruncate", "link", "linkat", "copy_file_range", "fchmod", "utimensat"]
READS = ["openat", "read", "pread64", "statx", "newfstatat", "fstat", "lseek", "getdents64", "flock"]
ERRORS = ["EIO", "ENOSPC"]
CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(\w+)")


def traced(log, options, command):
    return subprocess.run(["strace", "-f", "-y", "-o", str(log), *options, *command], capture_output=True, text=True)


def calls(log, book):
    """How many calls of each name a thread made at most, of those that touch the book."""
    counts, last = collections.Counter(), collections.Counter()
    for line in log.read_text(errors="replace").splitlines():
        found = CALL.match(line)
        if found is None or "resumed>" in line:
            continue
        thread, name = line.split(None, 1)[0], found.group(1)
        counts[thread, name] += 1
        if str(book) in line:
            last[name] = max(last[name], counts[thread, name])
    return last


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    whole = pathlib.Path(sys.argv[2])
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    chance = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder).resolve()
        before, undisturbed, book, log = (folder / name for name in ("before", "undisturbed", "book", "log"))
        days = first_days(program, whole, before)
        shutil.copytree(before, undisturbed)
        usual = daily(program, undisturbed, days[-1]).returncode
        old, new = tree(before), tree(undisturbed)
        command = [program, "run", "--book", book, "--date", days[-1], "--quiet", "--fail-on", "never", "--threads", "1"]
        names = ",".join("?" + name for name in WRITES + READS)
        shutil.copytree(before, book)
        traced(log, ["-e", f"trace={names},?socket,?connect"], command)
        assert tree(book) == new, "tracing changes nothing"
        assert not re.search(r" (socket|connect)\(", log.read_text(errors="replace")), "a run opens no socket"
        shutil.rmtree(book)
        points = [(name, place) for name, count in sorted(calls(log, book).items()) for place in range(1, count + 1)]
        points = [(*point, error) for point in points for error in ERRORS]
        drawn = chance.sample(points, wanted) if 0 < wanted < len(points) else points
        ends = collections.Counter()
        for name, place, error in drawn:
            shutil.copytree(before, book)
            done = traced(log, ["-e", f"trace={name}", "-e", f"inject={name}:error={error}:when={place}"], command)
            struck = [line for line in log.read_text(errors="replace").splitlines() if "(INJECTED)" in line]
            went_on = False
            found, where = tree(book), f"{name} {place} {error}: {struck} {done.returncode} {done.stderr}"
            on_book = any(str(book) in line for line in struck)
            if done.returncode == usual:
                assert found == new, f"neither the old state nor the new one, unheard: {where}"
                assert not (on_book and name in WRITES), f"failed unheard: {where}"
                ends["harmless" if struck else "not reached"] += 1
            else:
                published = any(path.endswith("manifest.json") and path not in old for path in found)
                if on_book:
                    assert done.returncode == 2, f"another exit code: {where}"
                    problems = book / "reports" / days[-1] / "problems.csv"
                    lacks = published and any("/inbox/" in line or "/reference/" in line for line in struck)
                    said = problems.read_text() if lacks else done.stderr
                    assert "/" in said, f"names no file: {where}"
                kept = {path: data for path, data in found.items() if path in old}
                assert published or kept == old, f"the old state is not intact: {where}"
                ends["new state" if published else "old state"] += 1
                went_on = published and found != new
            again = subprocess.run(command, capture_output=True, text=True)
            assert again.returncode == usual, f"{where} then {again.stderr}"
            found = tree(book)
            if went_on:
                found = new | {path: data for path, data in found.items() if path.startswith("reports")}
            assert found.keys() == new.keys(), f"{where} {found.keys() ^ new.keys()}"
            assert found == new, f"{where} {[path for path in found if found[path] != new[path]]}"
            assert run(program, "verify", "--book", book).returncode == 0, where
            shutil.rmtree(book)
        said = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
        print(f"{len(drawn)} of {len(points)} calls failed once; {said}; each next run came to the undisturbed one")


if __name__ == "__main__":
    main()
