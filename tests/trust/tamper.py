"""Alters an archive in every way there is, and looks whether `verify` says so and names the file.

    python3 tests/trust/tamper.py PROGRAM DEMO-BOOK [RUNS] [TIMES] [SEED]

The archive is that of the example book's first RUNS days, the last of them run twice from different settings. Of its files, the
head and the tables as they were read among them, are tried: five times TIMES single bits that flip, and TIMES each of files
that go, files and whole runs that nobody wrote, two files that change places, older files and runs in place of later ones, and
tails that are cut off. Who cuts a tail writes a head that fits, and takes the tables along that only the tail had read; that
the archive itself cannot know, and `verify --head` with the digest of a signed statement must. Between them the archive
is whole, and `verify` must say nothing, as often as TIMES.
"""

import collections
import hashlib
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from kill import daily, first_days, tree


def verify(program, book, *more):
    command = [program, "verify", "--book", book, "--lang", "en", "--quiet", *more]
    return subprocess.run(command, capture_output=True, text=True)


def manifests(archive):
    """Every run's folder by the place at which it was published."""
    read = {path.parent: json.loads(path.read_text()) for path in archive.glob("date=*/run=*/manifest.json")}
    return {of["serial"]: (folder, of) for folder, of in sorted(read.items(), key=lambda pair: pair[1]["serial"])}


def kept(manifest):
    tables = [given["digest"] for given in manifest["inputs"] if not given["file"].startswith("inbox/")]
    return {digest for digest in [*tables, manifest["config"]] if digest}


class Archive:
    """The archive, and what was taken from it or put into it, until it is mended."""

    def __init__(self, book, aside):
        self.root, self.aside, self.chance = book / "archive", aside, None
        self.files = sorted(path for path in self.root.rglob("*") if path.is_file())
        self.runs = manifests(self.root)
        self.undo = []

    def write(self, path, data):
        whole = path.read_bytes()
        self.undo.append(lambda: path.write_bytes(whole))
        path.write_bytes(data)

    def take(self, path):
        place = self.aside / str(len(self.undo))
        path.rename(place)
        self.undo.append(lambda: place.rename(path))

    def put(self, path, source):
        """Puts in bytes, or a copy of a file or a folder."""
        parents = [folder for folder in path.parents if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            path.write_bytes(source)
        else:
            (shutil.copytree if source.is_dir() else shutil.copy)(source, path)
        gone = parents[-1] if parents else path
        self.undo.append(lambda: shutil.rmtree(gone) if gone.is_dir() else gone.unlink())

    def mend(self):
        while self.undo:
            self.undo.pop()()

    # Each alters something and gives the places of which `verify` must name one.

    def flip(self):
        path = self.chance.choice([path for path in self.files if path.stat().st_size])
        data = bytearray(path.read_bytes())
        data[self.chance.randrange(len(data))] ^= 1 << self.chance.randrange(8)
        self.write(path, bytes(data))
        # A head that says another digest, day or number accuses the manifest that it names, or that it should.
        return [path, *([self.last() / "manifest.json"] if path.name == "head.json" else [])]

    def delete(self):
        if self.chance.randrange(5) == 0:
            run = self.chance.choice([folder for folder, _ in self.runs.values()])
            self.take(run)
            return [run / "manifest.json"]
        path = self.chance.choice(self.files)
        self.take(path)
        return [path]

    def add(self):
        kind = self.chance.randrange(4)
        data = self.chance.randbytes(self.chance.randrange(1, 64))
        if kind == 0:
            path = self.root / "inputs" / hashlib.sha256(data).hexdigest()
        elif kind == 1:
            path = self.root / f"date=2031-01-{self.chance.randrange(1, 29):02}"
            source = self.chance.choice([folder for folder, _ in self.runs.values()])
            self.put(path / "run=1", source)
            manifest = json.loads((path / "run=1/manifest.json").read_text())
            manifest["date"] = path.name.removeprefix("date=")
            manifest["serial"] = self.chance.choice([0, 1, 2, len(self.runs) + 1])
            (path / "run=1/manifest.json").write_text(json.dumps(manifest))
            return [path]
        elif kind == 2:
            path = self.chance.choice(self.files).parent / f"run={self.chance.randrange(10, 99)}"
        else:
            other = self.chance.choice(self.files)
            path = other.with_name(f"{self.chance.randrange(10**9)}-{other.name}")
            data = self.chance.choice(self.files)
        self.put(path, data)
        return [path]

    def reorder(self):
        while True:
            one, other = self.chance.sample(self.files, 2)
            data = one.read_bytes(), other.read_bytes()
            if data[0] != data[1]:
                break
        self.write(one, data[1])
        self.write(other, data[0])
        return [one, other, *([self.last() / "manifest.json"] if "head.json" in (one.name, other.name) else [])]

    def replay(self):
        while True:
            older, later = sorted(self.chance.sample(sorted(self.runs), 2))
            older, later = self.runs[older][0], self.runs[later][0]
            if self.chance.randrange(4) == 0:
                self.take(later)
                self.put(later, older)
                return [later / "manifest.json"]
            names = [path.name for path in older.iterdir() if (later / path.name).is_file()]
            name = self.chance.choice(sorted(names))
            data = (older / name).read_bytes()
            if data != (later / name).read_bytes():
                self.write(later / name, data)
                return [later / name]

    def cut(self):
        count = self.chance.randrange(1, len(self.runs))
        left = sorted(self.runs)[:-count]
        needed = set().union(*(kept(self.runs[serial][1]) for serial in left))
        for serial in sorted(self.runs)[-count:]:
            folder = self.runs[serial][0]
            self.take(folder if len(list(folder.parent.iterdir())) > 1 else folder.parent)
        for path in sorted((self.root / "inputs").iterdir()):
            if path.name not in needed:
                self.take(path)
        folder, manifest = self.runs[left[-1]]
        digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
        head = {"serial": left[-1], "date": manifest["date"], "run": manifest["run"], "manifest": digest}
        self.write(self.root / "head.json", json.dumps(head, indent=2).encode())

    def last(self):
        return self.runs[max(self.runs)][0]


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    whole = pathlib.Path(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 30
    times = int(sys.argv[4]) if len(sys.argv) > 4 else 200
    chance = random.Random(int(sys.argv[5]) if len(sys.argv) > 5 else 1)
    with tempfile.TemporaryDirectory() as folder:
        book, aside = pathlib.Path(folder) / "book", pathlib.Path(folder) / "aside"
        aside.mkdir()
        days = first_days(program, whole, book, count)
        daily(program, book, days[-1])
        with (book / "recon.toml").open("a") as settings:
            settings.write("\n# Looked through again.\n")
        daily(program, book, days[-1])
        archive = Archive(book, aside)
        archive.chance = chance
        assert len(archive.runs) == count + 1, "the last day was run twice"
        signed = hashlib.sha256((archive.last() / "manifest.json").read_bytes()).hexdigest()
        before, found, unseen = tree(book), collections.Counter(), []
        kinds = [archive.flip] * 5 + [archive.delete, archive.add, archive.reorder, archive.replay, archive.cut]
        for place in range(times):
            for alter in kinds:
                named = alter()
                if named is None:
                    done = verify(program, book)
                    assert done.returncode == 0, f"a cut that fits is told by the digest alone: {done.stdout}"
                    done = verify(program, book, "--head", signed)
                    is_seen = f"{signed} is no digest of this archive" in done.stdout
                else:
                    done = verify(program, book)
                    is_seen = any(str(path.relative_to(book)) in done.stdout for path in named)
                found[alter.__name__] += 1
                if done.returncode != 1 or not is_seen:
                    unseen.append((alter.__name__, [str(path.relative_to(book)) for path in named or []], done.stdout, done.stderr))
                archive.mend()
            done = verify(program, book, "--head", signed)
            assert done.returncode == 0, f"an alarm about a whole archive: {done.stdout}{done.stderr}"
        assert tree(book) == before
        for of in unseen:
            print(*of, sep="\n", file=sys.stderr)
        said = ", ".join(f"{found[kind.__name__]} {kind.__name__}" for kind in dict.fromkeys(kinds))
        print(f"{count + 1} runs, {len(archive.files)} files: {said}; {len(unseen)} unseen or not named. "
              f"{times} verifications of the whole archive without an alarm")
        sys.exit(1 if unseen else 0)


if __name__ == "__main__":
    main()
