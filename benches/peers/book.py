#!/usr/bin/env python3
"""Makes a book of a reconciliation data set, so that one `run` does the job which others do on the files as they are.

    book.py DATA BOOK

DATA is a folder of comma-separated files in UTF-8, each with a header line, of one quarter. Headers may be in any
language; the columns have this order:

    tax           voucher, taxpayer id, taxpayer name, tax office, treasury, subject, level, amount, issue date, bank
    bank          voucher, payer account, receiving account, amount, received at, remitted on, batch
    treasury      voucher, treasury, subject, level, amount, booked on, batch
    refunds       refund, original voucher, taxpayer id, treasury, subject, level, amount, date, basis, payee account
    pay_finance   order, treasury, subject, unit, payee account, amount, date
    pay_treasury  order, treasury, subject, amount, date
    pay_bank      order, payee account, amount, date
    accounts      account, bank, owner code, owner name, owner class, account class, permit, status, opened on
    calendar      date, 1 for a working day and 0 for none

A batch of `bank` is fourteen digits: six of the day, five of the bank's number in the data, three of the run.

BOOK must not exist. Two days are in it: one without rows on the first day of the calendar, with which its archive begins,
and the delivery of everything two working days after the last date of the data, so that no time of grace is running.
The day's date is printed.

What the files do not say and a book asks for is said so that it makes no finding: every order has a reason and an
approval, every voucher its document, every account the approval of finance, every treasury takes in every level.
Names that the data have elsewhere are looked up: the taxpayer's of a refund, the holder's of a payee's account.
The files of slips, bookings and payouts are the data's own, linked; only their headers are explained in recon.toml.
"""
import csv
import os
import shutil
import sys
from datetime import date
from pathlib import Path

OWNERS = {"collecting_bank": "bank", "tax_office": "tax_org", "budget_unit": "unit", "finance": "finance"}
NATURES = {"collection": "pending_receipts", "deposit": "general", "basic": "basic", "special": "special"}

# Files that are used as they are: the names of their columns in a ledger, "-" for one that is left alone.
# The bank of a slip is the one that collected it, which no slip says; a treasury numbers its own batches.
AS_THEY_ARE = {
    "tax": ("tax-receipts", "slip_no taxpayer_id taxpayer_name tax_org treasury subject level amount billed_on -"),
    "treasury": ("treasury-receipts", "slip_no treasury subject level amount booked_on -"),
    "pay_treasury": ("treasury-disbursements", "voucher_no treasury subject amount booked_on"),
    "pay_bank": ("bank-disbursements", "voucher_no payee_account amount paid_on"),
}
WRITTEN = {
    "bank-receipts": "slip_no bank payer_account payee_account amount received_at remitted_at batch",
    "tax-refunds": "voucher_no original_slip taxpayer_id taxpayer_name treasury subject level amount issued_on "
    "discovered_on reason basis_doc approved_by approval_no payee_account payee_name payee_bank",
    "finance-disbursements": "voucher_no treasury subject unit payee_account payee_name amount voucher_date year "
    "pay_mode purpose doc_ref delivered_on handover",
}
SETTINGS = """\
# The data say by which working day money was remitted, whatever the hour.
remit.cutoff = "23:59"
# Slips of every level go to every treasury.
level.accepted = ["4: 5 4 3 2 1 0"]
"""


def rows(path):
    """The rows of a file without its header."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        read = csv.reader(file)
        next(read)
        yield from read


def header(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file))


def table(path, names, lines):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(names.split())
        out.writerows(lines)


def link(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def source(ledger, path, columns):
    """How recon.toml explains the header of a file."""
    pairs = ", ".join(f'"{said}" = "{name}"' for said, name in zip(header(path), columns.split(), strict=True))
    return f'\n[[source]]\nglob = "{ledger}.csv"\nledger = "{ledger}"\ncolumns = {{ {pairs} }}\n'


class Data:
    """What has to be known of the data before a book can be written."""

    def __init__(self, folder):
        self.folder = folder
        days = sorted((row[0], row[1] == "1") for row in rows(folder / "calendar.csv"))
        self.first = days[0][0]
        self.working = [day for day, works in days if works]
        self.days = days
        self.accounts = {row[0]: row for row in rows(folder / "accounts.csv")}
        self.refunds = list(rows(folder / "refunds.csv"))
        self.read_receipts()
        self.read_slips()

    def read_receipts(self):
        """The bank of each number in a batch: the one that keeps the collecting account of its receipts."""
        codes = {a: row[1] for a, row in self.accounts.items() if row[4] == "collecting_bank" and row[7] == "active"}
        self.banks, self.unknown = {}, {}
        with open(self.folder / "bank.csv", encoding="utf-8") as file:
            file.readline()
            for line in file:
                cells = line.split(",")
                number = cells[6][6:11]
                if number not in self.banks:
                    if cells[2] in codes:
                        self.banks[number] = codes[cells[2]]
                    else:
                        self.unknown[cells[0].encode()] = number

    def read_slips(self):
        """Offices, treasuries, subjects, the names of those who get refunds, and banks that are known by a slip alone."""
        refunded = {row[2].encode() for row in self.refunds}
        self.names, self.offices, self.subjects = {}, {}, set()
        with open(self.folder / "tax.csv", "rb") as file:
            file.readline()
            for line in file:
                before, office, treasury, subject, _, _, day, bank = line.rsplit(b",", 7)
                self.offices[office] = treasury
                self.subjects.add(subject)
                voucher, taxpayer, name = before.split(b",", 2)
                if taxpayer in refunded:
                    self.names[taxpayer.decode()] = next(csv.reader([name.decode()]))[0]
                if voucher in self.unknown:
                    self.banks.setdefault(self.unknown[voucher], bank.strip().decode())
        self.last = day.decode()

    def delivery(self):
        """Two working days after the last date of all files."""
        last = [self.last]
        for name, column in (("treasury", 5), ("refunds", 7), ("pay_treasury", 4), ("pay_bank", 3), ("bank", 5)):
            with open(self.folder / f"{name}.csv", encoding="utf-8") as file:
                file.readline()
                last.append(max(line.rstrip("\n").split(",")[column] for line in file))
        return [day for day in self.working if day > max(last)][1]


def receipts(data, path):
    """The banks' receipts, with the bank's code beside the voucher."""
    with open(data.folder / "bank.csv", encoding="utf-8") as file, open(path, "w", encoding="utf-8") as out:
        file.readline()
        out.write(WRITTEN["bank-receipts"].replace(" ", ",") + "\n")
        for line in file:
            voucher, rest = line.split(",", 1)
            number = line[line.rfind(",") + 7 :][:5]
            out.write(f"{voucher},{data.banks[number]},{rest}")


def refunds(data, path):
    bank = min(data.banks.values())

    def order(row):
        number, slip, taxpayer, treasury, subject, level, amount, day, basis, payee = row
        name = data.names.get(taxpayer, taxpayer)
        said = [number, slip, taxpayer, name, treasury, subject, level, amount, day, day]
        return [*said, "911", basis, "财政局", number, payee, name, bank]

    table(path, WRITTEN["tax-refunds"], map(order, data.refunds))


def vouchers(data, path):
    def voucher(row):
        number, treasury, subject, unit, payee, amount, day = row
        name = data.accounts[payee][3] if payee in data.accounts else f"收款人{payee}"
        said = [number, treasury, subject, unit, payee, name, amount, day, day[:4]]
        return [*said, "91", "经费", "财预〔2026〕1号", day, "交接员"]

    table(path, WRITTEN["finance-disbursements"], map(voucher, rows(data.folder / "pay_finance.csv")))


def reference(data, folder):
    approval = "财库〔2025〕1号"
    table(
        folder / "accounts.csv",
        "account bank holder_id holder_name holder_class nature permit_no finance_approval opened_on status "
        "filed_finance_on filed_treasury_on",
        ([a, bank, owner, name, OWNERS[kind], NATURES[nature], permit, approval, opened, status, opened, opened]
         for a, bank, owner, name, kind, nature, permit, status, opened in data.accounts.values()),
    )
    weekend = {day for day, _ in data.days if date.fromisoformat(day).weekday() >= 5}
    off = ((day, "makeup" if works else "holiday", "") for day, works in data.days if works == (day in weekend))
    table(folder / "calendar.csv", "date kind name", off)
    treasuries = sorted({code.decode() for code in data.offices.values()})
    table(folder / "treasuries.csv", "code name level agent", ([code, f"支库{code}", "4", "0"] for code in treasuries))
    offices = sorted((code.decode(), treasury.decode()) for code, treasury in data.offices.items())
    kinds = [[code, f"税务局{code}", "tax_org", treasury] for code, treasury in offices]
    kinds += [[code, f"银行{code}", "bank", ""] for code in sorted({row[1] for row in data.accounts.values()})]
    kinds.append(["390001", "财政局", "finance", ""])
    table(folder / "institutions.csv", "code name kind treasury", kinds)
    income = ([code, f"收入{code}", "income", "4", "1"] for code in sorted(code.decode() for code in data.subjects))
    function = sorted({row[2] for row in rows(data.folder / "pay_finance.csv")})
    spent = ([code, f"支出{code}", "function", "4", "1"] for code in function)
    table(folder / "subjects.csv", "code name class attribute enterable", [*income, *spent])


def write(folder, book):
    data = Data(folder)
    day = data.delivery()
    begin, inbox, tables = book / "inbox" / data.first, book / "inbox" / day, book / "reference"
    for made in (begin, inbox, tables):
        made.mkdir(parents=True)
    settings = SETTINGS
    for name, (ledger, columns) in AS_THEY_ARE.items():
        link(folder / f"{name}.csv", inbox / f"{ledger}.csv")
        with open(folder / f"{name}.csv", "rb") as file:
            (begin / f"{ledger}.csv").write_bytes(file.readline())
        settings += source(ledger, folder / f"{name}.csv", columns)
    (book / "recon.toml").write_text(settings, encoding="utf-8")
    for ledger, columns in WRITTEN.items():
        table(begin / f"{ledger}.csv", columns, [])
    receipts(data, inbox / "bank-receipts.csv")
    refunds(data, inbox / "tax-refunds.csv")
    vouchers(data, inbox / "finance-disbursements.csv")
    reference(data, tables)
    return data.first, day


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(*write(Path(sys.argv[1]), Path(sys.argv[2])))
