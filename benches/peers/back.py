#!/usr/bin/env python3
"""Compares what a run found in a book that book.py made with what the data are known to hold.

    back.py DATA BOOK PROGRAM [OUT]

DATA is the folder book.py was given, with truth.csv (finding, key, detail: what was planted) and truth.json (for each side
under "totals": groups, rows, cents, and as checksum the sum of rows times cents of each group, both modulo 1 000 000 007).
With OUT the findings and totals are written there as findings.csv (finding,key,detail) and totals.csv
(side,treasury,subject,date,n,amount), in the words of the data.

The exit code is 1 if anything differs that is not explained below, for each kind by name and number:

- The data count working days from the day of receipt, the law from the base day: what came on a day off is late a day
  later, and then not late at all if it was one day over.
- An account number that ends in six zeros is taken for one that a spreadsheet destroyed, and accuses nobody.
"""
import csv
import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

MODULUS = 1_000_000_007
# The evidence of one finding can be tens of thousands of rows.
csv.field_size_limit(1 << 30)

# What a rule finds in a flow, in the words of the data.
WORDS = {
    ("missing-in-issuer", "revenue"): "MISSING_TAX",
    ("missing-in-treasury", "revenue"): "MISSING_TREASURY",
    ("missing-in-bank", "revenue"): "MISSING_BANK",
    ("voucher-duplicate", "revenue"): "DUPLICATE",
    ("amount-mismatch", "revenue"): "AMOUNT_MISMATCH",
    ("subject-mismatch", "revenue"): "SUBJECT_MISMATCH",
    ("level-mismatch", "revenue"): "LEVEL_MISMATCH",
    ("remittance-delay", "revenue"): "LATE_REMIT",
    ("wrong-collection-subject", "revenue"): "UNAPPROVED_ACCOUNT",
    ("transit-account", "revenue"): "TRANSIT_ACCOUNT",
    ("refund-without-basis", "refund"): "REFUND_NO_BASIS",
    ("refund-exceeds-payment", "refund"): "REFUND_NO_BASIS",
    ("amount-mismatch", "disbursement"): "PAY_AMOUNT",
    ("disbursement-mismatch", "disbursement"): "PAY_AMOUNT",
    ("missing-in-bank", "disbursement"): "PAY_MISSING_BANK",
    ("unlicensed-account", "disbursement"): "PAY_NO_PERMIT",
}
# Findings of an account, which the data have of each row: the ledger whose rows are meant.
OF_ROWS = {"TRANSIT_ACCOUNT": "bank-receipts", "PAY_NO_PERMIT": "finance-disbursements"}
TOTALS = {"tax": ("tax-receipts", "billed_on"), "treasury": ("treasury-receipts", "booked_on")}


def table(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def rows(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        read = csv.reader(file)
        next(read)
        yield from read


def keys_of_rows(path, numbers):
    """The first cell of those rows, counted as lines from 1: no cell of these files holds a line break."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if number in numbers:
                found[number] = line.split(",", 1)[0]
    return found


def findings(reports, inbox):
    """What the run found, in the words of the data, and how often each rule told of what the data have no word for."""
    found, others, of_rows = [], Counter(), defaultdict(set)
    for row in table(reports / "findings.csv"):
        word = WORDS.get((row["rule"], row["flow"]))
        # A refund beyond what was paid is no word of the data, one of an unknown slip is.
        if word is None or (row["rule"] == "refund-exceeds-payment" and row["severity"] != "high"):
            others[row["rule"], row["flow"], row["severity"]] += 1
        elif word in OF_ROWS:
            of = f"{OF_ROWS[word]}.csv#"
            numbers = (at.split("#")[1] for at in row["evidence"].split(";") if at.rsplit("/")[-1].startswith(of))
            of_rows[word].update(map(int, numbers))
        else:
            found.append((word, row["key"], str(int(row["days_late"]) + 1) if word == "LATE_REMIT" else ""))
    for word, numbers in of_rows.items():
        keys = keys_of_rows(inbox / f"{OF_ROWS[word]}.csv", numbers)
        found.extend((word, keys[number], "") for number in numbers)
    return found, others


def expected(data):
    """What the data are known to hold, as this program has to see it, and what was changed for which reason."""
    truth = [(row["finding"], row["key"], row["detail"]) for row in table(data / "truth.csv")]
    off = {row[0] for row in rows(data / "calendar.csv") if row[1] == "0"}
    of_receipts = {key for word, key, _ in truth if word in ("LATE_REMIT", "UNAPPROVED_ACCOUNT", "TRANSIT_ACCOUNT")}
    receipts = {row[0]: row for row in rows(data / "bank.csv") if row[0] in of_receipts}
    payees = {row[0]: row[4] for row in rows(data / "pay_finance.csv")}
    wanted, reasons = [], Counter()
    for word, key, detail in truth:
        if word == "LATE_REMIT" and receipts[key][4][:10] in off:
            is_late = int(detail) > 2
            reasons[word, "received on a day off, a day less late" if is_late else "received on a day off, not late"] += 1
            if is_late:
                wanted.append((word, key, str(int(detail) - 1)))
            continue
        account = receipts[key][2] if word in ("UNAPPROVED_ACCOUNT", "TRANSIT_ACCOUNT") else payees.get(key, "")
        if word in ("UNAPPROVED_ACCOUNT", *OF_ROWS) and account.endswith("000000"):
            reasons[word, "the account's number ends in six zeros"] += 1
            continue
        wanted.append((word, key, detail))
    return truth, wanted, reasons


def question(side):
    """What asks the archive for the sums of a side by treasury, subject and day."""
    ledger, day = TOTALS[side]
    return (
        f"SELECT treasury, subject, {day}, COUNT(*) AS n, SUM(amount) AS amount FROM entries "
        f"WHERE ledger = '{ledger}' GROUP BY treasury, subject, {day} ORDER BY treasury, subject, {day}"
    )


def totals(program, book):
    """The answers for each side."""
    for side in TOTALS:
        asked = [program, "query", "--book", str(book), "--format", "csv", question(side)]
        answer = subprocess.run(asked, check=True, stdout=subprocess.PIPE, encoding="utf-8-sig").stdout
        for row in csv.reader(answer.splitlines()[1:]):
            yield side, *row


def sums(lines):
    came_to = {side: dict(groups=0, rows=0, cents=0, checksum=0) for side in TOTALS}
    for side, _, _, _, n, amount in lines:
        yuan, _, fen = amount.partition(".")
        cents = int(yuan) * 100 + int(fen.ljust(2, "0"))
        of = came_to[side]
        of["groups"] += 1
        of["rows"] += int(n)
        of["cents"] += cents
        of["checksum"] = (of["checksum"] + int(n) * cents % MODULUS) % MODULUS
    return came_to


def write(path, names, lines):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(names.split(","))
        out.writerows(lines)


def check(data, book, program, out=None):
    """Prints each kind and returns whether all is as it has to be."""
    day = max(path.name for path in (book / "reports").iterdir())
    found, others = findings(book / "reports" / day, book / "inbox" / day)
    truth, wanted, reasons = expected(data)
    added = list(totals(program, book))
    if out:
        out.mkdir(parents=True, exist_ok=True)
        write(out / "findings.csv", "finding,key,detail", sorted(found))
        write(out / "totals.csv", "side,treasury,subject,date,n,amount", added)
    is_right = True
    print(f"{'kind':20} {'planted':>8} {'expected':>8} {'found':>8} {'missing':>8} {'extra':>8} {'twice':>6}")
    for word in dict.fromkeys(WORDS.values()):
        has, wants = [of for of in found if of[0] == word], {of for of in wanted if of[0] == word}
        planted = sum(of[0] == word for of in truth)
        missing, extra, twice = wants - set(has), set(has) - wants, len(has) - len(set(has))
        print(f"{word:20} {planted:8} {len(wants):8} {len(has):8} {len(missing):8} {len(extra):8} {twice:6}")
        for name, rest in (("missing", missing), ("extra", extra)):
            for _, key, detail in sorted(rest)[:5]:
                print(f"    {name} {key} {detail}")
        is_right &= not (missing or extra or twice)
    for (word, reason), count in sorted(reasons.items()):
        print(f"expected otherwise than planted: {word} {count}, {reason}")
    want = json.loads((data / "truth.json").read_text())["totals"]
    came_to = sums(added)
    for side in TOTALS:
        print(f"totals of {side}: {came_to[side]['groups']} groups", "as planted" if came_to[side] == want[side] else
              f"differ: {came_to[side]} instead of {want[side]}")
    print("found besides, of which the data say nothing:")
    for (rule, flow, severity), count in sorted(others.items()):
        print(f"    {rule}, {flow}, {severity}: {count}")
    return is_right and came_to == want


def agrees(data, out):
    """Whether an answer in the words of the data is what was planted, each finding once and all totals."""
    if not all((out / name).exists() for name in ("findings.csv", "totals.csv")):
        print("there is no answer")
        return False
    planted = Counter((row["finding"], row["key"], row["detail"]) for row in table(data / "truth.csv"))
    found = Counter(
        (row["finding"], row["key"], (row["detail"] or "") if row["finding"] == "LATE_REMIT" else "")
        for row in table(out / "findings.csv")
    )
    lines = ((row["side"], "", "", "", row["n"], row["amount"]) for row in table(out / "totals.csv"))
    want = json.loads((data / "truth.json").read_text())["totals"]
    is_right = found == planted and sums(lines) == want
    print("findings and totals as planted" if is_right else "findings or totals are not what was planted")
    return is_right


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    at = [Path(argument) for argument in sys.argv[1:]]
    sys.exit(0 if check(at[0], at[1], str(at[2]), *at[3:]) else 1)
