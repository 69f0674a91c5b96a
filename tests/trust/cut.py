"""Cuts files off anywhere and looks at which rows are still taken.

    python3 tests/trust/cut.py PROGRAM DEMO-BOOK [CUTS] [SEED]

Files of the example book, drawn by SEED, are cut as they are (UTF-8, GB18030, UTF-16), as a text with tabs, as a web page that is
called .xls and as a workbook, and so are bank messages. `check` reads hundreds of pieces at once. No piece may bring the program
down, and no half row may count: as many rows of a piece as are taken come to the yuan of as many rows of the whole file.
A text has no last word, so a row whose last cell alone was cut may still be one; such rows are counted by the header of that cell.
None of them may be an amount, unless no row before it shows by a nought at its end that the file has two decimals throughout.
"""

import collections
import csv
import html
import io
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import zipfile

AT_ONCE = 300
DAY = "2026-03-02"
PADDED = re.compile(rb"\.\d0[,\t\r\n]")
SEEDS = pathlib.Path(__file__).resolve().parents[1] / "fuzz/seeds"


def decoded(data):
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    raise AssertionError("a file of the example book in no encoding that it uses")


def written(rows, delimiter):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def page(rows):
    line = ("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<html><head><meta charset=\"utf-8\"></head><body><table>\n{''.join(line)}</table></body></html>\n".encode()


def workbook(rows):
    sheet = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{html.escape(cell)}</t></is></c>' for cell in row) + "</row>"
        for row in rows)
    parts = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml":
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{parts}"><Relationship Id="r1" Type="{office}/officeDocument" '
                       'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="1" sheetId="1" '
                           'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{parts}"><Relationship Id="r1" '
                                      f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():
            file.writestr(zipfile.ZipInfo(name), '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return out.getvalue()


def forms(path):
    """A file of the example book in every form: its name's end, its bytes, and what ends its rows, where it is a text."""
    data = path.read_bytes()
    rows = list(csv.reader(io.StringIO(decoded(data), newline="")))
    text, tabs = written(rows, ","), written(rows, "\t")
    yield "as it is", "csv", data, b"\n"
    yield "UTF-8", "csv", text.encode(), b"\r\n"
    yield "GB18030", "csv", text.encode("gb18030"), b"\r\n"
    yield "UTF-16", "csv", b"\xff\xfe" + text.encode("utf-16-le"), b"\n\0"
    yield "tabs", "txt", tabs.encode(), b"\r\n"
    yield "web page", "xls", page(rows), None
    yield "workbook", "xlsx", workbook(rows), None


def checked(program, folder, ledger, extension, pieces):
    """Of each piece how many rows were taken, and their yuan."""
    inbox = folder / "inbox" / DAY
    inbox.mkdir(parents=True, exist_ok=True)
    for number, piece in enumerate(pieces):
        (inbox / f"{ledger}-{number:05}.{extension}").write_bytes(piece)
    done = subprocess.run([program, "check", "--book", folder, "--date", DAY, "--format", "csv", "--lang", "en", "--quiet"],
                          capture_output=True, text=True)
    assert done.returncode in (0, 2) and "panicked" not in done.stderr, done.stderr
    table = next(part for part in done.stdout.split("\n\n") if part.startswith("file,rows,"))
    rows = list(csv.DictReader(io.StringIO(table)))
    for path in inbox.iterdir():
        path.unlink()
    assert len(rows) == len(pieces)
    return [(int(row["accepted"]), row["yuan"]) for row in rows]


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    whole = pathlib.Path(sys.argv[2])
    cuts = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
    chance = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    files = [path for path in sorted(whole.glob("inbox/*/*.csv")) if 600 < path.stat().st_size < 12_000]
    done, tried, half, faults = 0, collections.Counter(), collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)

        def cut(kind, ledger, extension, data, end, name, last):
            nonlocal done
            # Behind every row, so that it is known what so many rows come to.
            ends = [place + len(end) for place in range(len(data)) if data.startswith(end, place)] if end else []
            anywhere = [chance.randrange(len(data)) for _ in range(AT_ONCE // 2)]
            # Close before a row's end is where a cut is hardest to see.
            close = [chance.choice([*ends, len(data)]) - chance.randrange(1, 16) for _ in range(AT_ONCE // 2)]
            places = [*ends, len(data), *sorted(max(place, 0) for place in anywhere + close)]
            found = checked(program, folder, ledger, extension, [data[:place] for place in places])
            assert found[len(ends)][0], f"{kind} {name}: nothing is taken of the whole"
            sums = dict(found[:len(ends) + 1]) if end else dict(reversed(found))
            at_end = dict(zip(ends, found))
            for place, (count, yuan) in zip(places, found):
                tried[kind] += 1
                begins = max((of for of in ends if of <= place), default=0)
                if sums.get(count) != yuan and (not end or PADDED.search(data[:begins].replace(b"\0", b""))):
                    faults.append(f"{kind} {name} cut behind byte {place}: {count} rows of {yuan}, not {sums.get(count)}")
                is_row = end and begins and data[begins:place].strip(b"\r\n\0") and count > at_end[begins][0]
                if is_row and data[place:place + 1] not in (b"", b"\r", b"\n"):
                    half[last] += 1
            done += len(places)

        while done < cuts:
            path = chance.choice(files)
            ledger = next(of for of in sorted((p.stem for p in (SEEDS.parents[2] / "schemas/ledgers").iterdir()), key=len,
                                              reverse=True) if path.name.startswith(of))
            last = decoded(path.read_bytes()).splitlines()[0].split(",")[-1]
            for kind, extension, data, end in forms(path):
                cut(kind, ledger, extension, data, end, path.relative_to(whole), last)
            for kind, extension, seed in (("MT940", "sta", "mt940/statement"), ("camt.053", "xml", "camt/statement")):
                cut(kind, "bank-statements", extension, (SEEDS / seed).read_bytes(), None, seed, None)
    for fault in faults[:20]:
        print(fault, file=sys.stderr)
    said = ", ".join(f"{count} {kind}" for kind, count in tried.items())
    print(f"{done} pieces ({said}): nothing came down; {len(faults)} took half an amount that shows; "
          f"{sum(half.values())} took a row whose last cell alone was cut" + (f": {dict(half.most_common(12))}" if half else ""))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
