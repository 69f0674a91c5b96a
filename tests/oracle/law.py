"""What each rule must find, written from the law's text alone and as slowly as it is plainest: every day everything
that has come so far is laid out anew, and every rule is asked what holds now. What was told before decides what is
printed: a finding is told when it first holds, daily where it is about an open item, and once more when it ends."""

import datetime
from collections import defaultdict
from decimal import Decimal
from itertools import groupby

from reading import LEDGERS, Calendar, day

SUCCESS = ["成功", "处理成功", "已清算", "已对账相符", "资金已收妥"]
MANDATED = {"pending_receipts", "pending_tax", "treasury"}
PUBLIC = {"unit", "finance", "tax_org", "collector"}
BANKS = {"bank-receipts", "bank-remittances", "bank-refunds", "bank-disbursements"}
TRANSIT_NAMES = ["过渡", "税款专户", "税款户", "代征", "待缴", "暂存", "待解"]
CASH = {"现金", "现钞", "付现", "提现", "取现"}
UNPAID_REASONS = {"913", "914", "921", "922", "923", "924", "925", "931", "932", "933", "934", "935"}
REASONS = {"911", "912", "915", "916", "917", "918", "951", "961"} | UNPAID_REASONS

# Rules that are told again when more goes through an account; whether a later row of the same payout is more, no text says.
REPEATED = {"correction-no-change", "correction-unbalanced", "correction-cross-level", "transit-account", "unlicensed-account", "account-expired", "special-account-unapproved"}

# Rules the oracle answers for. What else the program knows is named in the output as not judged.
JUDGED = """
missing-in-issuer missing-in-bank missing-in-treasury voucher-duplicate amount-mismatch subject-mismatch level-mismatch
treasury-mismatch payee-mismatch disbursement-mismatch slip-no-mismatch ambiguous-match remittance-withholding
remittance-delay next-day-remittance remittance-mismatch clearing-mismatch wrong-collection-subject tax-entry-late
disbursement-late bank-payout-held disbursement-cash pre-approval-spend disbursement-unbudgeted disbursement-over-budget
large-disbursement-undocumented disbursement-duplicate clearing-late transit-account unlicensed-account
account-expired special-account-unapproved refund-without-basis refund-incomplete refund-reason-suspect
refund-unregistered-enterprise refund-payee-mismatch refund-exceeds-payment refund-wrong-source refund-duplicate
refund-late-tax refund-late-treasury refund-cash refund-no-authority daily-tie-out ledger-tamper bank-data-gap data-gap
subject-invalid wrong-budget-level wrong-treasury mixed-tax-type slip-incomplete invalid-slip-accepted slip-field-invalid
payer-fee-charged voucher-holding share-split-mismatch funds-outside-treasury voucher-date-invalid
disbursement-undocumented returned-funds-held voucher-handover-missing stock-continuity multiple-accounts
correction-unbalanced correction-no-change correction-repeat correction-late correction-cross-level
""".split()


class Fact:
    """Something a rule objects to on the evidence at hand. A field that is None is not compared."""

    def __init__(self, rule, key, party, institution=None, *, rows=(), amount=None, difference=None, daily=False,
                 due=None, settled=None, late=None, needs=(), again=None, event=False, figures=None):
        self.rule, self.key, self.party, self.institution = rule, key, party, institution
        self.rows = [row.place for row in rows]
        self.amount, self.difference, self.daily = amount, difference, daily
        self.due, self.settled, self.late = due, settled, late
        self.needs, self.again, self.event, self.figures = set(needs), again, event, figures

    def expected(self, status):
        return {
            "rule": self.rule, "key": self.key, "status": status, "party": self.party, "institution": self.institution,
            "amount": None if self.amount is None or status == "resolved" else f"{self.amount:.2f}",
            "difference": None if self.difference is None else f"{self.difference:.2f}",
            "due_on": self.due and self.due.isoformat(), "settled_on": self.settled and self.settled.isoformat(),
            "days_late": None if self.late is None else str(self.late), "rows": self.rows,
        }


class Case:
    """The entries of one payment: those of the issuer, the bank and the treasury."""

    def __init__(self, number):
        self.number, self.issuer, self.bank, self.treasury, self.back = number, [], [], [], []
        self.numbers = {}

    @property
    def rows(self):
        return self.issuer + self.bank + self.treasury

    @property
    def twins(self):
        return len(self.issuer) > 1 or len(self.treasury) > 1 and not self.shares or any(
            len(list(group)) > 1 for _, group in groupby(sorted(row.bank for row in self.bank)))

    @property
    def shares(self):
        levels = [row.level for row in self.treasury]
        return len(levels) > 1 and len(set(levels)) == len(levels) and len({row.treasury for row in self.treasury}) == 1


def who(values):
    """Who deviates from the source document, and what was expected: of values by party, the issuer's being the source.
    None where all agree."""
    if len(set(values.values())) < 2:
        return None
    source = values.get("issuer")
    if source is None:
        return "undetermined", None
    others = {party: value for party, value in values.items() if party != "issuer"}
    wrong = [party for party, value in others.items() if value != source]
    if len(wrong) == 1:
        return wrong[0], source
    if len(set(others.values())) == 1:
        return "issuer", next(iter(others.values()))
    return "undetermined", None


class Oracle:
    def __init__(self, book):
        self.book = book
        self.calendar = Calendar(book.table("calendar"))
        self.standing = {ledger: defaultdict(list) for ledger in LEDGERS}
        self.versions = defaultdict(list)
        self.came = defaultdict(set)
        self.told = {}
        self.unsure = set()
        self.counted = set()
        self.tampered = []
        self.first = book.days[0]
        self.cutoff = self.clock("remit.cutoff", "17:00")
        self.clearing_cutoff = self.clock("clearing.cutoff", "16:00")
        self.grace = book.setting("match.grace_wd", 1)
        self.large = Decimal(book.setting("large.threshold", "2000000.00"))
        self.accounts = self.by("accounts", "account")
        self.institutions = self.by("institutions", "code") or {}
        self.treasuries = self.by("treasuries", "code")
        self.subjects = self.by("subjects", "code")

    def clock(self, name, default):
        hour, minutes = self.book.setting(name, default).split(":")
        return int(hour) * 60 + int(minutes)

    def by(self, table, column):
        rows = self.book.table(table)
        return None if rows is None else {row[column]: row for row in rows}

    # --- What has come -------------------------------------------------------------------------------------------

    def succeeded(self, row):
        return row.status in ("", *self.book.setting("status.success", SUCCESS))

    def take_in(self, on):
        """The files of a day: duplicates count once, empty fields are filled, changed rows take the place of old ones."""
        arrived = defaultdict(list)
        for ledger, rows in self.book.files(on):
            self.came[ledger].add(on)
            for row in rows:
                arrived[ledger].append(row)
        self.tampered = []
        for ledger, rows in arrived.items():
            by_key = defaultdict(list)
            for row in rows:
                key = tuple(row.get(name, "") for name in LEDGERS[ledger])
                if ledger == "bank-receipts" and not row.slip_no:
                    key = (row.bank, row.payer_account, row.amount, row.received_at)
                if ledger == "treasury-disbursements":
                    # What comes back is a row of its own under the voucher's number.
                    key = (*key, row.yuan < 0)
                by_key[key].append(row)
            for key, new in by_key.items():
                self.take_rows(ledger, key, new)

    def take_rows(self, ledger, key, new):
        standing = self.standing[ledger][key]
        free = list(self.versions[ledger, key])
        for row in list(new):
            if row.place.split("#")[0] != new[0].place.split("#")[0] or any(row.same(old) for old in free):
                old = next((old for old in self.versions[ledger, key] if row.same(old)), None)
                if old is not None:
                    if old in free:
                        free.remove(old)
                    new.remove(row)
        changeable = [row for row in standing if self.alive(ledger, standing, row)]
        for row in new:
            self.versions[ledger, key].append(row)
            old = changeable.pop(0) if changeable and self.succeeded(row) and row.came != changeable[0].came else None
            if old is None:
                standing.append(row)
                continue
            changed = [name for name in row if row[name] and old.get(name) and row[name] != old[name]]
            for name, value in old.items():
                if not row.get(name):
                    row[name] = value
            standing[standing.index(old)] = row
            if changed:
                self.tampered.append((ledger, old, row))

    def alive(self, ledger, rows, row):
        """A successful row, unless a reversal has cancelled it."""
        if not self.succeeded(row):
            return False
        if ledger != "bank-receipts":
            return True
        return id(row) not in self.cancelled(rows)

    def cancelled(self, rows):
        gone = set()
        for back in rows:
            if back.status == "冲正":
                paid = [row for row in rows if self.succeeded(row) and id(row) not in gone
                        and row.amount == back.amount and row.received_at <= back.received_at]
                if paid:
                    gone.add(id(max(paid, key=lambda row: row.received_at)))
        return gone

    def rows(self, ledger):
        for rows in self.standing[ledger].values():
            for row in rows:
                if self.alive(ledger, rows, row):
                    yield row

    def expected_ledgers(self, on):
        expected = set(self.book.setting("gaps.required", ["tax-receipts", "bank-receipts", "treasury-receipts"]))
        earlier = on
        for _ in range(5):
            earlier -= datetime.timedelta(1)
            while not self.calendar.worked(earlier):
                earlier -= datetime.timedelta(1)
            expected |= {ledger for ledger, days in self.came.items() if earlier in days}
        return expected

    # --- A day's findings ----------------------------------------------------------------------------------------

    def run(self, on):
        """The findings that must be printed on a day. A key that was unsure stays so: what was told of it is not known."""
        self.on = on
        self.take_in(on)
        facts, events = {}, []
        for judge in (self.gaps, self.tampering, self.revenue, self.remittances, self.clearing, self.slips, self.collection,
                      self.refunds, self.payouts, self.accounts_used, self.tie_out, self.corrections, self.balances,
                      self.holders):
            for fact in judge():
                if fact.event:
                    events.append(fact)
                    continue
                if (fact.rule, fact.key) in facts:
                    if facts[fact.rule, fact.key].party != fact.party:
                        self.unsure.add((fact.rule, fact.key))
                    fact = self.merged(facts[fact.rule, fact.key], fact)
                facts[fact.rule, fact.key] = fact
        printed = [fact.expected("open") for fact in events]
        self.may_repeat = {name for name in self.told if name[0] in REPEATED}
        for name, fact in sorted(facts.items()):
            if name in self.told:
                told = self.told[name]
                # Who was asked was due then, whatever the others record later.
                if fact.rule.startswith("missing-in-") and not told.settled:
                    fact.due = min(fact.due, told.due)
                fresh = fact.again is not None and fact.again != told.again
                if fact.settled and not told.settled:
                    printed.append(fact.expected("resolved"))
                    self.told[name] = fact
                elif fact.daily or fresh or fact.again is None and (fact.party, fact.difference) != (told.party, told.difference):
                    if not fact.settled:
                        printed.append(fact.expected("open"))
                        self.told[name] = fact
            elif all(on in self.came[ledger] for ledger in fact.needs):
                printed.append(fact.expected("resolved" if fact.settled else "open"))
                self.told[name] = fact
        for name, fact in sorted(self.told.items()):
            if name not in facts and not fact.settled:
                printed.append({**fact.expected("resolved"), "due_on": None, "settled_on": None, "days_late": None})
        self.told = {name: fact for name, fact in self.told.items() if name in facts or fact.settled}
        return printed

    def merged(self, first, second):
        first.rows += second.rows
        if first.again is not None:
            first.again = first.again | second.again
            first.amount = None
        return first

    def gaps(self):
        on = self.on
        days, last = [], self.first
        while last <= on:
            days.append(last)
            last = self.calendar.next(last)
        for silent in days:
            came = {ledger: {d for d in ds if d < silent} for ledger, ds in self.came.items()}
            expected = self.expected_on(silent, came)
            for ledger in expected:
                if silent not in self.came[ledger] and not any(later > silent for later in self.came[ledger]):
                    party = ledger.split("-")[0]
                    rule = "bank-data-gap" if party == "bank" else "data-gap"
                    yield Fact(rule, f"{ledger}/{silent}", party, "")

    def expected_on(self, silent, came):
        keep, self.came = self.came, defaultdict(set, came)
        try:
            return self.expected_ledgers(silent)
        finally:
            self.came = keep

    def tampering(self):
        for ledger, old, new in self.tampered:
            party = ledger.split("-")[0]
            place = {"bank": new.bank, "treasury": new.treasury, "tax": new.tax_org, "finance": new.collector or None}[party]
            if ledger.endswith("-disbursements") and party == "finance" or ledger.endswith("-corrections"):
                place = None
            difference = new.yuan - old.yuan if "amount" in new and new.yuan != old.yuan else None
            if ledger in ("bank-remittances", "treasury-clearing"):
                self.unsure.add(("ledger-tamper", new.batch))
            number = new.slip_no or new.voucher_no or new.batch
            if ledger == "bank-receipts" and not new.slip_no:
                self.unsure.add(("ledger-tamper", ""))
                continue
            yield Fact("ledger-tamper", number, party, place, rows=[old, new], difference=difference, event=True)

    # --- Revenue -------------------------------------------------------------------------------------------------

    def organ(self, row):
        """Who issued a document, and its code."""
        if row.place.split("/")[-1].startswith("finance"):
            return "finance", row.collector or row.tax_org
        return "tax", row.tax_org

    def cases(self):
        """Payments by number; a row whose number no other has is joined by payer and amount, or by booking, where one
        pairing alone is possible. Besides, the groups that could be paired in more than one way."""
        cases = {}
        def case(number):
            return cases.setdefault(number, Case(number))
        for ledger in ("tax-receipts", "finance-receipts"):
            for row in self.rows(ledger):
                case(row.slip_no).issuer.append(row)
        for row in self.rows("treasury-receipts"):
            case(row.slip_no).treasury.append(row)
        nameless = []
        for row in self.rows("bank-receipts"):
            if row.slip_no:
                case(row.slip_no).bank.append(row)
            else:
                nameless.append(row)
        ambiguous = []
        lone = nameless + [c.bank[0] for c in cases.values() if len(c.bank) == 1 and not c.issuer and not c.treasury]
        slips = [c for c in cases.values() if len(c.issuer) == 1 and not c.bank]
        self.pair(cases, ambiguous, lone, slips, "bank", self.same_payer)
        lone = [c.treasury[0] for c in cases.values() if len(c.treasury) == 1 and not c.issuer and not c.bank]
        slips = [c for c in cases.values() if len(c.issuer) == 1 and c.bank and not c.treasury]
        self.pair(cases, ambiguous, lone, slips, "treasury", self.same_booking)
        for c in cases.values():
            if c.bank and c.treasury and not c.issuer:
                self.agreed(c, [o for o in cases.values() if len(o.issuer) == 1 and not o.bank and not o.treasury])
        for row in nameless:
            if not any(row in c.bank for c in cases.values()) and not any(row in rows for _, rows in ambiguous):
                # It is missing a slip, under a key that the text does not spell out.
                self.unsure.add(("missing-in-issuer", f"{row.bank}/{row.payer_account}/{row.amount}/{day(row.received_at)}"))
        return cases, ambiguous

    def agreed(self, case, slips):
        """Bank and treasury agree on a number that no slip has. Another slip of the same payer, amount and organ that nobody
        paid may be meant or not: the text says of neither. One of another organ cannot be, since the organ decides."""
        for other in slips:
            slip = other.issuer[0]
            if any(self.same_payer(row, slip) for row in case.bank) and \
                    all(row.tax_org in ("", self.organ(slip)[1]) for row in case.treasury):
                self.either(case.number, other.number)

    def either(self, *numbers):
        names = """missing-in-issuer missing-in-bank missing-in-treasury slip-no-mismatch ambiguous-match tax-entry-late amount-mismatch
            subject-mismatch level-mismatch treasury-mismatch payee-mismatch disbursement-mismatch remittance-withholding
            remittance-delay clearing-late bank-payout-held disbursement-late voucher-date-invalid wrong-collection-subject
            refund-late-treasury refund-cash"""
        self.unsure |= {(rule, number) for number in numbers for rule in names.split()}

    def in_window(self, slip, on):
        last = day(slip.billed_on) + datetime.timedelta(self.book.setting("match.window_days", 15))
        return day(slip.billed_on) <= on <= max(last, day(slip.due_on) or last)

    def same_payer(self, row, slip):
        return (row.amount == slip.amount and row.payer_account == slip.payer_account != ""
                and row.treasury in ("", slip.treasury)
                and self.in_window(slip, day(row.received_at)))

    def same_booking(self, row, slip):
        organ = self.organ(slip)[1]
        return (row.amount == slip.amount and row.treasury == slip.treasury and row.subject == slip.subject
                and row.level == slip.level and (not row.tax_org or row.tax_org == organ)
                and self.in_window(slip, day(row.booked_on)))

    def same_batch(self, row, case):
        """What names another batch or bank than the payment does is no booking of it."""
        return all(not row.get(name) or not paid.get(name) or paid[name] == row[name] for paid in case.bank for name in ("batch", "bank"))

    def pair(self, cases, ambiguous, lone, slips, side, fits):
        edges = {id(row): [c for c in slips if fits(row, c.issuer[0]) and (side == "bank" or self.same_batch(row, c))] for row in lone}
        seen = set()
        for row in lone:
            if id(row) in seen or not edges[id(row)]:
                continue
            rows, group = [row], []
            while True:
                more = [c for r in rows for c in edges[id(r)] if c not in group]
                group += [c for i, c in enumerate(more) if c not in more[:i]]
                others = [r for r in lone if r not in rows and any(c in group for c in edges[id(r)])]
                rows += others
                if not others:
                    break
            seen |= {id(r) for r in rows}
            if len(rows) == 1 and len(group) == 1:
                paid = group[0]
                getattr(paid, side).append(row)
                if row.slip_no:
                    cases.pop(row.slip_no)
            elif len({bool(row.slip_no) for row in rows}) > 1:
                # Whether a number that is missing goes before one that is whole and no slip has, no text says.
                self.either(*(c.number for c in group), *(row.slip_no for row in rows if row.slip_no))
            else:
                ambiguous.append((group, rows))

    def revenue(self):
        self.revenue_cases, ambiguous = self.cases()
        held = set()
        for group, rows in ambiguous:
            numbers = [c.number for c in group] + [row.slip_no for row in rows if row.slip_no]
            held |= set(numbers)
            yield Fact("ambiguous-match", min(numbers), "undetermined", "", rows=rows)
        self.held = held
        self.coverage()
        for case in self.revenue_cases.values():
            yield from self.one_payment(case, case.number in held)

    def one_payment(self, case, held):
        issuer, bank, treasury = case.issuer, case.bank, case.treasury
        number = case.number
        if not held:
            yield from self.missing_revenue(case)
        # One ledger has the number more than once.
        for party, rows in (("issuer", issuer), ("bank", bank), ("treasury", treasury)):
            places = defaultdict(list)
            for row in rows:
                places[row.bank if party == "bank" else row.treasury if party == "treasury" else self.organ(row)].append(row)
            for place, twins in places.items():
                if len(twins) > 1 and not (party == "treasury" and case.shares):
                    name, code = place if party == "issuer" else (party, place)
                    yield Fact("voucher-duplicate", number, name, code, rows=twins)
        several = case.twins or len(bank) > 1
        if len(bank) > 1 and not case.twins:
            self.unsure |= {("amount-mismatch", number), ("treasury-mismatch", number)}
        if len(issuer) == 1 and case.shares and not several:
            total = sum(row.yuan for row in treasury)
            if total != issuer[0].yuan:
                yield Fact("share-split-mismatch", number, "treasury", treasury[0].treasury, rows=case.rows,
                           difference=total - issuer[0].yuan)
                self.unsure.add(("amount-mismatch", number))
                return
        sides = {"issuer": issuer, "bank": bank, "treasury": treasury}
        for rule, column in (("amount-mismatch", None), ("subject-mismatch", "subject"), ("level-mismatch", "level"),
                             ("treasury-mismatch", "treasury")):
            values = {}
            for party, rows in sides.items():
                if not rows or column == "level" and case.shares or several and column is None:
                    continue
                if column is not None and len({row.get(column, "") for row in rows}) > 1:
                    self.unsure.add((rule, number))
                    continue
                value = sum(row.yuan for row in rows) if column is None else rows[0].get(column, "")
                if value != "":
                    values[party] = value
            found = who(values)
            if found:
                party, source = found
                place = self.place(case, party)
                name = self.organ(issuer[0])[0] if party == "issuer" else party
                difference = values[party] - source if column is None and source is not None else None
                told = self.told.get((rule, number))
                if told and source is None and told.figures != values:
                    self.unsure.add((rule, number))
                yield Fact(rule, number, name, place, rows=case.rows, difference=difference, figures=values)
        deviating = [(party, row.slip_no) for party in ("bank", "treasury") for row in sides[party]
                     if issuer and row.slip_no and row.slip_no != number]
        if len(deviating) == 1:
            party = deviating[0][0]
            yield Fact("slip-no-mismatch", number, party, self.place(case, party), rows=case.rows)

    def place(self, case, party):
        if party == "issuer":
            return self.organ(case.issuer[0])[1]
        if party == "bank":
            return case.bank[0].bank
        return case.treasury[0].treasury if party == "treasury" else ""

    def missing_revenue(self, case):
        issuer, bank, treasury = case.issuer, case.bank, case.treasury
        dates = [day(row.billed_on) for row in issuer] + [day(row.booked_on) for row in treasury]
        for row in bank:
            dates.append(day(row.received_at))
            if self.remitted[id(row)]:
                dates.append(self.remitted[id(row)])
        due = self.calendar.add(max(dates), self.grace)
        amount = case.rows[0].yuan if len({row.yuan for row in case.rows}) == 1 else None
        common = dict(rows=case.rows, amount=amount, daily=True, due=due)
        over = lambda rule: self.on > due or self.open(rule, case.number)
        if not issuer:
            if not over("missing-in-issuer"):
                return
            organ = treasury[0].tax_org if treasury else ""
            kind = self.institutions[organ].kind if organ in self.institutions else ""
            party = {"tax_org": "tax", "collector": "finance", "finance": "finance"}.get(kind, "undetermined")
            needs = {"tax": ["tax-receipts"], "finance": ["finance-receipts"]}.get(party, ["tax-receipts", "finance-receipts"])
            yield Fact("missing-in-issuer", case.number, party, organ, needs=needs, **common)
        elif treasury and not bank:
            if over("missing-in-bank"):
                yield Fact("missing-in-bank", case.number, "bank", treasury[0].bank, needs=["bank-receipts"], **common)
        elif bank and not treasury and any(self.remitted[id(row)] for row in bank):
            if over("missing-in-treasury"):
                yield Fact("missing-in-treasury", case.number, "treasury", issuer[0].treasury, needs=["treasury-receipts"], **common)

    def open(self, rule, number):
        """A missing record stays missing until the party has it, whatever day the others' later rows state."""
        return (rule, number) in self.told

    # --- Remittance ----------------------------------------------------------------------------------------------

    def coverage(self):
        """The day on which each receipt was passed on: its own, its batch's, else first in, first out."""
        self.remitted, self.how, self.unclear, self.held_of = {}, {}, set(), {}
        queues = defaultdict(list)
        for row in self.rows("bank-receipts"):
            if row.remitted_at:
                self.remitted[id(row)], self.how[id(row)] = day(row.remitted_at), "day"
            elif row.batch:
                days = [day(r.remitted_at) for r in self.rows("bank-remittances")
                        if (r.bank, r.batch) == (row.bank, row.batch) and r.treasury == row.treasury]
                self.remitted[id(row)], self.how[id(row)] = min(days, default=None), "batch"
            else:
                queues[row.bank, row.treasury].append(row)
        for (bank, treasury), rows in queues.items():
            self.queue(bank, treasury, sorted(rows, key=lambda row: row.received_at))

    def queue(self, bank, treasury, rows):
        """Receipts that name neither day nor batch, in the order they were received, against what was remitted besides
        the receipts that do name one."""
        rest = defaultdict(Decimal)
        for sent in self.rows("bank-remittances"):
            if (sent.bank, sent.treasury) == (bank, treasury):
                rest[day(sent.remitted_at)] += sent.yuan
        mixed = False
        for row in self.rows("bank-receipts"):
            if (row.bank, row.treasury) == (bank, treasury) and (row.remitted_at or row.batch) and self.remitted[id(row)]:
                rest[self.remitted[id(row)]] -= row.yuan
                mixed = True
        unclear = mixed and any(rest.values())
        for first, second in zip(rows, rows[1:]):
            if day(first.received_at) == day(second.received_at) and (first.received_at == second.received_at or len(first.received_at) == 10):
                unclear = True
        # What came later than a row received after it, or was altered, moves what was told before: no text says how.
        unclear = unclear or any(later.came < row.came for n, row in enumerate(rows) for later in rows[n + 1:])
        unclear = unclear or any(len({old.amount for old in self.versions["bank-receipts", (row.bank, row.slip_no)]}) > 1 for row in rows)
        for row in rows:
            self.held_of[id(row)], self.remitted[id(row)], self.how[id(row)] = row.yuan, None, "queue"
            if unclear:
                self.unclear.add(id(row))
        for on, sent in sorted(rest.items()):
            for row in rows:
                if day(row.received_at) <= on and sent > 0:
                    part = min(sent, self.held_of[id(row)])
                    self.held_of[id(row)] -= part
                    sent -= part
                    if part and not self.held_of[id(row)]:
                        self.remitted[id(row)] = on

    def slip_of(self, row):
        for case in self.revenue_cases.values():
            if row in case.bank:
                return case
        return None

    def remittances(self):
        next_day = defaultdict(list)
        self.unclear_cases = set()
        for row in self.rows("bank-receipts"):
            case = self.slip_of(row)
            number = case.number if case else row.slip_no
            base = self.calendar.base(row.received_at, self.cutoff)
            due, sent = self.calendar.next(base), self.remitted[id(row)]
            if sent == due:
                next_day[row.bank, sent].append(row)
            names = ("remittance-withholding", number), ("remittance-delay", number)
            if not number or case and len(case.bank) > 1:
                # The key of a receipt without a number the text does not spell out.
                own = f"{row.bank}/{row.payer_account}/{row.amount}/{day(row.received_at)}"
                self.unsure |= {*names, ("remittance-delay", own), ("remittance-withholding", own)}
                continue
            if id(row) in self.unclear:
                self.unsure |= {*names, ("missing-in-treasury", number), ("next-day-remittance", f"{row.bank}/{due}")}
                self.unclear_cases.add(number)
            if sent is None and case and case.treasury:
                self.unsure |= set(names)
            if sent is None and self.on > due:
                needs = ["bank-receipts"] + (["bank-remittances"] if self.how[id(row)] != "day" else [])
                yield Fact("remittance-withholding", number, "bank", row.bank, rows=[row],
                           amount=self.held_of[id(row)] if self.how[id(row)] == "queue" else row.yuan, daily=True, due=due, needs=needs)
            if sent is not None and sent > due:
                yield Fact("remittance-delay", number, "bank", row.bank, rows=[row], amount=row.yuan, due=due, settled=sent,
                           late=self.calendar.lag(due, sent))
        for (bank, sent), rows in next_day.items():
            # What joins later the sentence told before does not bring back.
            key = f"{bank}/{sent}"
            if key not in self.counted:
                yield Fact("next-day-remittance", key, "bank", bank, rows=rows, event=True)
            self.counted.add(key)
        sums = defaultdict(lambda: [Decimal(0), Decimal(0), []])
        queued = {row.bank for row in self.rows("bank-receipts") if self.how[id(row)] == "queue"}
        for r in self.rows("bank-remittances"):
            cell = sums[r.bank, r.treasury, day(r.remitted_at)]
            cell[0] += r.yuan
            cell[2].append(r)
        for row in self.rows("bank-receipts"):
            if self.how[id(row)] != "queue" and self.remitted[id(row)]:
                cell = sums[row.bank, row.treasury, self.remitted[id(row)]]
                cell[1] += row.yuan
                cell[2].append(row)
        for (bank, treasury, sent), (remitted, received, rows) in sums.items():
            key = f"{bank}/{treasury}/{sent}"
            if bank in queued:
                self.unsure.add(("remittance-mismatch", key))
            elif remitted != received:
                yield Fact("remittance-mismatch", key, "bank", bank, rows=rows, difference=remitted - received,
                           needs=["bank-receipts", "bank-remittances"])

    def clearing(self):
        needs = ["bank-remittances", "treasury-clearing"]
        for ledger, party, date in (("bank-remittances", "bank", "remitted_at"), ("treasury-clearing", "treasury", "cleared_on")):
            batches = defaultdict(list)
            for row in self.rows(ledger):
                batches[row.bank, row.treasury, row.batch, row[date]].append(row)
            for (bank, treasury, batch, _), rows in batches.items():
                if len(rows) > 1:
                    yield Fact("voucher-duplicate", batch, party, bank if party == "bank" else treasury, rows=rows)
                    for row in [*self.rows("bank-remittances"), *self.rows("treasury-clearing")]:
                        if row.batch == batch:
                            days = {day(row.get("cleared_on") or row.remitted_at)}
                            days |= {self.calendar.base(row.remitted_at, self.clearing_cutoff)} if row.remitted_at else set()
                            self.unsure |= {("clearing-mismatch", f"{bank}/{treasury}/{on}/{batch}") for on in days}
        all_cleared = [row for rows in self.standing["treasury-clearing"].values() for row in rows]
        left = [row for row in all_cleared if self.succeeded(row)]
        for r in sorted(self.rows("bank-remittances"), key=lambda r: r.remitted_at):
            due = self.calendar.base(r.remitted_at, self.clearing_cutoff)
            own = sorted((c for c in left if (c.bank, c.batch, c.treasury) == (r.bank, r.batch, r.treasury)), key=lambda c: c.cleared_on)
            key = f"{r.bank}/{r.treasury}/{due}/{r.batch}"
            cleared = own[0] if own else None
            if cleared:
                left.remove(cleared)
                if day(cleared.cleared_on) < due:
                    self.unsure |= {("clearing-mismatch", key), ("clearing-mismatch", f"{r.bank}/{r.treasury}/{cleared.cleared_on}/{r.batch}")}
                if day(cleared.cleared_on) > due:
                    # It cleared, and late: told while it had not.
                    if ("clearing-mismatch", key) not in self.told:
                        self.unsure.add(("clearing-mismatch", key))
                if cleared.yuan != r.yuan or r.count and r["count"] != cleared["count"]:
                    yield Fact("clearing-mismatch", key, "undetermined", "", rows=[r, cleared], difference=cleared.yuan - r.yuan, needs=needs)
            elif due <= self.on:
                yield Fact("clearing-mismatch", key, "undetermined", "", rows=[r], difference=-r.yuan, needs=needs)
        for row in left:
            if day(row.cleared_on) <= self.on:
                key = f"{row.bank}/{row.treasury}/{row.cleared_on}/{row.batch}"
                yield Fact("clearing-mismatch", key, "bank", row.bank, rows=[row], difference=row.yuan, needs=needs)

    # --- Slips ---------------------------------------------------------------------------------------------------

    def slips(self):
        for ledger in ("tax-corrections", "finance-corrections", "treasury-corrections"):
            for row in self.rows(ledger):
                self.unsure |= {(rule, row.original_slip) for rule in ("subject-invalid", "wrong-budget-level", "wrong-treasury", "mixed-tax-type")}
        for case in self.revenue_cases.values():
            if len(case.issuer) != 1:
                if case.issuer:
                    self.unsure |= {(rule, case.number) for rule in ("tax-entry-late", "subject-invalid", "wrong-budget-level", "wrong-treasury",
                                                                   "mixed-tax-type", "slip-incomplete", "invalid-slip-accepted", "slip-field-invalid")}
                continue
            slip = case.issuer[0]
            party, organ = self.organ(slip)
            yield from self.entry_late(case, slip)
            differs = lambda column: len({row[column] for row in case.issuer + case.treasury if row.get(column)} |
                                         ({row[column] for row in case.bank if row.get(column)} if column == "treasury" else set())) > 1
            if case.shares:
                self.unsure |= {("wrong-budget-level", case.number)}
            yield from self.classified(case.number, slip, party, organ, "income", differs)
            yield from self.complete(case, slip, party, organ)

    def entry_late(self, case, slip):
        if not slip.due_on:
            return
        due = self.calendar.at_or_after(day(slip.due_on))
        paid = [day(row.received_at) for row in case.bank] or [day(row.booked_on) for row in case.treasury]
        if len(case.bank) > 1:
            self.unsure.add(("tax-entry-late", case.number))
        common = dict(rows=case.rows, amount=slip.yuan, due=due)
        if paid and min(paid) > due:
            yield Fact("tax-entry-late", case.number, "taxpayer", None, settled=min(paid), late=self.calendar.lag(due, min(paid)), **common)
        elif not paid and self.on > due and case.number not in self.held:
            yield Fact("tax-entry-late", case.number, "taxpayer", None, daily=True, needs=["bank-receipts", "treasury-receipts"], **common)

    def classified(self, number, row, party, organ, kind, differs):
        """Checks of a document against the tables: of a slip and of a refund order alike."""
        subject = self.subjects.get(row.subject) if self.subjects is not None else None
        valid = True
        if self.subjects is not None and any(s["class"] == kind for s in self.subjects.values()):
            valid = subject is not None and subject["class"] == kind and subject.enterable != "false"
            if not valid:
                yield Fact("subject-invalid", number, party, organ, rows=[row])
        if subject is not None and valid and subject.tax_type and row.get("tax_type") and row.tax_type != subject.tax_type and not differs("subject"):
            yield Fact("mixed-tax-type", number, party, organ, rows=[row])
        wrong = False
        if subject is not None and valid and subject.attribute:
            wrong = (row.level == "0" and subject.attribute != "3" or row.level == "1" and subject.attribute == "2"
                     or row.level in "2345" and subject.attribute == "1")
        if self.treasuries and row.treasury in self.treasuries:
            accepted = {"1": "10", "2": "210", "3": "310", "4": "410", "5": "510"}[self.treasuries[row.treasury].level]
            wrong = wrong or row.level not in accepted
        if wrong:
            yield Fact("wrong-budget-level", number, party, organ, rows=[row])
        home = self.institutions.get(organ)
        if home is not None and home.treasury and home.treasury != row.treasury and not differs("treasury"):
            yield Fact("wrong-treasury", number, party, organ, rows=[row])

    def complete(self, case, slip, party, organ):
        finance = party == "finance"
        lacks = [name for name in ("payer_account", "payer_bank") if not slip.get(name)] + \
                ([] if finance or slip.payer_name else ["payer_name"])
        if lacks:
            cash = any(row.method == "现金" for row in case.bank)
            if cash and "payer_name" not in lacks:
                return
            kept = all(any(row.get(name) for row in self.rows("finance-receipts" if finance else "tax-receipts")
                           if self.organ(row)[1] == organ) for name in lacks)
            if not kept:
                self.unsure |= {("slip-incomplete", case.number), ("invalid-slip-accepted", case.number)}
            yield Fact("slip-incomplete", case.number, party, organ, rows=[slip])
            if case.bank:
                yield Fact("invalid-slip-accepted", case.number, "bank", case.bank[0].bank, rows=[slip, *case.bank])
        if slip.level not in "012345" or slip.adjust_flag not in ("", "0", "1") or \
                slip.period_from and slip.period_to and slip.period_from > slip.period_to:
            yield Fact("slip-field-invalid", case.number, party, organ, rows=[slip])

    # --- Where receipts go ---------------------------------------------------------------------------------------

    def in_use(self, account, on):
        if account.status == "dormant" or account.status == "closed" and not account.closed_on:
            return False
        return not (account.opened_on and day(account.opened_on) > on or account.closed_on and day(account.closed_on) < on)

    def collection(self):
        for row in self.rows("bank-receipts"):
            case = self.slip_of(row)
            number = case.number if case else row.slip_no
            received = day(row.received_at)
            if row.fee and Decimal(row.fee) > 0 and number:
                yield Fact("payer-fee-charged", number, "bank", row.bank, rows=[row], amount=Decimal(row.fee))
            if row.accepted_at and number:
                due = self.calendar.base(row.accepted_at, self.cutoff)
                if received > due:
                    yield Fact("voucher-holding", number, "bank", row.bank, rows=[row], due=due, settled=received,
                               late=self.calendar.lag(due, received))
            if self.accounts is None:
                continue
            account = self.accounts.get(row.payee_account)
            transit = False
            if account is not None:
                holder = self.institutions.get(account.holder_id)
                by_register = account.nature != "pending_tax" and (account.holder_class in ("tax_org", "collector")
                                                                  or holder is not None and holder.kind in ("tax_org", "collector"))
            else:
                by_register = False
            names = (account.holder_name if account is not None else "") + "|" + row.payee_name
            by_name = any(word in names for word in TRANSIT_NAMES) and not (account is not None and (account.finance_approval or account.nature in MANDATED))
            if account is not None and not self.in_use(account, received) and (by_register or by_name):
                self.unsure |= {("transit-account", row.payee_account)}
            if by_register or by_name:
                transit = True
                yield Fact("transit-account", row.payee_account, "bank", None, rows=[row], again=frozenset([row.bank + row.slip_no + row.received_at]))
            if account is None:
                yield Fact("unlicensed-account", row.payee_account, "bank", row.bank, rows=[row], again=frozenset([row.bank + row.slip_no + row.received_at]))
            proper = account is not None and account.nature in MANDATED and self.in_use(account, received)
            if not proper and not transit and number:
                yield Fact("wrong-collection-subject", number, "bank", row.bank, rows=[row])
            subject = (case.issuer or case.treasury or [None])[0] if case else None
            if subject is not None and subject.subject.startswith("103") and not transit and not (account is not None and (
                    account.nature in MANDATED or account.nature == "fiscal_special" and account.finance_approval)):
                yield Fact("funds-outside-treasury", number, "bank", row.bank, rows=[row])

    # --- Refunds -------------------------------------------------------------------------------------------------

    def flow(self, issuers, treasury, bank):
        cases = {}
        def case(row):
            return cases.setdefault(row.voucher_no, Case(row.voucher_no))
        for ledger in issuers:
            for row in self.rows(ledger):
                case(row).issuer.append(row)
        for row in self.rows(treasury):
            (case(row).treasury if row.yuan > 0 else case(row).back).append(row)
        for row in self.rows(bank):
            case(row).bank.append(row)
        for side in ("treasury", "bank"):
            self.join_orders(cases, side)
        return cases

    def join_orders(self, cases, side):
        """A row whose number no other ledger has is joined to the order of the same payee and amount that lacks one,
        where one pairing alone is possible; of other pairings nothing is said."""
        lone = [c for c in cases.values() if len(c.rows) == 1 and getattr(c, side)]
        orders = [c for c in cases.values() if len(c.issuer) == 1 and not getattr(c, side)]
        fits = {c.number: [o for o in orders if self.same_order(c.rows[0], o.issuer[0])] for c in lone}
        for c in lone:
            several = fits[c.number]
            rivals = [other for other in lone if any(o in several for o in fits[other.number])]
            if len(several) == 1 and rivals == [c]:
                getattr(several[0], side).append(c.rows[0])
                cases.pop(c.number, None)
            elif several:
                self.either(*(o.number for o in [*several, *rivals]))
        for c in cases.values():
            if c.bank and c.treasury and not c.issuer:
                self.either(*(number for o in orders if self.same_order(c.bank[0], o.issuer[0]) for number in (c.number, o.number)))

    def same_order(self, row, order):
        on, issued = day(row.booked_on or row.credited_on or row.paid_on), day(order.issued_on or order.voucher_date)
        window = datetime.timedelta(self.book.setting("match.window_days", 15))
        return (row.amount == order.amount and row.payee_account == order.payee_account and row.treasury in ("", order.treasury)
                and issued <= on <= issued + window)

    def other_numbers(self, case):
        for party, rows in (("bank", case.bank), ("treasury", case.treasury)):
            if case.issuer and rows and rows[0].voucher_no != case.number:
                yield Fact("slip-no-mismatch", case.number, party, self.place(case, party), rows=case.rows)

    def refunds(self):
        cases = self.refund_cases = self.flow(("tax-refunds", "finance-refunds"), "treasury-refunds", "bank-refunds")
        for case in cases.values():
            yield from self.missing_refund(case)
            yield from self.flow_twins(case)
            if max(len(case.issuer), len(case.bank), len(case.treasury)) > 1:
                self.unsure |= {(rule, case.number) for rule in JUDGED if rule.startswith("refund-") or rule.startswith("missing-")}
                continue
            yield from self.refund_mismatches(case)
            yield from self.other_numbers(case)
            for paid in case.treasury:
                if paid.accepted_on:
                    late = self.calendar.lag(day(paid.accepted_on), day(paid.booked_on)) - self.book.setting("refund.treasury_wd", 1)
                    if late > 0:
                        yield Fact("refund-late-treasury", case.number, "treasury", paid.treasury, rows=[paid], settled=day(paid.booked_on), late=late)
                if paid.method in CASH:
                    yield Fact("refund-cash", case.number, "treasury", paid.treasury, rows=[paid])
            for order in case.issuer:
                yield from self.order(case, order)
        yield from self.refund_sums(cases)

    def missing_refund(self, case):
        dates = [day(row.issued_on) for row in case.issuer] + [day(row.booked_on) for row in case.treasury] + \
                [day(row.credited_on) for row in case.bank]
        due = self.calendar.add(max(dates), self.grace)
        lacking = "issuer" if not case.issuer else "treasury" if not case.treasury else "bank"
        if self.on <= due and not self.open(f"missing-in-{lacking}", case.number):
            return
        common = dict(rows=case.rows, daily=True, due=due)
        if not case.issuer:
            if case.treasury:
                party = "tax" if case.treasury[0].subject.startswith("101") else "finance"
                yield Fact("missing-in-issuer", case.number, party, "", needs=[f"{party}-refunds"], **common)
            else:
                yield Fact("missing-in-issuer", case.number, "undetermined", "", needs=["tax-refunds", "finance-refunds"], **common)
        elif not case.treasury:
            yield Fact("missing-in-treasury", case.number, "treasury", case.issuer[0].treasury, needs=["treasury-refunds"], **common)
        elif not case.bank:
            yield Fact("missing-in-bank", case.number, "bank", case.issuer[0].payee_bank, needs=["bank-refunds"], **common)

    def flow_twins(self, case):
        for party, rows in (("issuer", case.issuer), ("bank", case.bank), ("treasury", case.treasury)):
            if len(rows) > 1:
                name = self.organ(rows[0])[0] if party == "issuer" else party
                yield Fact("voucher-duplicate", case.number, name, None, rows=rows)

    def refund_mismatches(self, case):
        sides = {"issuer": case.issuer, "bank": case.bank, "treasury": case.treasury}
        def judge(rule, values, money=False):
            found = who(values)
            if found:
                party, source = found
                name = self.organ(case.issuer[0])[0] if party == "issuer" else party
                difference = values[party] - source if money and source is not None else None
                return Fact(rule, case.number, name, self.place(case, party), rows=case.rows, difference=difference)
        found = [judge("amount-mismatch", {p: r[0].yuan for p, r in sides.items() if r}, True)]
        for rule, column in (("subject-mismatch", "subject"), ("level-mismatch", "level"), ("treasury-mismatch", "treasury")):
            found.append(judge(rule, {p: r[0][column] for p, r in sides.items() if r and p != "bank"}))
        accounts = {p: r[0].payee_account for p, r in sides.items() if r and r[0].payee_account}
        found.append(judge("payee-mismatch", accounts))
        if found[-1] is None:
            found.append(judge("payee-mismatch", {p: r[0].payee_name for p, r in sides.items() if r and r[0].payee_name}))
        self.payee_differs = any(f is not None and f.rule == "payee-mismatch" for f in found)
        yield from filter(None, found)

    def order(self, case, order):
        party, organ = self.organ(order)
        organ = organ or ""
        def fact(rule, **more):
            return Fact(rule, case.number, party, organ, rows=[order], **more)
        basis = [name for name in ("reason", "basis_doc", "approved_by", "approval_no") if not order.get(name)]
        incomplete = [name for name in ("payee_bank", "taxpayer_id") if not order.get(name)]
        if basis:
            yield fact("refund-without-basis")
        elif incomplete:
            yield fact("refund-incomplete")
        if order.reason and (order.reason in ("915", "918") or order.reason[:2] in ("92", "93") or order.reason not in REASONS):
            yield fact("refund-reason-suspect")
        if basis and incomplete:
            self.unsure.add(("refund-unregistered-enterprise", case.number))
        register = self.book.table("refund-register")
        if register is not None and order.taxpayer_id and not incomplete and not citizen(order.taxpayer_id):
            if not any(r.taxpayer_id.upper() == order.taxpayer_id.upper() and r.valid_from <= order.issued_on and
                       (not r.valid_to or order.issued_on <= r.valid_to) for r in register):
                yield fact("refund-unregistered-enterprise")
        finance = [row for row in self.institutions.values() if row.kind == "finance"]
        if finance and order.approved_by and not order.approved_by.startswith("财政部") and \
                not any(order.approved_by in (row.code, row.name) for row in finance) and \
                order.approved_by not in self.book.setting("refund.delegates", []):
            yield fact("refund-no-authority")
        if party == "tax":
            lasts = [self.tax_period(day(order[column]), days) for column, days in (("discovered_on", 10), ("applied_on", 30)) if order.get(column)]
            issued = day(order.issued_on)
            if lasts and issued > min(lasts):
                yield fact("refund-late-tax", settled=issued, late=(issued - min(lasts)).days if len(lasts) == 1 else None)
        differs = lambda column: len({row[column] for row in case.issuer + case.treasury if row.get(column)}) > 1
        yield from self.classified(case.number, order, party, organ, "income", differs)
        slip = self.revenue_cases.get(order.original_slip)
        if order.original_slip and slip is not None and len(slip.issuer) == 1:
            yield from self.against_slip(case, order, slip, fact, differs)
        elif order.original_slip:
            self.unsure |= {(rule, case.number) for rule in ("refund-wrong-source", "refund-payee-mismatch")}

    def against_slip(self, case, order, slip, fact, differs):
        names = [column for column in ("subject", "level", "treasury")
                 if order[column] not in {row[column] for row in slip.issuer + slip.treasury}]
        if any(differs(column) for column in names):
            self.unsure.add(("refund-wrong-source", case.number))
        if any(order.original_slip == c.original_slip for ledger in ("tax-corrections", "finance-corrections", "treasury-corrections")
               for c in self.rows(ledger)):
            self.unsure.add(("refund-wrong-source", case.number))
        if names:
            yield fact("refund-wrong-source")
        payers = {row.payer_account for row in slip.issuer + slip.bank if row.payer_account}
        payer_names = {name for row in slip.issuer + slip.bank for name in (row.payer_name, row.taxpayer_name) if name}
        registered = {r.account for r in self.book.table("refund-register") or () if r.taxpayer_id == order.taxpayer_id
                      and r.valid_from <= order.issued_on and (not r.valid_to or order.issued_on <= r.valid_to)}
        if order.payee_account in registered or self.payee_differs:
            return
        if not payers:
            self.unsure.add(("refund-payee-mismatch", case.number))
        if order.payee_account not in payers or order.payee_name not in payer_names:
            yield fact("refund-payee-mismatch")

    def tax_period(self, start, days):
        last = start + datetime.timedelta(days)
        inside = [start + datetime.timedelta(n) for n in range(1, days + 1)]
        extra = 0
        for on in inside:
            if self.calendar.worked(on):
                continue
            first = end = on
            while not self.calendar.worked(first - datetime.timedelta(1)):
                first -= datetime.timedelta(1)
            while not self.calendar.worked(end + datetime.timedelta(1)):
                end += datetime.timedelta(1)
            run = [first + datetime.timedelta(n) for n in range((end - first).days + 1)]
            if len(run) >= 3 and any(self.calendar.listed(d) for d in run):
                extra += 1
        return self.calendar.at_or_after(last + datetime.timedelta(extra))

    def refund_sums(self, cases):
        orders = [c.issuer[0] for c in cases.values() if len(c.issuer) == 1]
        by_slip = defaultdict(list)
        for order in orders:
            if order.original_slip:
                by_slip[order.original_slip].append(order)
        for number, given in by_slip.items():
            slip = self.revenue_cases.get(number)
            given.sort(key=lambda o: (o.issued_on, o.voucher_no))
            if slip is None or len(slip.issuer) != 1 or slip.twins or not (slip.bank and slip.treasury):
                self.unsure |= {("refund-exceeds-payment", o.voucher_no) for o in given}
                continue
            paid = slip.issuer[0].yuan
            others = {sum(row.yuan for row in slip.bank), sum(row.yuan for row in slip.treasury)}
            if len(others) == 1:
                paid = others.pop()
            total = Decimal(0)
            for order in given:
                total += order.yuan
                if total > paid:
                    party, organ = self.organ(order)
                    yield Fact("refund-exceeds-payment", order.voucher_no, party, organ, rows=[order, *slip.rows], difference=total - paid)
        alike = defaultdict(list)
        for order in orders:
            if order.original_slip:
                alike[order.original_slip, order.payee_account, order.amount, order.level, order.treasury].append(order)
        for twins in alike.values():
            for order in sorted(twins, key=lambda o: (o.issued_on, o.voucher_no))[1:]:
                party, organ = self.organ(order)
                yield Fact("refund-duplicate", order.voucher_no, party, organ, rows=twins)

    # --- Payouts -------------------------------------------------------------------------------------------------

    def payouts(self):
        cases = self.payout_cases = self.flow(("finance-disbursements",), "treasury-disbursements", "bank-disbursements")
        for case in cases.values():
            yield from self.flow_twins(case)
            if max(len(case.issuer), len(case.bank), len(case.treasury)) > 1:
                names = "missing-in-issuer missing-in-bank missing-in-treasury disbursement-late bank-payout-held clearing-late"
                self.unsure |= {(rule, case.number) for rule in names.split()}
                continue
            if not case.rows:
                continue
            if case.back or any(row.returned_on for row in case.bank):
                yield from self.returned(case)
            yield from self.missing_payout(case)
            yield from self.payout_mismatches(case)
            yield from self.other_numbers(case)
            yield from self.payout_dates(case)
        yield from self.budgeted([c.issuer[0] for c in cases.values() if len(c.issuer) == 1])

    def returned(self, case):
        """What came back to the bank goes back to the treasury by the next working day. Whether what came back still
        counts for other rules they say in words of their own: nothing is said of these here."""
        names = "disbursement-mismatch disbursement-duplicate amount-mismatch payee-mismatch disbursement-over-budget missing-in-issuer missing-in-bank missing-in-treasury"
        line = {(v.unit, v.subject, v.year) for v in case.issuer}
        self.unsure |= {(rule, v.voucher_no) for v in self.rows("finance-disbursements") if (v.unit, v.subject, v.year) in line for rule in names.split()
                        if rule in ("disbursement-over-budget", "disbursement-duplicate") or v.voucher_no == case.number}
        for paid in case.bank:
            if paid.returned_on and case.treasury and not case.back:
                due = self.calendar.next(max(day(paid.returned_on), day(case.treasury[0].booked_on)))
                if self.on > due:
                    yield Fact("returned-funds-held", case.number, "bank", paid.bank, rows=case.rows, daily=True, due=due, needs=["treasury-disbursements"])
            elif paid.returned_on and case.back:
                due = self.calendar.next(max(day(paid.returned_on), day(case.treasury[0].booked_on) if case.treasury else day(paid.returned_on)))
                back = day(case.back[0].booked_on)
                if back > due:
                    yield Fact("returned-funds-held", case.number, "bank", paid.bank, rows=case.rows, due=due, settled=back, late=self.calendar.lag(due, back))

    def mode(self, case):
        return (case.issuer or case.bank or case.treasury)[0].pay_mode or "91"

    def missing_payout(self, case):
        issuer, bank, treasury = case.issuer, case.bank, case.treasury
        dates = [day(row.voucher_date) for row in issuer] + [day(row.booked_on) for row in treasury] + [day(row.paid_on) for row in bank]
        due = self.calendar.add(max(dates), self.grace)
        common = dict(rows=case.rows, daily=True, due=due)
        over = lambda party: self.on > due or self.open(f"missing-in-{party}", case.number)
        if not issuer:
            if not over("issuer"):
                return
            yield Fact("missing-in-issuer", case.number, "finance", None, needs=["finance-disbursements"], **common)
            return
        if self.mode(case) == "91":
            lacking = "treasury" if not treasury else "bank" if not bank else None
        else:
            lacking = "bank" if not bank else "treasury" if not treasury else None
        if lacking is None or not over(lacking):
            return
        if lacking == "treasury":
            yield Fact("missing-in-treasury", case.number, "treasury", issuer[0].treasury, needs=["treasury-disbursements"], **common)
        elif lacking == "bank":
            place = issuer[0].payee_bank
            if self.mode(case) != "91":
                payer = (self.accounts or {}).get(issuer[0].payer_account)
                place = payer.bank if payer is not None else ""
            yield Fact("missing-in-bank", case.number, "bank", place, needs=["bank-disbursements"], **common)

    def payout_mismatches(self, case):
        if not case.issuer:
            if case.treasury and case.bank and (case.treasury[0].amount != case.bank[0].amount):
                yield Fact("amount-mismatch", case.number, "undetermined", "", rows=case.rows)
            if case.treasury and case.bank and case.treasury[0].payee_account != case.bank[0].payee_account:
                yield Fact("payee-mismatch", case.number, "undetermined", "", rows=case.rows)
            return
        voucher = case.issuer[0]
        fields = ("amount", "payee_account", "payee_name", "subject")
        if case.treasury:
            booked = case.treasury[0]
            wrong = [f for f in fields if booked.get(f) and booked[f] != voucher[f]]
            if wrong:
                same = case.bank and all(case.bank[0].get(f, booked[f]) == booked[f] for f in wrong if f != "subject") and wrong != ["subject"]
                difference = None if "amount" not in wrong or same else booked.yuan - voucher.yuan
                third = case.bank and "amount" in wrong and case.bank[0].amount not in (booked.amount, voucher.amount)
                if third:
                    self.unsure |= {(rule, case.number) for rule in ("disbursement-mismatch", "amount-mismatch")}
                yield Fact("disbursement-mismatch", case.number, "finance" if same else "treasury", None if same else booked.treasury,
                           rows=case.rows, difference=difference)
                if same:
                    return
        if case.bank:
            paid = case.bank[0]
            if paid.amount != voucher.amount:
                yield Fact("amount-mismatch", case.number, "bank", paid.bank, rows=case.rows, difference=paid.yuan - voucher.yuan)
            if paid.payee_account != voucher.payee_account or paid.payee_name and paid.payee_name != voucher.payee_name:
                yield Fact("payee-mismatch", case.number, "bank", paid.bank, rows=case.rows)

    def payout_dates(self, case):
        for row in case.treasury:
            if row.accepted_on:
                due = self.calendar.at_or_after(day(row.accepted_on))
                known = (self.treasuries or {}).get(row.treasury)
                if known is None or known.agent == "true":
                    due = self.calendar.next(due)
                booked = day(row.booked_on)
                if booked > due:
                    yield Fact("disbursement-late", case.number, "treasury", row.treasury, rows=[row], due=due, settled=booked, late=self.calendar.lag(due, booked))
            if row.method in CASH:
                yield Fact("disbursement-cash", case.number, "treasury", row.treasury, rows=[row])
        for voucher in case.issuer:
            taken = [day(row.accepted_on) for row in case.treasury if row.accepted_on] or \
                    ([day(voucher.delivered_on)] if voucher.delivered_on else []) or [day(row.booked_on) for row in case.treasury]
            if taken:
                dated = day(voucher.voucher_date)
                if dated > taken[0] or self.calendar.lag(dated, taken[0]) > self.book.setting("voucher.stale_wd", 10):
                    yield Fact("voucher-date-invalid", case.number, "finance", None, rows=case.rows)
                    continue
            if not voucher.delivered_on and not voucher.handover or voucher.delivered_on and voucher.delivered_on < voucher.voucher_date:
                yield Fact("voucher-handover-missing", case.number, "finance", None, rows=[voucher])
        if case.bank and case.treasury and self.mode(case) == "91":
            due, paid = self.calendar.next(day(case.treasury[0].booked_on)), day(case.bank[0].paid_on)
            if paid > due:
                yield Fact("bank-payout-held", case.number, "bank", case.bank[0].bank, rows=case.rows, due=due, settled=paid, late=self.calendar.lag(due, paid))
        if case.bank and self.mode(case) in ("11", "12") and case.bank[0].cleared_on:
            due, cleared = self.calendar.next(day(case.bank[0].paid_on)), day(case.bank[0].cleared_on)
            if cleared > due:
                yield Fact("clearing-late", case.number, "bank", case.bank[0].bank, rows=case.rows, due=due, settled=cleared, late=self.calendar.lag(due, cleared))

    def budgeted(self, vouchers):
        for voucher in vouchers:
            same = [v for v in vouchers if (v.payee_account, v.voucher_date) == (voucher.payee_account, voucher.voucher_date)]
            if not voucher.doc_ref and max(voucher.yuan, sum(v.yuan for v in same)) >= self.large:
                yield Fact("large-disbursement-undocumented", voucher.voucher_no, "finance", None, rows=[voucher])
        alike = defaultdict(list)
        for v in vouchers:
            alike[v.unit, v.payee_account, v.amount, v.voucher_date, v.purpose].append(v)
        for twins in alike.values():
            for v in sorted(twins, key=lambda v: v.voucher_no)[1:]:
                yield Fact("disbursement-duplicate", v.voucher_no, "finance", None, rows=twins)
        budget = self.book.table("budget")
        if budget is None:
            return
        lines = defaultdict(list)
        for line in budget:
            lines[line.year, line.unit, line.subject, line.project].append(line)
        charged = defaultdict(list)
        for v in vouchers:
            years = [line for line in budget if line.year == v.year]
            if not years:
                continue
            keys = [key for key in lines if key[:3] == (v.year, v.unit, v.subject)]
            own = [key for key in keys if key[3] == v.project] or [key for key in keys if not key[3]]
            if not v.project:
                own = own or keys
            approved = min(line.approved_on for key in own for line in lines[key]) if own else min(line.approved_on for line in years)
            if v.voucher_date < approved:
                if not v.pre_approval_class:
                    yield Fact("pre-approval-spend", v.voucher_no, "finance", None, rows=[v])
            elif not own:
                yield Fact("disbursement-unbudgeted", v.voucher_no, "finance", None, rows=[v])
            elif not v.doc_ref and not v.budget_ref and not any(line.doc_ref for key in own for line in lines[key]):
                same = [w for w in vouchers if (w.payee_account, w.voucher_date) == (v.payee_account, v.voucher_date)]
                kept = any(line.doc_ref for line in years) and any(w.treasury == v.treasury and (w.doc_ref or w.budget_ref) for w in vouchers)
                if max(v.yuan, sum(w.yuan for w in same)) < self.large:
                    if not kept:
                        self.unsure.add(("disbursement-undocumented", v.voucher_no))
                    yield Fact("disbursement-undocumented", v.voucher_no, "finance", None, rows=[v])
            if not own or v.voucher_date < approved:
                continue
            if len(own) == 1:
                charged[own[0]].append(v)
            else:
                self.unsure.add(("disbursement-over-budget", v.voucher_no))
        for key, charges in charged.items():
            total = Decimal(0)
            for v in charges:
                # A late one is found itself where those after it are settled, which no text dates.
                if any(w.came > v.came and w.voucher_date <= v.voucher_date or w.came < v.came and w.voucher_date >= v.voucher_date for w in charges):
                    self.unsure.add(("disbursement-over-budget", v.voucher_no))
            for v in sorted(charges, key=lambda v: (v.voucher_date, v.voucher_no)):
                total += v.yuan
                granted = sum(line.yuan for line in lines[key] if line.approved_on <= v.voucher_date)
                if total > granted:
                    yield Fact("disbursement-over-budget", v.voucher_no, "finance", None, rows=[v], difference=total - granted)

    def accounts_used(self):
        if self.accounts is None:
            return
        for case in self.payout_cases.values():
            for row in case.rows:
                used = day(row.voucher_date or row.booked_on or row.paid_on)
                for number in {row.payee_account, row.payer_account}:
                    account = self.accounts.get(number)
                    if account is not None and account.nature == "temporary" and self.expired(account, used):
                        yield Fact("account-expired", number, "unit", None, rows=[row], again=frozenset([case.number]))
            if len(case.issuer) != 1:
                for row in case.rows:
                    self.unsure |= {(rule, account) for account in (row.payee_account, row.payer_account)
                                    for rule in ("unlicensed-account", "special-account-unapproved")}
                continue
            voucher = case.issuer[0]
            again = frozenset([case.number])
            mode = voucher.pay_mode
            payee = self.accounts.get(voucher.payee_account)
            looked = []
            if mode == "91" or payee is not None and payee.holder_class in PUBLIC or payee is None and self.public_name(voucher.payee_name):
                looked.append((voucher.payee_account, "payee"))
            if mode in ("11", "12"):
                looked.append((voucher.payer_account, "payer"))
            for number, role in looked:
                if not self.licensed(number, role, day(voucher.voucher_date)):
                    yield Fact("unlicensed-account", number, "finance", None, rows=[voucher], again=again)
            if mode == "91":
                bad = False
                if payee is not None and payee.nature == "fiscal_special":
                    bad = not payee.finance_approval
                elif payee is None or payee.holder_class not in ("enterprise", "individual", "bank", "other", "treasury"):
                    bad = "财政" in voucher.payee_name or payee is not None and "财政" in payee.holder_name
                if bad:
                    yield Fact("special-account-unapproved", voucher.payee_account, "finance", None, rows=[voucher], again=again)
            if case.bank and case.bank[0].payee_account != voucher.payee_account or case.treasury and \
                    case.treasury[0].payee_account not in ("", voucher.payee_account):
                self.unsure |= {(rule, row.payee_account) for row in case.rows
                                for rule in ("unlicensed-account", "special-account-unapproved")}

    def public_name(self, name):
        """A name that the register or the table of institutions has for a public body."""
        return any(a.holder_name == name and a.holder_class in PUBLIC for a in self.accounts.values()) or \
            any(i.name == name and i.kind != "bank" for i in self.institutions.values())

    def expired(self, account, on):
        lasts = [day(account.expires_on)] if account.expires_on else []
        if account.opened_on:
            opened = day(account.opened_on)
            lasts.append(opened.replace(year=opened.year + 2))
        return bool(lasts) and on > min(lasts)

    def licensed(self, number, role, on):
        account = self.accounts.get(number)
        if account is None:
            return number == "" or role == "payer" and number.startswith("290121") and False
        if account.nature == "temporary" and self.expired(account, on):
            return True
        if not self.in_use(account, on):
            return False
        if account.holder_class in ("bank", "treasury"):
            return True
        both = bool(account.permit_no and account.finance_approval)
        if account.nature in ("zero_balance", "fiscal_special"):
            return both
        if account.holder_class in PUBLIC:
            return both or account.nature not in ("basic", "temporary", "special")
        return True

    # --- Balances and registers ----------------------------------------------------------------------------------

    def balances(self):
        rows = {(row.treasury, row.account, day(row.date)): row for row in self.rows("treasury-balances")}
        for (treasury, account, on), row in rows.items():
            opening, income, outlay, closing = (Decimal(row[name]) for name in ("opening", "income", "outlay", "closing"))
            earlier = on - datetime.timedelta(1)
            while not self.calendar.worked(earlier):
                earlier -= datetime.timedelta(1)
            before = rows.get((treasury, account, earlier))
            if opening + income - outlay != closing or before is not None and Decimal(before.closing) != opening:
                yield Fact("stock-continuity", f"{treasury}/{on}", "treasury", treasury, rows=[row])

    def holders(self):
        """More than one account of a kind in use, of one holder."""
        held = defaultdict(list)
        for account in self.accounts.values() if self.accounts else ():
            if account.holder_id and account.holder_class not in ("bank", "treasury", "individual") and self.in_use(account, self.on):
                held[account.holder_id].append(account)
        for holder, accounts in held.items():
            basic = [a for a in accounts if a.nature == "basic"]
            zero = [a for a in accounts if a.nature == "zero_balance"]
            natures = defaultdict(list)
            for a in accounts:
                if a.fund_nature:
                    natures[a.fund_nature].append(a)
            finance = accounts[0].holder_class == "finance"
            many_zero = len(zero) > 1 and not (finance and len({a.bank for a in zero}) == len(zero))
            alike = any(sum(a.nature == "special" for a in same) > 1 or len({a.bank for a in same}) > 1 for same in natures.values())
            if len(basic) > 1 or many_zero or alike:
                yield Fact("multiple-accounts", holder, "unit", holder, rows=accounts)

    # --- Corrections ---------------------------------------------------------------------------------------------

    def corrections(self):
        notices = defaultdict(list)
        for ledger in ("tax-corrections", "finance-corrections", "treasury-corrections"):
            for row in self.rows(ledger):
                notices[row.voucher_no].append(row)
        by_slip = defaultdict(list)
        sides = defaultdict(list)
        for rows in notices.values():
            row = rows[0]
            sides[row.original_slip, *(row[f"{side}_{f}"] for side in ("old", "new") for f in ("treasury", "org", "level", "subject", "amount"))].append(row)
        same = {row.voucher_no for rows in sides.values() if len({row.place.split("/")[-1] for row in rows}) > 1 for row in rows}
        for number, rows in notices.items():
            row = rows[0]
            if number in same:
                self.unsure |= {(rule, key) for key in (number, row.original_slip) for rule in JUDGED if rule.startswith("correction-")}
            party = row.place.split("/")[-1].split("-")[0]
            def fact(rule, **more):
                return Fact(rule, number, party, None, rows=rows, **more)
            if row.old_amount != row.new_amount:
                yield fact("correction-unbalanced", difference=Decimal(row.new_amount) - Decimal(row.old_amount))
            if all(row["old_" + f] == row["new_" + f] for f in ("treasury", "level", "subject", "amount")) and row.old_org == row.new_org:
                yield fact("correction-no-change")
            if row.detected_on:
                due = self.calendar.add(day(row.detected_on), self.book.setting("correction.wd", 5))
                done = day(row.corrected_on)
                if done > due:
                    yield fact("correction-late", settled=done, late=self.calendar.lag(due, done))
            if (row.old_level, row.old_treasury) != (row.new_level, row.new_treasury):
                yield fact("correction-cross-level", settled=None) if not row.approval_ref else fact("correction-cross-level", settled=day(row.corrected_on))
            if row.original_slip:
                by_slip[row.original_slip].append((row.corrected_on, party == "treasury", number, party, row))
        for slip, several in by_slip.items():
            if len(several) > 1:
                several.sort(key=lambda each: each[:3])
                yield Fact("correction-repeat", slip, several[0][3], None, rows=[each[4] for each in several])

    # --- The day's figures ---------------------------------------------------------------------------------------

    def tie_out(self):
        cells = defaultdict(list)
        for case in self.revenue_cases.values():
            if not case.issuer or not (case.bank or case.treasury):
                continue
            slip = case.issuer[0]
            days = [self.calendar.base(row.received_at, self.cutoff) for row in case.bank] or [day(row.booked_on) for row in case.treasury]
            cell = slip.treasury, self.organ(slip)[1], slip.level, slip.subject, min(days)
            figures = [sum((row.yuan for row in rows), Decimal(0)) for rows in (case.issuer, case.bank, case.treasury)]
            cells[cell].append((case, figures, "revenue"))
        for case in self.refund_cases.values():
            if not case.issuer:
                continue
            order = case.issuer[0]
            cell = order.treasury, self.organ(order)[1], order.level, order.subject, day(order.issued_on)
            ordered, paid = -sum(o.yuan for o in case.issuer), -sum((k.yuan for k in case.treasury), Decimal(0))
            bank = -sum(b.yuan for b in case.bank) if case.bank else ordered
            if case.bank and bank != ordered:
                self.unsure.add(("daily-tie-out", "/".join(map(str, cell))))
            cells[cell].append((case, [ordered, bank, paid], "refund"))
        moved = {row.original_slip for ledger in ("tax-corrections", "finance-corrections", "treasury-corrections") for row in self.rows(ledger)}
        expected = self.expected_ledgers(self.on)
        needs = [ledger for ledger in ("tax-receipts", "finance-receipts", "bank-receipts", "treasury-receipts", "tax-refunds",
                                       "finance-refunds", "treasury-refunds") if ledger in expected]
        for cell, parts in cells.items():
            key = "/".join(map(str, cell))
            figures = [sum(part[1][n] for part in parts) for n in range(3)]
            if any(case.number in moved for case, _, _ in parts):
                self.unsure.add(("daily-tie-out", key))
            if any(case.twins for case, _, _ in parts):
                self.unsure.add(("daily-tie-out", key))
            if len(set(figures)) == 1 or self.on <= self.calendar.add(cell[4], self.book.setting("openitem.medium_wd", 3)):
                continue
            blamed = {self.blame(case, own, flow) for case, own, flow in parts if len(set(own)) > 1}
            parties = {party for party, _ in blamed}
            party, place = blamed.pop() if len(blamed) == 1 else (parties.pop() if len(parties) == 1 else "undetermined", "")
            difference = None
            if party == "bank" and figures[0] == figures[2]:
                difference = figures[1] - figures[0]
            elif party == "treasury":
                difference = figures[2] - figures[0]
            elif party == "bank":
                difference = figures[2] - figures[0] if figures[0] == figures[1] else None
            if any(case.number in self.held or case.number in self.unclear_cases for case, _, _ in parts):
                self.unsure.add(("daily-tie-out", key))
            told = self.told.get(("daily-tie-out", key))
            if told and difference is None and told.figures != figures:
                self.unsure.add(("daily-tie-out", key))
            yield Fact("daily-tie-out", key, party, place, rows=[row for case, _, _ in parts for row in case.rows], needs=needs,
                       difference=difference, figures=figures)

    def blame(self, case, figures, flow):
        if flow == "revenue":
            if case.bank and not case.treasury:
                if not any(self.remitted[id(row)] for row in case.bank):
                    return "bank", case.bank[0].bank
            if not case.bank:
                return ("bank", case.treasury[0].bank) if figures[0] == figures[2] else ("undetermined", "")
        values = dict(zip(("issuer", "bank", "treasury"), figures))
        party, _ = who(values)
        if party == "issuer":
            return self.organ(case.issuer[0])
        if party == "treasury":
            return "treasury", case.treasury[0].treasury if case.treasury else case.issuer[0].treasury
        return party, case.bank[0].bank if party == "bank" and case.bank else ""


def citizen(number):
    if len(number) != 18 or not number[:17].isdigit():
        return False
    weights = [2 ** (17 - n) % 11 for n in range(17)]
    return "10X98765432"[sum(int(d) * w for d, w in zip(number, weights)) % 11] == number[17].upper()
