"""Runs where there is no room, and where folders are missing, closed or no folders at all.

    python3 tests/trust/room.py PROGRAM DEMO-BOOK [SIZES]

The example book's first days are run in a copy; what fails is the run of the last of them. First on so many small file systems,
from one without a page to spare to one that is just too small or just large enough, which needs the right to mount; then with
something of the book gone, closed to the user (an ordinary one, also when root asks) or taken by something else. A run that fails
ends with exit code 2 and names the file; not a byte of the book is other than before, `verify` finds nothing; and with the obstacle
away the same command comes to the bytes of a run that nothing disturbed.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from kill import first_days, tree

NOBODY = 65534


class Place:
    """Where runs are tried: the program, the user it runs as, and the days."""

    def __init__(self, program, days, prefix):
        self.program, self.days, self.prefix = program, days, prefix

    def run(self, book, *command):
        command = command or ("run", "--book", book, "--date", self.days[-1], "--fail-on", "never")
        return subprocess.run([*self.prefix, self.program, *map(str, command), "--lang", "en", "--quiet"],
                              capture_output=True, text=True, cwd="/")


def failed_well(done, named, where):
    assert done.returncode == 2, f"{where}: exit code {done.returncode} {done.stdout} {done.stderr}"
    assert "panicked" not in done.stderr, f"{where}: {done.stderr}"
    assert named in done.stderr, f"{where}: does not name {named}: {done.stderr}"


def is_as_before(book, old, where):
    found = tree(book)
    other = [path for path in sorted(found.keys() | old.keys()) if found.get(path) != old.get(path)]
    assert not other, f"{where}: the book is another: {other}"


def is_whole(place, book, where):
    done = place.run(book, "verify", "--book", book)
    assert done.returncode == 0, f"{where}: {done.stdout} {done.stderr}"


def comes_to(place, book, new, where):
    done = place.run(book)
    assert done.returncode == 0, f"{where}, then: {done.stderr}"
    found = tree(book)
    assert found.keys() == new.keys(), f"{where}, then: {found.keys() ^ new.keys()}"
    assert found == new, f"{where}, then: {[path for path in found if found[path] != new[path]]}"
    is_whole(place, book, f"{where}, then")


def full(place, folder, before, old, new, sizes):
    """Runs on file systems of many sizes; how many failed, or `None` where nothing can be mounted."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        return None
    os.chmod(disk, 0o777)

    def used():
        of = os.statvfs(disk)
        return (of.f_blocks - of.f_bfree) * of.f_frsize

    def resize(size):
        subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)

    try:
        shutil.copytree(before, disk / "book", copy_function=shutil.copy)
        give(disk)
        least = used()
        comes_to(place, disk / "book", new, "with room")
        more = used() - least
        count = 0
        for step in range(sizes):
            shutil.rmtree(disk / "book")
            shutil.copytree(before, disk / "book", copy_function=shutil.copy)
            give(disk)
            size = least + 3 * more * step // (2 * (sizes - 1))
            resize(size)
            where = f"{size} bytes, of which {size - least} are free"
            done = place.run(disk / "book")
            if done.returncode != 0:
                failed_well(done, str(disk / "book"), where)
                is_as_before(disk / "book", old, where)
                is_whole(place, disk / "book", where)
                count += 1
            resize("1g")
            comes_to(place, disk / "book", new, where)
        return count
    finally:
        subprocess.run(["umount", disk], check=True)


def give(folder):
    """Gives a folder to the ordinary user, where root asks."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


class Obstacle:
    """Something in the way of a run, and how it is put away again."""

    def __init__(self, name, spoil, named, command=()):
        self.name, self.spoil, self.named, self.command = name, spoil, named, command


def close(path, mode):
    was = path.stat().st_mode
    path.chmod(mode)
    return lambda: path.chmod(was)


def without(path):
    away = path.with_name(path.name + "-away")
    path.rename(away)
    return lambda: away.rename(path)


def instead(path, is_file=True):
    """A file where a folder should be, or the other way round; what is there steps aside."""
    back = without(path) if path.exists() else lambda: None
    path.write_text("in the way") if is_file else path.mkdir()

    def mend():
        path.unlink() if is_file else path.rmdir()
        back()
    return mend


def held(path):
    """A name that is taken by what cannot be removed: a folder in it is closed."""
    (path / "closed").mkdir(parents=True)
    (path / "closed/file").write_text("in the way")
    (path / "closed").chmod(0o555)

    def mend():
        (path / "closed").chmod(0o755)
        shutil.rmtree(path)
    return mend


def spoilt(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:len(whole) // 2])
    return lambda: path.write_bytes(whole)


def obstacles(book, days):
    day, before = days[-1], days[-2]
    file, other = book / "inbox" / day / "a-file", book / "nowhere"
    run = book / f"archive/date={before}/run=1"
    return [
        Obstacle("the book is missing", lambda: lambda: None, str(other), ("run", "--book", other, "--date", day)),
        Obstacle("the book is a file", lambda: lambda: None, "recon.toml",
                 ("run", "--book", book / "recon.toml", "--date", day)),
        Obstacle("a new book below a file", lambda: lambda: None, "recon.toml/new",
                 ("demo", book / "recon.toml/new")),
        Obstacle("the inbox is missing", lambda: without(book / "inbox" / day), f"inbox/{day}"),
        Obstacle("the inbox is a file", lambda: instead(book / "inbox" / day), f"inbox/{day}"),
        Obstacle("the inbox is closed", lambda: close(book / "inbox" / day, 0), f"inbox/{day}"),
        Obstacle("the reference tables are closed", lambda: close(book / "reference", 0), "reference"),
        Obstacle("recon.toml is a folder", lambda: instead(book / "recon.toml", is_file=False), "recon.toml"),
        Obstacle("recon.toml is closed", lambda: close(book / "recon.toml", 0), "recon.toml"),
        Obstacle("the lock is a folder", lambda: instead(book / ".lock", is_file=False), ".lock"),
        Obstacle("the archive is a file", lambda: instead(book / "archive"), "archive"),
        Obstacle("the archive is read-only", lambda: close(book / "archive", 0o555), "archive"),
        Obstacle("the archive is closed", lambda: close(book / "archive", 0), "archive"),
        Obstacle("the run before is closed", lambda: close(run, 0), f"date={before}/run=1"),
        Obstacle("the state before is missing", lambda: without(run / "state.json"), "state.json"),
        Obstacle("the state before is half", lambda: spoilt(run / "state.json"), "state.json"),
        Obstacle("a table before is half", lambda: spoilt(sorted(run.glob("carried-*.parquet"))[0]), "carried-"),
        Obstacle("the manifest before is half", lambda: spoilt(run / "manifest.json"), "manifest.json"),
        Obstacle("the head is half", lambda: spoilt(book / "archive/head.json"), "head.json"),
        Obstacle("the head is a folder", lambda: instead(book / "archive/head.json", is_file=False), "head.json"),
        Obstacle("a file is the day in the archive", lambda: instead(book / f"archive/date={day}"), f"date={day}"),
        Obstacle("a file is the run of the day", lambda: taken(book / f"archive/date={day}"), "run=1"),
        Obstacle("a file is what the tables are kept in", lambda: instead(book / "archive/inputs"), "inputs"),
        Obstacle("the name beside the run is taken", lambda: held(book / f"archive/.partial-date={day},run=1"),
                 ".partial-date="),
        Obstacle("the reports are a file", lambda: instead(book / "reports"), "reports"),
        Obstacle("the reports are read-only", lambda: close(book / "reports", 0o555), "reports"),
        Obstacle("the name beside the reports is taken", lambda: held(book / f"reports/.partial-{day}"),
                 f".partial-{day}"),
    ]


def taken(day):
    day.mkdir()
    mend = instead(day / "run=1")
    return lambda: (mend(), day.rmdir())


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    whole = pathlib.Path(sys.argv[2])
    sizes = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    prefix = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder).resolve()
        folder.chmod(0o755)
        if os.geteuid() == 0:
            prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            if subprocess.run([*prefix, program, "--version"], capture_output=True, cwd="/").returncode != 0:
                program = shutil.copy(program, folder / "program")
        before = folder / "before"
        days = first_days(program, whole, before)
        place = Place(program, days, prefix)
        undisturbed = folder / "undisturbed"
        shutil.copytree(before, undisturbed)
        give(undisturbed)
        assert place.run(undisturbed).returncode == 0
        old, new = tree(before), tree(undisturbed)
        count = full(place, folder, before, old, new, sizes)
        for obstacle in obstacles(folder / "book", days):
            book = folder / "book"
            shutil.copytree(before, book)
            give(book)
            mend = obstacle.spoil()
            give(book)
            done = place.run(book, *obstacle.command)
            failed_well(done, obstacle.named, obstacle.name)
            mend()
            is_as_before(book, old, obstacle.name)
            is_whole(place, book, obstacle.name)
            comes_to(place, book, new, obstacle.name)
            shutil.rmtree(book)
        many = len(obstacles(folder / "book", days))
        said = f"{sizes} small file systems, {count} of them too small" if count is not None else \
            "NO SMALL FILE SYSTEM: nothing can be mounted here"
        print(f"{said}; {many} obstacles; each failed with exit code 2, named its file, left the book as it was, and "
              f"the next run came to the undisturbed one")


if __name__ == "__main__":
    main()
