"""
One account's night: its bill is cut on its bill day, and what the minimum does not ask for goes on after the due date.

The figures come from `kernel.bills`; here they become rows. An account is worked in plain values between the read and
the write of its partition; only accounts whose day it is come here. docs/rules/revolving.md.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry
from postloan.kernel.allocation import COMPONENTS
from postloan.kernel.bills import (
    BillRules,
    Counted,
    LastBill,
    Move,
    Pot,
    count_pots,
    due_date_of,
    in_time_through,
    interest_borne_minor,
    minimum_principal_minor,
    next_bill_date,
)
from postloan.kernel.product_terms import ProductTerms

Row = dict[str, Any]
Posted = tuple[str, AccountNo, AccountNo, int, int | None]  # kind, debit, credit, amount, instalment no


@dataclass
class AccountAtNight:
    """
    An account with its rows as the night holds them: the loan, its bills not done, its open demands, its moves.

    What the work makes of it is in the same rows, in `plans` (schedule versions), `posted` and `was_cut`.
    """

    terms: ProductTerms
    rules: BillRules
    loan: Row
    account: Row
    bills: list[Row]
    demands: list[Row]
    moves: list[Move]
    purchases: list[Row]
    plans: list[Row] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)
    was_cut: bool = False

    def work(self, *, business_date: date, is_month_end: bool) -> None:
        """Do what the day brings: the end of a due date, the bill day, the accrual of a month end."""
        self._carry_on(business_date)
        while self.account["next_bill_date"] <= business_date:
            self._cut(self.account["next_bill_date"])
            self._carry_on(business_date)
        if is_month_end:
            self._accrue(business_date + timedelta(days=1))

    @property
    def last(self) -> Row | None:
        """The bill cut last."""
        return next((bill for bill in reversed(self.bills) if bill["bill_date"] is not None), None)

    # --- the due date is over -------------------------------------------------------------------

    def _carry_on(self, business_date: date) -> None:
        bill = self.last
        if bill is None or bill["carried_minor"] is not None or self._in_time_through(bill) > business_date:
            return
        in_time = sum(move.total_minor for move in self.moves if move.value_date <= self._in_time_through(bill))
        bill["was_paid_in_full"] = in_time >= bill["full_minor"]
        row = next((each for each in self.demands if each["instalment_no"] == bill["instalment_no"]), None)
        carried = 0
        if row is not None:
            missing = max(bill["demanded_from_minor"] - row["principal_paid_minor"], 0)
            carried = max(open_of(row, "principal") - missing, 0)
        bill["carried_minor"] = carried
        if carried:
            assert row is not None
            row["principal_due_minor"] -= carried
            due_date = due_date_of(rules=self.rules, bill_date=self.account["next_bill_date"])
            self._demand(due_date=due_date, principal_minor=carried)
            self._plan("carried_on", self.demands[-1], from_date=bill["due_date"])

    def _in_time_through(self, bill: Row) -> date:
        last_free_date = self.terms.last_free_date(due_date=bill["due_date"])
        return in_time_through(rules=self.rules, bill_date=bill["bill_date"], last_free_date=last_free_date)

    # --- the bill day ---------------------------------------------------------------------------

    def _cut(self, day: date) -> None:
        self.account["next_bill_date"] = next_bill_date(rules=self.rules, after=day)
        *_, bill = self.bills
        due_date = due_date_of(rules=self.rules, bill_date=day)
        row = next((each for each in self.demands if each["due_date"] == due_date), None)
        counted = self._count(day)
        interest = max(self._borne(counted) - self.account["charged_interest_minor"], 0)
        if row is None and not interest and not bill["left_minor"]:
            return  # nothing to ask for: the open bill goes on
        self._keep(counted, newest=bill)
        if row is None:
            row = self._demand(due_date=due_date, principal_minor=0)
        row["principal_due_minor"] += bill["left_minor"]
        self._ask_interest(row, interest)
        principal = sum(each["left_minor"] for each in self.bills)
        overdue = sum(open_of(each, "principal") for each in self.demands if each is not row)
        charges = sum(open_of(each, name) for each in self.demands for name in COMPONENTS if name != "principal")
        minimum = minimum_principal_minor(rules=self.rules, principal_minor=principal)
        bill |= {
            "bill_date": day,
            "due_date": due_date,
            "instalment_no": row["instalment_no"],
            "minor_days": bill["minor_days"] if self.rules.runs_from == "posting_date" else 0,
            "interest_minor": interest,
            "full_minor": principal + charges,
            "minimum_minor": minimum + charges,
            "demanded_from_minor": row["principal_paid_minor"] + max(minimum - overdue, 0),
        }
        self._plan("billed", row, from_date=bill["from_date"])
        self.bills.append(open_bill(loan_id=bill["loan_id"], bill_no=bill["bill_no"] + 1, after=day))
        self.moves, self.was_cut = [], True

    def _count(self, day: date) -> Counted:
        bill = self.last
        last = None
        if bill is not None:
            purchases = tuple(
                (each["posted_date"], each["amount_minor"])
                for each in self.purchases
                if each["bill_no"] == bill["bill_no"]
            )
            last = LastBill(
                bill_no=bill["bill_no"],
                bill_date=bill["bill_date"],
                due_date=bill["due_date"],
                full_minor=bill["full_minor"],
                in_time_through=self._in_time_through(bill),
                purchases=purchases,
            )
        pots = [
            Pot(
                bill_no=each["bill_no"],
                counted_date=each["counted_date"],
                left_minor=each["left_minor"],
                minor_days=each["minor_days"],
                bill_date=each["bill_date"],
                bears=each["bears_interest"],
            )
            for each in self.bills
        ]
        return count_pots(rules=self.rules, pots=pots, last=last, moves=self.moves, to_date=day)

    def _borne(self, counted: Counted) -> int:
        return interest_borne_minor(
            rules=self.rules,
            rate_ppm=self.account["rate_ppm"],
            rate_per=self.terms.rate_per,
            minor_days=counted.bearing_minor_days + self.account["done_minor_days"],
        )

    def _keep(self, counted: Counted, *, newest: Row) -> None:
        """Write the count into the bills; those with nothing left, but for the newest, are done."""
        if (last := self.last) is not None:
            last["was_paid_in_full"] = counted.was_paid_in_full
        for bill, pot in zip(self.bills, counted.pots, strict=True):
            bill |= {
                "left_minor": pot.left_minor,
                "minor_days": pot.minor_days,
                "counted_date": pot.counted_date,
                "bears_interest": pot.bears,
            }
            bill["is_done"] = pot.left_minor == 0 and bill is not newest
            if bill["is_done"] and pot.bears:
                self.account["done_minor_days"] += pot.minor_days

    def _ask_interest(self, row: Row, interest: int) -> None:
        row["interest_due_minor"] += interest
        self.account["charged_interest_minor"] += interest
        accrued = min(self.loan["accrued_interest_minor"], interest)
        self.loan["accrued_interest_minor"] -= accrued
        number, kind = row["instalment_no"], JournalEntry.Kind.RAISE_DUE.value
        self.posted.append((kind, AccountNo.INTEREST_RECEIVABLE, AccountNo.ACCRUED_INTEREST, accrued, number))
        rest = interest - accrued
        self.posted.append((kind, AccountNo.INTEREST_RECEIVABLE, AccountNo.INTEREST_INCOME, rest, number))

    def _accrue(self, to_date: date) -> None:
        """Post what is borne and not asked yet, less what was posted before; less is taken back."""
        borne = self._borne(self._count(to_date))
        more = max(borne - self.account["charged_interest_minor"], 0) - self.loan["accrued_interest_minor"]
        self.loan["accrued_interest_minor"] += more
        legs = (AccountNo.ACCRUED_INTEREST, AccountNo.INTEREST_INCOME)
        debit, credit = legs if more > 0 else legs[::-1]
        self.posted.append((JournalEntry.Kind.ACCRUAL.value, debit, credit, abs(more), None))

    # --- rows -----------------------------------------------------------------------------------

    def _demand(self, *, due_date: date, principal_minor: int) -> Row:
        number = self.loan["next_instalment_no"]
        self.loan["next_instalment_no"] = number + 1
        row: Row = {
            "loan_id": self.loan["loan_id"],
            "instalment_no": number,
            "schedule_version_no": self.loan["schedule_version_no"] + 1,
            "due_date": due_date,
            **{f"{name}_{what}_minor": 0 for name in COMPONENTS for what in ("due", "paid", "waived")},
            "penalty_minor_days": 0,
            "penalty_counted_through_date": None,
            "settled_date": None,
        }
        row["principal_due_minor"] = principal_minor
        self.demands.append(row)
        return row

    def _plan(self, reason: str, row: Row, *, from_date: date) -> None:
        """Keep what was asked as a version of the plan: evidence, and the row that pages and papers show."""
        self.loan["schedule_version_no"] += 1
        self.plans.append(
            {
                "loan_id": self.loan["loan_id"],
                "version_no": self.loan["schedule_version_no"],
                "reason": reason,
                "from_instalment_no": row["instalment_no"],
                "row_from_date": from_date,
                "due_date": row["due_date"],
                "principal_minor": row["principal_due_minor"],
                "interest_minor": row["interest_due_minor"],
            }
        )


def open_of(row: Row, component: str) -> int:
    """Return what is still owed of one component of a demand."""
    owed: int = row[f"{component}_due_minor"] - row[f"{component}_paid_minor"] - row[f"{component}_waived_minor"]
    return owed


def open_bill(*, loan_id: int, bill_no: int, after: date) -> Row:
    """Return the bill into which purchases fall after a bill day."""
    return {
        "loan_id": loan_id,
        "bill_no": bill_no,
        "from_date": after + timedelta(days=1),
        "bill_date": None,
        "due_date": None,
        "instalment_no": None,
        "bought_minor": 0,
        "left_minor": 0,
        "minor_days": 0,
        "counted_date": after,
        "bears_interest": False,
        "interest_minor": 0,
        "full_minor": 0,
        "minimum_minor": 0,
        "demanded_from_minor": 0,
        "carried_minor": None,
        "was_paid_in_full": None,
        "is_done": False,
    }
