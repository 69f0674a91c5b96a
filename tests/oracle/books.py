"""Small, hostile example books, drawn from a seed: few payments, many of equal amounts and payers, and of everything
that goes wrong a little: late files, corrected rows, twins, reversals, returns, other accounts, levels and treasuries."""

import csv
import datetime
import random
from collections import defaultdict

from reading import Calendar, Row

TREASURIES = ["2901210000", "2901220000"]
OFFICES = {"12901210100": "2901210000", "12901220100": "2901220000"}
UNIT = "301001"
BANKS = ["102290100106", "103290100238", "105290100319"]
FINANCE = "290121400"
MANDATED = {bank: f"{bank[:3]}2901001000127{n}1" for n, bank in enumerate(BANKS, 1)}
PAYERS = [
    ("91290121MA03947806", "利民朝阳物流有限公司", "1022901030000125"),
    ("91290121MA3003999C", "晨星松涛置业有限公司", "1052901030000351"),
    ("290121700000213", "长河利民纺织有限公司", "1032901030000213"),
    ("110101199003070038", "王建国", "1022901030000777"),
]
SUPPLIERS = [
    ("1022901050000911", "云岫建工有限公司", "102290100106"),
    ("1032901050000922", "青浦溪印务有限公司", "103290100238"),
]
REGISTER = {
    "transit": "1022901099000011", "named": "1032901099000022", "general": "1052901099000033", "closed": "1022901099000044",
    "unknown": "1032901099000055", "unit": "1022901070000061", "unlicensed unit": "1022901070000062",
    "special": "1032901070000071", "unapproved special": "1032901070000072", "expired": "1052901070000081",
    "running": "1052901070000082", "zero": "1022901070000091", "dormant": "1052901070000093", "person": "1022901070000095",
    "closing": "1052901099000066",
}
DEPOSIT = "290121000001271001"
SUBJECTS = [("101010101", "0"), ("101010101", "4"), ("101040101", "0"), ("101190101", "4"), ("101190101", "4"), ("103050101", "4")]

COLUMNS = {
    "tax-receipts": "slip_no tax_org treasury taxpayer_id taxpayer_name payer_account payer_name payer_bank subject level tax_type amount billed_on due_on period_from period_to adjust_flag status",
    "finance-receipts": "slip_no collector treasury payer_id payer_name payer_account payer_bank fund subject level amount billed_on due_on adjust_flag status",
    "bank-receipts": "slip_no bank treasury payer_account payer_name payee_account payee_name amount accepted_at received_at remitted_at batch method fee status",
    "bank-remittances": "batch bank from_account treasury remitted_at count amount",
    "treasury-receipts": "slip_no treasury tax_org subject level adjust_flag amount booked_on batch bank",
    "treasury-clearing": "batch bank treasury cleared_on count amount status",
    "tax-refunds": "voucher_no original_slip tax_org treasury taxpayer_id taxpayer_name payee_name payee_account payee_bank subject level amount issued_on applied_on discovered_on reason basis_doc approved_by approval_no",
    "treasury-refunds": "voucher_no treasury subject level amount payee_account payee_name accepted_on booked_on method",
    "bank-refunds": "voucher_no bank payee_account payee_name amount credited_on",
    "finance-disbursements": "voucher_no voucher_date treasury unit unit_name payer_account payee_account payee_name payee_bank amount subject project pay_mode year purpose doc_ref budget_ref delivered_on handover",
    "treasury-disbursements": "voucher_no treasury payee_account payee_name amount subject accepted_on booked_on method",
    "bank-disbursements": "voucher_no bank payer_account payee_account payee_name amount pay_mode paid_on cleared_on status returned_on return_reason",
    "treasury-balances": "treasury account date opening income outlay closing",
    "tax-corrections": "voucher_no original_slip old_treasury old_org old_level old_subject old_amount new_treasury new_org new_level new_subject new_amount reason detected_on corrected_on approval_ref",
    "treasury-corrections": "voucher_no original_slip old_treasury old_org old_level old_subject old_amount new_treasury new_org new_level new_subject new_amount reason detected_on corrected_on approval_ref",
}
COLUMNS["finance-refunds"] = COLUMNS["tax-refunds"]
COLUMNS = {name: columns.split() for name, columns in COLUMNS.items()}


def iso(on):
    return on.isoformat()


class Maker:
    def __init__(self, seed, days):
        self.draw = random.Random(seed)
        self.inbox = defaultdict(lambda: defaultdict(list))
        self.number = 0
        self.make_calendar()
        start = self.calendar.at_or_after(datetime.date(2026, 3, 2) + datetime.timedelta(self.draw.randrange(0, 40)))
        self.days = [self.calendar.add(start, n) for n in range(days)]
        self.bank_style = {bank: style for bank, style in zip(BANKS, self.draw.sample(["day", "batch", "queue"], 3))}
        self.slips = []
        self.batches = defaultdict(lambda: [0, 0])

    def chance(self, percent):
        return self.draw.randrange(100) < percent

    def make_calendar(self):
        """Weekends, and a few holidays and made-up weekend days of the year's own."""
        rows = []
        first = datetime.date(2026, 1, 1)
        on = first + datetime.timedelta(self.draw.randrange(60, 70))
        while on.year == 2026:
            for n in range(self.draw.choice([1, 2, 3, 5])):
                rows.append({"date": iso(on + datetime.timedelta(n)), "kind": "holiday", "name": "节"})
            weekend = on + datetime.timedelta((5 - on.weekday()) % 7 + 7)
            if self.chance(60):
                rows.append({"date": iso(weekend), "kind": "makeup", "name": "调休"})
            on = weekend + datetime.timedelta(self.draw.randrange(3, 12))
        self.calendar_rows = [row for row in rows if row["date"] < "2027"]
        self.calendar = Calendar([Row(row, "", None) for row in self.calendar_rows])

    def put(self, on, ledger, row):
        """A row comes with the file of a day, at times with a later one, again, or put otherwise."""
        on = self.calendar.at_or_after(on)
        if self.chance(6):
            on = self.calendar.add(on, self.draw.choice([1, 1, 2, 3, 4]))
        self.inbox[on][ledger].append(row)
        if self.chance(4):
            again = self.calendar.add(on, self.draw.choice([1, 2, 3]))
            other = dict(row)
            if self.chance(50) and ledger not in ("bank-remittances", "treasury-clearing"):
                change = self.draw.choice(["amount", "less"])
                if change == "amount" and "amount" in other:
                    other["amount"] = self.shifted(other["amount"])
                elif ledger in ("tax-receipts", "bank-receipts"):
                    other["payer_name"] = ""
            self.inbox[again][ledger].append(other)

    def shifted(self, amount):
        return f"{float(amount) + self.draw.choice([0.01, -0.01, 1, 100]):.2f}"

    def amount(self):
        return self.draw.choice(["100.00", "100.00", "200.00", f"{self.draw.randrange(2000, 999999) / 100:.2f}"])

    def next_number(self, letter):
        self.number += 1
        return f"{letter}{self.draw.randrange(10, 99)}{self.number:05d}"

    def moment(self, on):
        return iso(on) + self.draw.choice(["", " 09:10:00", " 11:30:00", " 16:59:00", " 17:00:00", " 17:01:00", " 19:45:00"])

    # --- Revenue ---

    def payment(self, on):
        draw, chance = self.draw, self.chance
        subject, level = draw.choice(SUBJECTS)
        payer = draw.choice(PAYERS)
        bank = draw.choice(BANKS)
        nontax = subject.startswith("103")
        office = UNIT if nontax else draw.choice(list(OFFICES))
        treasury = TREASURIES[0] if nontax else OFFICES[office]
        number, amount = self.next_number("S"), self.amount()
        slip = {"slip_no": number, "treasury": treasury, "payer_account": payer[2], "payer_name": payer[1], "payer_bank": bank,
                "subject": subject, "level": level, "amount": amount, "billed_on": iso(on)}
        if nontax:
            slip |= {"collector": office, "payer_id": payer[0]}
        else:
            slip |= {"tax_org": office, "taxpayer_id": payer[0], "taxpayer_name": payer[1], "tax_type": {"101010101": "01", "101040101": "04"}.get(subject, "19")}
        if chance(50):
            slip["due_on"] = iso(on + datetime.timedelta(draw.choice([0, 1, 2, 5, 15])))
        received = self.calendar.add(on, draw.choice([0, 0, 0, 1, 2, 3]))
        at = self.moment(received)
        receipt = {"slip_no": number, "bank": bank, "treasury": treasury, "payer_account": payer[2], "payer_name": payer[1],
                   "payee_account": MANDATED[bank], "payee_name": "待报解预算收入", "amount": amount, "received_at": at,
                   "method": "转账", "status": draw.choice(["", "成功"])}
        base = self.calendar.base(at, 17 * 60)
        sent = self.calendar.add(base, draw.choice([0, 0, 0, 0, 0, 1, 1, 2, 3, 6]))
        booking = {"slip_no": number, "treasury": treasury, "tax_org": office, "subject": subject, "level": level,
                   "amount": amount, "bank": bank}
        booked = sent
        fault = draw.choice(FAULTS) if chance(45) else None
        if fault == "bank amount":
            receipt["amount"] = self.shifted(amount)
        elif fault == "treasury amount":
            booking["amount"] = self.shifted(amount)
        elif fault == "slip amount":
            slip["amount"] = self.shifted(amount)
        elif fault == "all amounts":
            receipt["amount"], booking["amount"] = f"{float(amount) + 3:.2f}", f"{float(amount) + 5:.2f}"
        elif fault == "subject":
            booking["subject"] = "101010103"
        elif fault == "level":
            booking["level"] = "1"
        elif fault == "slip level":
            slip["level"] = draw.choice("123")
        elif fault == "bank treasury":
            receipt["treasury"] = TREASURIES[1 - TREASURIES.index(treasury)]
        elif fault == "treasury":
            booking["treasury"] = TREASURIES[1 - TREASURIES.index(treasury)]
        elif fault == "slip treasury":
            slip["treasury"] = receipt["treasury"] = booking["treasury"] = TREASURIES[1 - TREASURIES.index(treasury)]
        elif fault == "slip subject":
            slip["subject"] = booking["subject"] = draw.choice(["101", "2050201", "101999999"])
        elif fault == "tax type" and not nontax:
            slip["tax_type"] = "06"
        elif fault == "account":
            receipt["payee_account"] = draw.choice([REGISTER[name] for name in ("transit", "named", "general", "closed", "unknown", "closing", "special")])
            receipt["payee_name"] = "某户"
        elif fault == "fee":
            receipt["fee"] = "5.00"
        elif fault == "holding":
            receipt["accepted_at"] = self.moment(on - datetime.timedelta(draw.choice([0, 1, 3])))
        elif fault == "lacking":
            slip[draw.choice(["payer_account", "payer_bank"])] = ""
        elif fault == "unnumbered":
            receipt["slip_no"] = ""
            sent = base
            booked = sent
        elif fault == "mistyped":
            (receipt if chance(50) else booking)["slip_no"] = self.next_number("X")
        elif fault == "period" and not nontax:
            slip |= {"period_from": "2026-02-28", "period_to": "2026-02-01"}
        if fault == "unpaid":
            self.put(on, "finance-receipts" if nontax else "tax-receipts", slip)
            return
        self.slips.append((slip, receipt, booking, fault, sent))
        twin = fault == "twin" and draw.choice(["issuer", "bank", "treasury"])
        if fault != "no slip":
            self.send(on, "finance-receipts" if nontax else "tax-receipts", slip, twin == "issuer")
        held = fault == "held"
        if not held:
            self.remit(receipt, sent, fault, booking)
        if fault != "no receipt":
            delivered = received if not receipt.get("remitted_at") or chance(50) else sent
            if self.bank_style[bank] == "day" and delivered == received and sent > received and not held:
                early = {**receipt, "remitted_at": ""}
                self.inbox[self.calendar.at_or_after(received)]["bank-receipts"].append(early)
                self.put(sent, "bank-receipts", receipt)
            else:
                self.send(max(received, delivered), "bank-receipts", receipt, twin == "bank")
            if fault == "reversed":
                self.put(self.calendar.add(received, draw.choice([0, 1])), "bank-receipts", {**receipt, "received_at": iso(received) + " 23:00:00", "status": "冲正", "remitted_at": "", "batch": ""})
            if fault == "refused":
                self.put(received, "bank-receipts", {**receipt, "received_at": iso(received) + " 08:00:00", "status": "拒收"})
        if not held and fault not in ("no booking",):
            booking["booked_on"] = iso(booked)
            if fault == "shares" and level == "0":
                half = round(float(booking["amount"]) / 2, 2)
                parts = [half, round(float(booking["amount"]) - half, 2)]
                if chance(40):
                    parts[1] = round(parts[1] - 1, 2)
                for share, part in zip("14", parts):
                    self.inbox[self.calendar.at_or_after(booked)]["treasury-receipts"].append({**booking, "level": share, "amount": f"{part:.2f}"})
            else:
                self.send(booked, "treasury-receipts", booking, twin == "treasury")

    def send(self, on, ledger, row, twice):
        if twice:
            on = self.calendar.at_or_after(on)
            self.inbox[on][ledger] += [row, dict(row)]
        else:
            self.put(on, ledger, row)

    def remit(self, receipt, sent, fault, booking):
        bank, treasury = receipt["bank"], receipt["treasury"]
        style = self.bank_style[bank]
        cents = round(float(receipt["amount"]) * 100)
        if fault in ("no receipt", "reversed"):
            return
        key = bank, treasury, sent
        self.batches[key][0] += cents
        self.batches[key][1] += 1
        if style == "day":
            receipt["remitted_at"] = iso(sent)
        elif style == "batch":
            receipt["batch"] = self.batch(key)
            booking["batch"] = receipt["batch"]

    def batch(self, key):
        bank, treasury, sent = key
        return f"{BANKS.index(bank)}{TREASURIES.index(treasury)}{sent:%m%d}"

    def settle(self):
        """The banks' remittances and what the treasury cleared of them."""
        draw, chance = self.draw, self.chance
        for key, (cents, count) in self.batches.items():
            bank, treasury, sent = key
            time = draw.choice(["", " 10:00:00", " 16:00:00", " 16:01:00"])
            row = {"batch": self.batch(key), "bank": bank, "from_account": MANDATED[bank], "treasury": treasury,
                   "remitted_at": iso(sent) + time, "count": str(count), "amount": f"{cents / 100:.2f}"}
            cleared = self.calendar.base(row["remitted_at"], 16 * 60)
            clearing = {"batch": row["batch"], "bank": bank, "treasury": treasury, "cleared_on": iso(cleared), "count": row["count"],
                        "amount": row["amount"], "status": draw.choice(["", "已清算", "已对账相符"])}
            what = draw.choice(["short", "not cleared", "count", "late", "not remitted", "pending", "amount"]) if chance(18) else None
            if what == "short" and self.bank_style[bank] != "queue":
                row["amount"] = clearing["amount"] = f"{cents / 100 - 1:.2f}"
            elif what == "count":
                clearing["count"] = str(count + 1)
            elif what == "amount":
                clearing["amount"] = f"{cents / 100 + 1:.2f}"
            elif what == "pending":
                clearing["status"] = "已发起对账"
            if what != "not remitted" or self.bank_style[bank] == "queue":
                self.put(sent, "bank-remittances", row)
            if what != "not cleared":
                self.put(self.calendar.add(cleared, 2) if what == "late" else cleared, "treasury-clearing", clearing)

    # --- Refunds ---

    def refund(self, on):
        draw, chance = self.draw, self.chance
        clean = [each for each in self.slips if each[3] in (None, "bank amount", "slip amount", "treasury amount") and each[4] < on
                 and "tax_org" in each[0]]
        if not clean:
            return
        slip = draw.choice(clean)[0]
        finance = chance(25)
        number = self.next_number("R")
        order = {"voucher_no": number, "original_slip": slip["slip_no"], "tax_org": slip["tax_org"], "treasury": slip["treasury"],
                 "taxpayer_id": slip["taxpayer_id"], "taxpayer_name": slip["taxpayer_name"], "payee_name": slip["payer_name"],
                 "payee_account": slip["payer_account"], "payee_bank": draw.choice(BANKS), "subject": slip["subject"], "level": slip["level"],
                 "amount": draw.choice([slip["amount"], "50.00", "60.00", "10.00"]), "issued_on": iso(on), "reason": draw.choice(["911", "912", "917"]),
                 "basis_doc": "申请书", "approved_by": draw.choice([FINANCE, "青浦溪县财政局", "财政部驻岚东专员办"]), "approval_no": "退1号"}
        fault = draw.choice(REFUND_FAULTS) if chance(60) else None
        if chance(50):
            column = draw.choice(["applied_on", "discovered_on"])
            order[column] = iso(on - datetime.timedelta(draw.choice([0, 9, 10, 11, 12, 29, 30, 31, 33])))
        if fault == "basis":
            order[draw.choice(["reason", "basis_doc", "approved_by", "approval_no"])] = ""
        elif fault == "incomplete":
            order[draw.choice(["payee_bank", "taxpayer_id"])] = ""
        elif fault == "reason":
            order["reason"] = draw.choice(["915", "918", "922", "935", "999"])
        elif fault == "authority":
            order["approved_by"] = draw.choice([UNIT, "青浦溪县税务局"])
        elif fault == "payee":
            order["payee_account"], order["payee_name"] = draw.choice(PAYERS)[2], draw.choice(PAYERS)[1]
        elif fault == "source":
            order[draw.choice(["subject", "level"])] = draw.choice(["101010103", "4"]) if False else "4"
        paid = {"voucher_no": number, "treasury": order["treasury"], "subject": order["subject"], "level": order["level"], "amount": order["amount"],
                "payee_account": order["payee_account"], "payee_name": order["payee_name"], "accepted_on": iso(on), "method": "转账"}
        booked = self.calendar.add(self.calendar.at_or_after(on), draw.choice([0, 0, 1, 1, 2, 3]))
        paid["booked_on"] = iso(booked)
        credited = {"voucher_no": number, "bank": order["payee_bank"] or BANKS[0], "payee_account": order["payee_account"], "payee_name": order["payee_name"],
                    "amount": order["amount"], "credited_on": iso(self.calendar.add(booked, draw.choice([0, 0, 1])))}
        if fault == "paid amount":
            paid["amount"] = self.shifted(paid["amount"])
        elif fault == "bank amount":
            credited["amount"] = self.shifted(credited["amount"])
        elif fault == "order amount":
            paid["amount"] = credited["amount"] = self.shifted(order["amount"])
        elif fault == "bank payee":
            credited["payee_account"] = "1022901030099999"
        elif fault == "cash":
            paid["method"] = "现金"
        elif fault == "paid level":
            paid["level"] = "1"
        elif fault == "paid subject":
            paid["subject"] = "101190101"
        ledger = "finance-refunds" if finance else "tax-refunds"
        if fault != "no order":
            self.put(on, ledger, order)
        if fault != "no payment":
            self.put(booked, "treasury-refunds", paid)
            if fault != "no credit":
                self.put(datetime.date.fromisoformat(credited["credited_on"]), "bank-refunds", credited)
        if fault == "twice":
            second = {**order, "voucher_no": self.next_number("R"), "issued_on": iso(self.calendar.next(on))}
            self.put(self.calendar.next(on), ledger, second)

    # --- Payouts ---

    def payout(self, on):
        draw, chance = self.draw, self.chance
        number = self.next_number("V")
        supplier = draw.choice(SUPPLIERS)
        mode = draw.choice(["91", "91", "91", "11", "12"])
        amount = draw.choice(["300.00", "300.00", "4500.00", "1999999.99", "2000000.00", f"{draw.randrange(1000, 900000) / 100:.2f}"])
        voucher = {"voucher_no": number, "voucher_date": iso(on), "treasury": TREASURIES[0] if chance(70) else TREASURIES[1], "unit": draw.choice(["101001", "102001"]),
                   "unit_name": "某局", "payer_account": DEPOSIT if mode == "91" else REGISTER["zero"], "payee_account": supplier[0], "payee_name": supplier[1],
                   "payee_bank": supplier[2], "amount": amount, "subject": "2050201", "project": draw.choice(["", "", "P1"]), "pay_mode": mode, "year": "2026",
                   "purpose": draw.choice(["货款", "货款", "工程款"]), "doc_ref": "财字1号", "budget_ref": "指1号", "delivered_on": iso(on), "handover": "周文"}
        fault = draw.choice(PAYOUT_FAULTS) if chance(60) else None
        if fault == "payee":
            name = draw.choice(["unit", "unlicensed unit", "special", "unapproved special", "expired", "running", "unknown", "closed", "dormant", "person"])
            voucher["payee_account"], voucher["payee_name"] = REGISTER[name], draw.choice(["某某中心", "青浦溪县财政局专户"])
        elif fault == "undocumented":
            voucher["doc_ref"] = ""
        elif fault == "unbudgeted":
            voucher["subject"] = draw.choice(["2060201", "2050201"])
            voucher["unit"] = "109001"
        elif fault == "early":
            voucher["unit"], voucher["subject"], voucher["project"] = "103001", "2140104", ""
        elif fault == "payer" and mode != "91":
            voucher["payer_account"] = draw.choice([REGISTER["unknown"], REGISTER["unlicensed unit"]])
        booked = self.calendar.add(self.calendar.at_or_after(on), draw.choice([0, 0, 0, 1, 2]))
        paid_on = self.calendar.add(booked, draw.choice([0, 0, 1, 2, 3])) if mode == "91" else on
        if mode != "91":
            booked = self.calendar.add(paid_on, draw.choice([0, 1]))
        booking = {"voucher_no": number, "treasury": voucher["treasury"], "payee_account": voucher["payee_account"], "payee_name": voucher["payee_name"],
                   "amount": amount, "subject": voucher["subject"], "accepted_on": iso(on), "booked_on": iso(booked), "method": "转账"}
        paid = {"voucher_no": number, "bank": voucher["payee_bank"], "payer_account": voucher["payer_account"], "payee_account": voucher["payee_account"],
                "payee_name": voucher["payee_name"], "amount": amount, "pay_mode": mode, "paid_on": iso(paid_on), "status": "成功"}
        if mode != "91":
            paid["cleared_on"] = iso(self.calendar.add(paid_on, draw.choice([0, 1, 2, 3])))
            booked = datetime.date.fromisoformat(paid["cleared_on"])
            booking["booked_on"] = iso(booked)
            booking["accepted_on"] = iso(booked)
        if fault == "booked amount":
            booking["amount"] = self.shifted(amount)
        elif fault == "bank amount":
            paid["amount"] = self.shifted(amount)
        elif fault == "voucher amount":
            booking["amount"] = paid["amount"] = self.shifted(amount)
        elif fault == "booked payee":
            booking["payee_account"] = SUPPLIERS[0][0] if voucher["payee_account"] != SUPPLIERS[0][0] else SUPPLIERS[1][0]
        elif fault == "bank payee":
            paid["payee_account"] = SUPPLIERS[0][0] if voucher["payee_account"] != SUPPLIERS[0][0] else SUPPLIERS[1][0]
        elif fault == "booked subject":
            booking["subject"] = "2140104"
        elif fault == "cash":
            booking["method"] = "现金"
        elif fault == "handover":
            voucher["delivered_on"], voucher["handover"] = draw.choice([("", ""), (iso(on - datetime.timedelta(3)), "周文")])
        elif fault == "stale":
            voucher["voucher_date"] = iso(on - datetime.timedelta(draw.choice([13, 14, 15, 20])))
        elif fault == "future":
            booking["accepted_on"] = iso(on - datetime.timedelta(2))
        elif fault == "no document":
            voucher["doc_ref"] = voucher["budget_ref"] = ""
            voucher["unit"], voucher["project"] = "104001", ""
        elif fault == "returned":
            back = self.calendar.add(paid_on, draw.choice([0, 1]))
            paid["returned_on"], paid["return_reason"] = iso(back), "账号有误"
            if chance(75):
                again = self.calendar.add(max(back, booked), draw.choice([0, 1, 2, 3]))
                self.inbox[again]["treasury-disbursements"].append({**booking, "amount": f"-{amount}", "booked_on": iso(again), "accepted_on": ""})
            paid_on = back
        if fault != "no voucher":
            self.put(on, "finance-disbursements", voucher)
        if fault != "no booking":
            self.put(booked, "treasury-disbursements", booking)
        if fault != "no payment":
            self.put(paid_on, "bank-disbursements", paid)
        if fault == "twice":
            self.put(on, "finance-disbursements", {**voucher, "voucher_no": self.next_number("V")})

    def correction(self, on):
        draw, chance = self.draw, self.chance
        if not self.slips:
            return
        slip = draw.choice(self.slips)[0]
        office = slip.get("tax_org")
        if not office:
            return
        side = {"treasury": slip["treasury"], "org": office, "level": slip["level"], "subject": slip["subject"], "amount": slip["amount"]}
        new = dict(side)
        what = draw.choice(["subject", "subject", "level", "amount", "nothing", "treasury"])
        if what == "subject":
            new["subject"] = "101040101"
        elif what == "level":
            new["level"] = "1"
        elif what == "amount":
            new["amount"] = self.shifted(new["amount"])
        elif what == "treasury":
            new["treasury"] = TREASURIES[1 - TREASURIES.index(new["treasury"])]
        row = {"voucher_no": self.next_number("C"), "original_slip": slip["slip_no"], "reason": "1", "corrected_on": iso(on),
               "detected_on": iso(on - datetime.timedelta(draw.choice([0, 2, 6, 9, 13]))), "approval_ref": draw.choice(["", "批1号"])}
        row |= {f"old_{name}": value for name, value in side.items()} | {f"new_{name}": value for name, value in new.items()}
        self.inbox[self.calendar.at_or_after(on)][draw.choice(["tax-corrections", "treasury-corrections"])].append(row)

    def balance(self):
        """What each treasury held in the evening; now and then a day that does not follow from the one before."""
        for treasury in TREASURIES:
            closing = 90000000.0
            for on in self.days:
                income, outlay = self.draw.randrange(0, 900000) / 100, self.draw.randrange(0, 900000) / 100
                opening = closing + (0.01 if self.chance(6) else 0)
                closing = opening + income - outlay + (1 if self.chance(6) else 0)
                row = {"treasury": treasury, "account": treasury + "271", "date": iso(on), "opening": f"{opening:.2f}", "income": f"{income:.2f}",
                       "outlay": f"{outlay:.2f}", "closing": f"{closing:.2f}"}
                late = self.calendar.add(on, 1) if self.chance(10) else on
                self.inbox[late]["treasury-balances"].append(row)

    # --- The book ---

    def write(self, folder):
        for on in self.days:
            for _ in range(self.draw.choice([1, 2, 3, 5])):
                self.payment(on)
            for _ in range(self.draw.choice([0, 1, 1, 2])):
                self.refund(on)
                self.payout(on)
            if self.chance(25):
                self.correction(on)
        self.settle()
        self.balance()
        self.silence()
        self.tables(folder / "reference")
        (folder / "recon.toml").write_text("", encoding="utf-8")
        for on in self.days:
            for ledger, columns in COLUMNS.items():
                if ledger in self.missing[on]:
                    continue
                table(folder / "inbox" / iso(on) / f"{ledger}.csv", columns, self.shuffled(self.inbox[on][ledger]))

    def shuffled(self, rows):
        rows = list(rows)
        self.draw.shuffle(rows)
        return rows

    def silence(self):
        """A file that does not come: its rows come with the next one."""
        self.missing = defaultdict(set)
        for n, on in enumerate(self.days[:-1]):
            for ledger in COLUMNS:
                if self.chance(2):
                    self.missing[on].add(ledger)
                    self.inbox[self.days[n + 1]][ledger] += self.inbox[on].pop(ledger, [])

    def tables(self, folder):
        table(folder / "calendar.csv", ["date", "kind", "name"], self.calendar_rows)
        table(folder / "treasuries.csv", ["code", "name", "level", "agent"], [
            {"code": "2901210000", "name": "国家金库青浦溪县支库", "level": "4", "agent": "false"},
            {"code": "2901220000", "name": "国家金库白石桥县支库", "level": "4", "agent": "true"}])
        table(folder / "institutions.csv", ["code", "name", "kind", "treasury"], [
            {"code": "12901210100", "name": "青浦溪县税务局", "kind": "tax_org", "treasury": "2901210000"},
            {"code": "12901220100", "name": "白石桥县税务局", "kind": "tax_org", "treasury": "2901220000"},
            {"code": UNIT, "name": "青浦溪县自然资源局", "kind": "collector", "treasury": "2901210000"},
            {"code": FINANCE, "name": "青浦溪县财政局", "kind": "finance", "treasury": "2901210000"},
            *({"code": bank, "name": f"银行{n}", "kind": "bank"} for n, bank in enumerate(BANKS))])
        if not self.chance(10):
            table(folder / "accounts.csv", "account bank holder_id holder_name holder_class nature permit_no finance_approval opened_on closed_on expires_on status fund_nature".split(), self.register())
        table(folder / "subjects.csv", ["code", "name", "class", "attribute", "enterable", "tax_type"], [
            {"code": code, "name": f"科目{code}", "class": kind, "attribute": attribute, "enterable": enterable, "tax_type": tax}
            for code, kind, attribute, enterable, tax in [
                ("101", "income", "", "false", ""), ("101010101", "income", "3", "true", "01"), ("101010103", "income", "3", "true", "01"),
                ("101040101", "income", "3", "true", "04"), ("101190101", "income", "2", "true", "19"), ("103050101", "income", "2", "true", ""),
                ("2050201", "function", "", "true", ""), ("2140104", "function", "", "true", ""), ("2060201", "function", "", "true", "")]])
        if not self.chance(15):
            table(folder / "budget.csv", ["year", "unit", "subject", "project", "amount", "approved_on", "received_on", "doc_ref"], [
                {"year": "2026", "unit": "101001", "subject": "2050201", "amount": "5000.00", "approved_on": "2026-01-05", "received_on": "2026-01-06", "doc_ref": "预1号"},
                {"year": "2026", "unit": "102001", "subject": "2050201", "amount": "4000000.00", "approved_on": "2026-01-05", "received_on": "2026-01-06", "doc_ref": "预2号"},
                {"year": "2026", "unit": "103001", "subject": "2140104", "amount": "4000000.00", "approved_on": "2026-03-25", "received_on": "2026-03-26", "doc_ref": "预3号"},
                {"year": "2026", "unit": "104001", "subject": "2050201", "amount": "9000000.00", "approved_on": "2026-01-05", "received_on": "2026-01-06"}])
        if not self.chance(20):
            table(folder / "refund-register.csv", ["taxpayer_id", "name", "account", "valid_from", "valid_to", "filing_no"], [
                {"taxpayer_id": PAYERS[0][0], "name": PAYERS[0][1], "account": PAYERS[0][2], "valid_from": "2024-01-01", "filing_no": "备1"},
                {"taxpayer_id": PAYERS[1][0], "name": PAYERS[1][1], "account": "1052901030000999", "valid_from": "2024-01-01", "valid_to": iso(self.days[len(self.days) // 2]), "filing_no": "备2"}])

    def register(self):
        def account(name, bank, holder, kind, nature, **more):
            return {"account": name, "bank": bank, "holder_name": holder, "holder_class": kind, "nature": nature,
                    "opened_on": "2019-08-01", "status": "active", **more}
        both = {"permit_no": "J1000000000001", "finance_approval": "财库1号"}
        rows = [account(number, bank, "待报解预算收入", "bank", "pending_receipts") for bank, number in MANDATED.items()]
        rows += [account(number, bank, name, "enterprise", "basic", permit_no="J2", opened_on="2020-01-01") for number, name, bank in SUPPLIERS]
        rows += [
            account(REGISTER["transit"], BANKS[0], "青浦溪县税务局", "tax_org", "special", holder_id="12901210100", **both),
            account(REGISTER["named"], BANKS[1], "镇政府代征税款专户", "unit", "special"),
            account(REGISTER["general"], BANKS[2], "云岫商贸有限公司", "enterprise", "general"),
            account(REGISTER["closed"], BANKS[0], "待报解预算收入", "bank", "pending_receipts", closed_on="2025-06-30", status="closed"),
            account(REGISTER["closing"], BANKS[2], "待报解预算收入", "bank", "pending_receipts", closed_on=iso(self.days[len(self.days) // 2]), status="closed"),
            account(REGISTER["unit"], BANKS[0], "某某中心", "unit", "basic", **both),
            account(REGISTER["unlicensed unit"], BANKS[0], "某某中心", "unit", "special", permit_no="J3"),
            account(REGISTER["special"], BANKS[1], "青浦溪县财政局", "finance", "fiscal_special", **both),
            account(REGISTER["unapproved special"], BANKS[1], "青浦溪县财政局", "finance", "fiscal_special", permit_no="J4"),
            account(REGISTER["expired"], BANKS[2], "某某指挥部", "unit", "temporary", **both),
            account(REGISTER["running"], BANKS[2], "某某指挥部", "unit", "temporary", **{**both, "opened_on": "2025-06-01", "expires_on": iso(self.days[len(self.days) // 2])}),
            account(REGISTER["zero"], BANKS[0], "某局", "unit", "zero_balance", **both),
            account(REGISTER["dormant"], BANKS[2], "某某中心", "unit", "basic", **{**both, "status": "dormant"}),
            account(REGISTER["person"], BANKS[0], "李四", "individual", "basic")]
        ends = iso(self.draw.choice(self.days))
        for n, (nature, fund) in enumerate(self.draw.choice(DOUBLES)):
            rows.append(account(f"10229010700005{n}1", self.draw.choice(BANKS), "某某学校", "unit", nature, holder_id="105001", fund_nature=fund,
                                closed_on=ends if n else "", **both))
        return rows


DOUBLES = [[("basic", ""), ("basic", "")], [("zero_balance", ""), ("zero_balance", "")], [("special", "01"), ("special", "01")],
           [("special", "01"), ("special", "02")], [("basic", ""), ("zero_balance", "")]]
FAULTS = """bank amount|treasury amount|slip amount|all amounts|subject|level|slip level|bank treasury|treasury|slip treasury|slip subject|tax type
account|account|account|fee|holding|lacking|unnumbered|mistyped|period|unpaid|twin|no slip|no receipt|no booking|held|reversed|refused|shares""".replace("\n", "|").split("|")
REFUND_FAULTS = "basis|incomplete|reason|authority|payee|source|paid amount|bank amount|order amount|bank payee|cash|paid level|paid subject|no order|no payment|no credit|twice".split("|")
PAYOUT_FAULTS = """payee|payee|payee|undocumented|unbudgeted|early|payer|booked amount|bank amount|voucher amount|booked payee|bank payee
booked subject|cash|no voucher|no booking|no payment|twice|handover|handover|stale|future|no document|no document|returned|returned|returned""".replace("\n", "|").split("|")


def table(path, columns, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
