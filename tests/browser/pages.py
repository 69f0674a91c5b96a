"""Opens the example book's daily pages, audits and dossiers in a browser, as a reader would. Run by .ci/browser.

pages.py PROGRAM BOOK SCREENSHOTS LANG
"""

import base64
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser import WIDE, browser, set_width

PROGRAM, BOOK, SHOTS = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
LANG = sys.argv[4]
SHOTS.mkdir(parents=True, exist_ok=True)
PHONE = 390


def rows(page):
    return page.find_elements(By.CSS_SELECTOR, "tr.finding")


def counts(page):
    return page.find_element(By.CSS_SELECTOR, ".pager [role=status]").text


def fen(text):
    return int(text.replace(",", "").replace(".", ""))


def clear(page):
    page.find_element(By.CSS_SELECTOR, ".filters button").click()


def check_list(page, data):
    """Filter, sort, page, open evidence."""
    findings = data["findings"]
    assert len(rows(page)) == min(50, len(findings)), counts(page)
    party = Select(page.find_element(By.NAME, "party"))
    for option in [option.get_attribute("value") for option in party.options][1:]:
        party.select_by_value(option)
        expected = sum(str(finding["p"]) == option for finding in findings)
        assert f" {expected} " in counts(page) or f"{expected} of" in counts(page), counts(page)
    clear(page)
    rule = Select(page.find_element(By.NAME, "rule"))
    rule.select_by_index(1)
    chosen = rule.first_selected_option.get_attribute("value")
    for row in rows(page):
        assert chosen in row.text, row.text
    clear(page)
    search = page.find_element(By.NAME, "text")
    wanted = findings[-1]["k"]
    search.send_keys(wanted)
    assert rows(page) and all(wanted in row.text for row in rows(page))
    clear(page)
    page.find_element(By.XPATH, "//thead//button[contains(., '金额') or contains(., 'amount')]").click()
    amounts = [row.find_elements(By.TAG_NAME, "td")[4].text.split("\n")[0] for row in rows(page)]
    amounts = [fen(amount) for amount in amounts if amount and not amount.startswith("≠")]
    assert amounts == sorted(amounts), amounts
    if len(findings) > 50:
        page.find_elements(By.CSS_SELECTOR, ".pager button")[1].click()
        assert "51–" in counts(page), counts(page)
    clear(page)


def check_evidence(page, data):
    """A finding opens by keyboard, and shows every party's row."""
    has_rows = (finding for finding in data["findings"] if any(isinstance(row, int) for row in finding["v"]))
    with_rows = next(has_rows, None)
    if with_rows is None:
        return
    search = page.find_element(By.NAME, "text")
    search.send_keys(with_rows["id"])
    button = rows(page)[0].find_element(By.TAG_NAME, "button")
    button.send_keys(Keys.ENTER)
    detail = page.find_element(By.CSS_SELECTOR, "tr.detail")
    shown = [row for row in with_rows["v"] if isinstance(row, int)]
    heads = detail.find_elements(By.CSS_SELECTOR, "table.rows thead th")
    assert len(heads) == 1 + len(shown), detail.text
    for place in shown:
        assert data["rows"][place]["at"] in detail.text
    assert data["rules"][with_rows["r"]]["law"][str(with_rows["p"])] in detail.text
    button = rows(page)[0].find_element(By.TAG_NAME, "button")
    assert page.switch_to.active_element == button, "the focus stays on what was opened"
    button.send_keys(Keys.ENTER)
    assert not page.find_elements(By.CSS_SELECTOR, "tr.detail")
    clear(page)


def check_links(page):
    for link in page.find_elements(By.CSS_SELECTOR, "nav a"):
        target = link.get_attribute("href").split("#")[1]
        link.click()
        assert page.find_elements(By.ID, target), target
    actor = page.find_elements(By.CSS_SELECTOR, "a[data-party]")
    if actor:
        name = actor[0].get_attribute("data-institution")
        actor[0].click()
        assert all(name in row.text for row in rows(page)), name
        clear(page)


def check_width(page, width, name):
    set_width(page, width)
    broad = page.execute_script("return document.documentElement.scrollWidth")
    assert broad <= width, f"{name} is {broad} wide on {width}"
    page.save_screenshot(str(SHOTS / f"{name}-{width}.png"))


def check_paper(page, data, name):
    """Every finding is printed, with the evidence of those that are open on the screen."""
    findings = data["findings"]
    if findings:
        rows(page)[0].find_element(By.TAG_NAME, "button").click()
    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    printed = page.execute_script("return [...document.querySelectorAll('.paper > tbody > tr:not(.detail) > td:nth-child(2)')].map((cell) => cell.textContent)")
    assert sorted(printed) == sorted(finding["id"] for finding in findings), f"{len(printed)} of {len(findings)} printed"
    assert len(page.find_elements(By.CSS_SELECTOR, ".paper > tbody > tr.detail")) == bool(findings)
    page.execute_script("dispatchEvent(new Event('afterprint'))")
    assert not page.find_elements(By.CSS_SELECTOR, ".paper > tbody > tr")
    paper = base64.b64decode(page.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    assert paper.startswith(b"%PDF")
    (SHOTS / f"{name}.pdf").write_bytes(paper)
    sheets = len(re.findall(rb"/Type\s*/Page\b", paper))
    assert sheets <= 10 + len(findings) / 20, f"{sheets} sheets for {len(findings)} findings"


def check_letters(page, folder):
    """Letters fit the phone and the screen."""
    for letter in sorted(folder.glob("*.html"))[:3]:
        page.get(letter.as_uri())
        for width in (PHONE, WIDE):
            check_width(page, width, f"notice-{letter.stem}")
        assert page.find_elements(By.CSS_SELECTOR, ".items .answer")


def check_quiet(page):
    """Nothing on the console, and nothing asked of a network."""
    assert [entry for entry in page.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    for entry in page.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            assert url.startswith(("file:", "data:")), url


def check_day(page, index):
    name = index.parent.name
    page.get(index.as_uri())
    data = json.loads(page.execute_script("return document.getElementById('data').textContent"))
    if data["findings"]:
        check_list(page, data)
        check_evidence(page, data)
    check_links(page)
    page.execute_script("scrollTo(0, 0)")
    check_width(page, PHONE, name)
    check_width(page, WIDE, name)
    check_paper(page, data, name)
    check_letters(page, index.parent / "notices")
    check_quiet(page)


def audit(book, *period):
    """What `audit` leaves; findings are no failure."""
    command = [PROGRAM, "audit", "--book", book, *period, "--lang", LANG, "--quiet"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    assert done.returncode in (0, 1), done
    return book / "reports" / period[1]


def check_table(page, table):
    """A table of a pack sorts by money, filters by text, opens what it lists."""
    body = table.find_element(By.TAG_NAME, "tbody")
    cells = lambda place: [row.find_elements(By.TAG_NAME, "td")[place] for row in body.find_elements(By.TAG_NAME, "tr")]
    heads = table.find_elements(By.CSS_SELECTOR, "thead th")
    for place, head in enumerate(heads):
        values = [cell.get_attribute("data-v") for cell in cells(place)]
        if "n" in (head.get_attribute("class") or "").split() and all(values):
            head.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
            sorted_values = [float(cell.get_attribute("data-v")) for cell in cells(place)]
            assert sorted_values == sorted(sorted_values), head.text
            break
    filters = page.find_elements(By.CSS_SELECTOR, "input.filter")
    if filters and len(cells(0)) >= 12:
        wanted = cells(0)[-1].text
        field = table.find_element(By.XPATH, "./ancestor::div[contains(@class,'wide')]/preceding-sibling::input[1]")
        field.send_keys(wanted)
        shown = [row for row in body.find_elements(By.TAG_NAME, "tr") if row.is_displayed()]
        # Evidence that is still closed is searched too.
        assert shown and all(wanted.lower() in row.get_attribute("textContent").lower() for row in shown), wanted
        field.clear()
        field.send_keys(" ", Keys.BACKSPACE)
    for details in table.find_elements(By.TAG_NAME, "details")[:1]:
        details.find_element(By.TAG_NAME, "summary").click()
        assert "#" in details.text, details.text


def check_paper_page(page, path, name):
    page.get(path.as_uri())
    for table in page.find_elements(By.CSS_SELECTOR, "table.data")[:4]:
        check_table(page, table)
    page.execute_script("scrollTo(0, 0)")
    check_width(page, PHONE, name)
    check_width(page, WIDE, name)
    paper = base64.b64decode(page.print_page())
    assert paper.startswith(b"%PDF")
    (SHOTS / f"{name}.pdf").write_bytes(paper)
    check_quiet(page)


def check_pack(page, folder):
    """Every link leads to a file of the pack, and the way back."""
    seen, waiting = set(), [folder / "index.html"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        assert path.is_file(), path
        if path.suffix != ".html":
            continue
        page.get(path.as_uri())
        links = [link.get_attribute("href") for link in page.find_elements(By.CSS_SELECTOR, "a[href]")]
        waiting += [pathlib.Path(link.removeprefix("file://").split("#")[0]) for link in links]
        assert path == folder / "index.html" or (folder / "index.html").as_uri() in links, path
    listed = json.loads((folder / "manifest.json").read_text())["files"]
    pages = {name for name in listed if name.endswith(".html")}
    assert pages == {str(path.relative_to(folder)) for path in seen if path.suffix == ".html"}
    check_quiet(page)


def check_audits(page):
    month, quarter = audit(BOOK, "--month", "2026-01"), audit(BOOK, "--quarter", "2026Q1")
    for folder in (month, quarter):
        check_pack(page, folder)
    for path in [month / "index.html", *sorted(month.glob("statement-*.html"))[:1]]:
        check_paper_page(page, path, f"month-{path.stem}")
    for path in [quarter / "index.html", quarter / "metrics.html", *sorted(quarter.glob("*/10229*.html"))]:
        check_paper_page(page, path, f"quarter-{path.parent.name}-{path.stem}")


def check_picture(page, name):
    """Every word of the flow stands within it, and on a screen none lies upon another."""
    boxes = page.execute_script("""
        const whole = document.querySelector("svg.flow").getBoundingClientRect();
        return [...document.querySelectorAll("svg.flow text")].map((text) => {
            const box = text.getBoundingClientRect();
            return [text.textContent, box.left - whole.left, box.top - whole.top, whole.right - box.right,
                whole.bottom - box.bottom, box.left, box.right, box.top, box.bottom];
        });
    """)
    assert boxes, name
    for text, *inside in boxes:
        assert min(inside[:4]) >= -1, f"{name}: {text} stands out of the picture"
    for place, (one, *_, left, right, top, bottom) in enumerate(boxes):
        for other, *_, left2, right2, top2, bottom2 in boxes[:place]:
            apart = right <= left2 + 1 or right2 <= left + 1 or bottom <= top2 + 6 or bottom2 <= top + 6
            assert apart, f"{name}: {one} lies upon {other}"


def check_dossiers(page):
    """Of an account, a unit, a slip and a finding: the page, its picture, and the files it leads to."""
    with open(sorted(BOOK.glob("reports/*-*-*/findings.csv"))[-1], encoding="utf-8-sig", newline="") as file:
        finding = max(csv.DictReader(file), key=lambda row: len(row["evidence"]))["finding_id"]
    wanted = [("account", "1022901001050000011"), ("account", "290122000000271001"), ("unit", "101001")]
    wanted += [("slip", "329011260200070024"), ("finding", finding)]
    for kind, value in wanted:
        folder = BOOK / f"reports/investigations/{kind}-{value}"
        command = [PROGRAM, "investigate", "--book", BOOK, f"--{kind}", value, "--lang", LANG, "--quiet"]
        answer = subprocess.run([*command, "--fail-on", "never"], stdout=subprocess.DEVNULL, check=False)
        assert answer.returncode == 0, f"{kind} {value}: {answer.returncode}"
        check_paper_page(page, folder / "index.html", folder.name)
        links = {link.get_attribute("href") for link in page.find_elements(By.CSS_SELECTOR, "a[href]")}
        missing = [link for link in links if not pathlib.Path(link.removeprefix("file://").split("#")[0]).exists()]
        assert not missing, missing
        assert len(links) >= 3, links
        if kind in ("account", "unit"):
            check_picture(page, folder.name)


HOSTILE = ["<script>window.hit=1</script>", "</script><img src=x onerror=window.hit=1>", "=1+1", "\u202eabc", "{{ 7 * 7 }}"]


def check_hostile_names(page):
    """What data say is text, whatever it looks like."""
    with tempfile.TemporaryDirectory() as folder:
        book = pathlib.Path(folder)
        inbox = book / "inbox/2026-03-02"
        inbox.mkdir(parents=True)
        (book / "recon.toml").write_text("")
        slips = ["slip_no,tax_org,treasury,taxpayer_id,taxpayer_name,subject,level,amount,billed_on"]
        receipts = ["slip_no,bank,payer_name,payee_account,amount,received_at"]
        for place, name in enumerate(HOSTILE):
            slips.append(f'A{place},1210600,2106000000,X{place},"{name}",101010101,4,100.00,2026-03-02')
            receipts.append(f'A{place},102222020334,"{name}",2200010,9{place}.00,2026-03-02')
        (inbox / "tax-receipts.csv").write_text("\n".join(slips))
        (inbox / "bank-receipts.csv").write_text("\n".join(receipts))
        subprocess.run([PROGRAM, "run", "--book", book, "--date", "2026-03-02", "--quiet"], stdout=subprocess.DEVNULL, check=False)
        page.get((book / "reports/2026-03-02/index.html").as_uri())
        rule = Select(page.find_element(By.NAME, "rule"))
        rule.select_by_value("amount-mismatch")
        assert len(rows(page)) == len(HOSTILE), counts(page)
        for place in range(len(HOSTILE)):
            rows(page)[place].find_element(By.TAG_NAME, "button").click()
        shown = page.find_element(By.ID, "list").text
        for name in HOSTILE:
            assert name.replace("\u202e", "\ufffd") in shown, name
        assert page.execute_script("return window.hit") is None
        for name in sorted(audit(book, "--quarter", "2026Q1").glob("**/*.html")):
            page.get(name.as_uri())
            assert page.execute_script("return window.hit") is None, name
        check_quiet(page)


def main():
    days = sorted(BOOK.glob("reports/*-*-*/index.html"))
    assert days, BOOK
    page = browser()
    try:
        for index in [days[0], days[len(days) // 2], days[-1]]:
            check_day(page, index)
        check_hostile_names(page)
        check_audits(page)
        check_dossiers(page)
    finally:
        page.quit()
    print(f"{len(days)} days, 3 opened; a month, a quarter and five dossiers")


main()
