"""Starts runs of one book at the same time, again and again: one publishes, the others say by whom the book is locked.

    python3 tests/trust/rounds.py PROGRAM DEMO-BOOK [ROUNDS]
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

AT_ONCE = 3


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    whole = pathlib.Path(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    with tempfile.TemporaryDirectory() as folder:
        book = pathlib.Path(folder) / "book"
        day = sorted(path.name for path in (whole / "inbox").iterdir())[0]
        locked = 0
        for _ in range(rounds):
            (book / "inbox").mkdir(parents=True)
            shutil.copytree(whole / "reference", book / "reference")
            shutil.copytree(whole / "inbox" / day, book / "inbox" / day)
            command = [program, "run", "--book", book, "--date", day, "--quiet", "--lang", "en", "--fail-on", "never"]
            runs = [
                subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                for _ in range(AT_ONCE)
            ]
            said = [process.communicate()[1] for process in runs]
            refused = [text for text in said if "is locked by process" in text]
            assert all(text in refused or not text for text in said), said
            assert len(refused) < AT_ONCE, said
            locked += len(refused)
            published = sorted(path.name for path in (book / "archive" / f"date={day}").iterdir())
            assert published == ["run=1"], published
            verified = subprocess.run([program, "verify", "--book", book, "--quiet"], capture_output=True, text=True)
            assert verified.returncode == 0, verified.stdout
            shutil.rmtree(book)
    print(f"{rounds} rounds of {AT_ONCE} runs at once: one published in each, {locked} were told who holds the lock")


main()
