"""Read a book as plain files: the inbox day by day, the reference tables, the settings. Nothing here judges."""

import csv
import datetime
import pathlib
import tomllib
from decimal import Decimal

def day(text):
    """A date, from `2026-03-02` with or without a time after it."""
    return datetime.date.fromisoformat(text[:10]) if text else None


def minute(text):
    """The time of day in minutes, or None where the text states a day alone."""
    if len(text) <= 10:
        return None
    hour, minutes = text[11:].split(":")[:2]
    return int(hour) * 60 + int(minutes)


class Row(dict):
    """One row of a file: its columns, where it stands, and the day it came."""

    def __init__(self, columns, place, came):
        super().__init__(columns)
        self.place = place
        self.came = came

    def __getattr__(self, name):
        return self.get(name, "")

    def __hash__(self):
        return id(self)

    def same(self, other):
        """Every column says the same; a column that one file lacks is an empty one."""
        return all(self.get(name, "") == other.get(name, "") for name in self.keys() | other.keys())

    @property
    def yuan(self):
        return Decimal(self["amount"])


class Book:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.tables = {path.stem: self._rows(path, None) for path in sorted((self.folder / "reference").glob("*.csv"))}
        self.settings = {}
        if (self.folder / "recon.toml").exists():
            self.settings = flat(tomllib.loads((self.folder / "recon.toml").read_text(encoding="utf-8")))
        self.days = sorted(day(path.name) for path in (self.folder / "inbox").iterdir())

    def _rows(self, path, came):
        with open(path, encoding="utf-8-sig", newline="") as file:
            return [
                Row({name: value.strip() for name, value in row.items()}, f"{path.relative_to(self.folder)}#{number}", came)
                for number, row in enumerate(csv.DictReader(file), start=2)
            ]

    def table(self, name):
        """The rows of a reference table, or None where the book has none."""
        return self.tables.get(name)

    def setting(self, name, default):
        return self.settings.get(name, default)

    def files(self, on):
        """The files that came on a day: their ledger and rows."""
        for path in sorted((self.folder / "inbox" / on.isoformat()).glob("*.csv")):
            ledger = max((name for name in LEDGERS if path.stem == name or path.stem.startswith(name + "-")), key=len)
            yield ledger, self._rows(path, on)


def flat(tree, prefix=""):
    leaves = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            leaves |= flat(value, f"{prefix}{name}.")
        else:
            leaves[prefix + name] = value
    return leaves


# The natural key of each ledger, as the contract has it.
LEDGERS = {
    "tax-receipts": ("slip_no",),
    "finance-receipts": ("slip_no",),
    "bank-receipts": ("bank", "slip_no"),
    "bank-remittances": ("bank", "batch", "treasury", "remitted_at"),
    "treasury-receipts": ("treasury", "slip_no"),
    "treasury-clearing": ("bank", "batch", "treasury", "cleared_on"),
    "tax-refunds": ("voucher_no",),
    "finance-refunds": ("voucher_no",),
    "treasury-refunds": ("voucher_no",),
    "bank-refunds": ("voucher_no",),
    "finance-disbursements": ("voucher_no",),
    "treasury-disbursements": ("voucher_no",),
    "bank-disbursements": ("voucher_no",),
    "treasury-balances": ("treasury", "account", "date"),
    "tax-corrections": ("voucher_no",),
    "finance-corrections": ("voucher_no",),
    "treasury-corrections": ("voucher_no",),
}


class Calendar:
    """Working days: Monday to Friday, but for what the book's table lists."""

    def __init__(self, rows):
        self.kind = {day(row.date): row.kind for row in rows}

    def worked(self, on):
        kind = self.kind.get(on)
        return kind == "makeup" if kind else on.weekday() < 5

    def next(self, on):
        on += datetime.timedelta(1)
        while not self.worked(on):
            on += datetime.timedelta(1)
        return on

    def add(self, on, count):
        for _ in range(count):
            on = self.next(on)
        return on

    def lag(self, first, last):
        """Working days after `first`, up to `last` and including it."""
        return sum(self.worked(first + datetime.timedelta(n)) for n in range(1, (last - first).days + 1))

    def at_or_after(self, on):
        return on if self.worked(on) else self.next(on)

    def base(self, moment, cutoff):
        """The day to which a moment belongs: after the cut-off and on days off the next working day."""
        on, time = day(moment), minute(moment)
        if self.worked(on) and (time is None or time <= cutoff):
            return on
        return self.next(on)

    def listed(self, on):
        return self.kind.get(on) == "holiday"
