"""Makes the README's pictures from the example book. Not a test: run it when the pages have changed, and look at them.

pictures.py PROGRAM [FOLDER]    PROGRAM with the archive, as `cargo build --release` makes it; FOLDER is fixtures/pictures

Needs chromium, chromium-driver, python3-selenium, python3-pil and fonts-noto-cjk.
"""

import io
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image

from browser import WIDE, browser, set_width

# A name, the page in the book it is taken of, and how much of the page it shows.
PICTURES = [
    ("day.png", "reports/2026-02-28/index.html", (WIDE, 900)),
    ("dossier.png", "reports/2026Q1/institutions/102290100106.html", (WIDE, 1000)),
]
# The README's language.
LANG = "en"
LARGEST = 200_000


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else pathlib.Path(__file__).parents[2] / "fixtures/pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        book = pathlib.Path(made) / "demo"
        subprocess.run([program, "demo", book, "--quiet", "--lang", LANG], stdout=subprocess.DEVNULL, check=True)
        quarter = [program, "audit", "--book", book, "--quarter", "2026Q1", "--quiet", "--lang", LANG, "--fail-on", "never"]
        subprocess.run(quarter, stdout=subprocess.DEVNULL, check=True)
        page = browser()
        try:
            for name, path, (width, height) in PICTURES:
                page.get((book / path).as_uri())
                set_width(page, width, height)
                shot = Image.open(io.BytesIO(page.get_screenshot_as_png())).convert("RGB")
                picture = folder / name
                shot.quantize(64, dither=Image.Dither.NONE).save(picture, optimize=True)
                size = picture.stat().st_size
                assert size < LARGEST, f"{name} has {size} bytes"
                print(f"{picture}: {width} x {height}, {size} bytes")
        finally:
            page.quit()


main()
