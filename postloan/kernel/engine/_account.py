"""A revolving account while it is replayed: purchases, bills, and the money between them."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from postloan.kernel.ageing import bucket, days_past_due
from postloan.kernel.allocation import COMPONENTS
from postloan.kernel.calendars import add_months, first_due_date_on, shift_date
from postloan.kernel.daycounts import Period
from postloan.kernel.engine import _refusals as no
from postloan.kernel.engine._account_terms import Account, BillView, Converted, InterestPiece, RevolvingTerms
from postloan.kernel.engine._events import (
    AccountEvent,
    Charge,
    Conversion,
    MerchantRefund,
    Purchase,
    Receipt,
    Refund,
    Waiver,
)
from postloan.kernel.engine._state import FEE, INTEREST, PENALTY, PLACE, PRINCIPAL, Applied, Entry
from postloan.kernel.engine._views import Amounts
from postloan.kernel.money import Rounding, divide_rounded
from postloan.kernel.penalties import (
    NOTHING_COUNTED,
    OverdueCount,
    count_overdue,
    penalty_to_raise_minor,
)
from postloan.kernel.rates import PPM, rate_share


@dataclass(slots=True)
class Item:
    event_id: str
    posted_on: date
    amount: int
    left: int
    moves: list[tuple[date, int]] = field(default_factory=list)
    bill_no: int = 0
    bears_from: date | None = None
    borne_to: date | None = None


@dataclass(slots=True)
class Bill:
    no: int
    bill_date: date
    due_date: date
    last_free_date: date
    full: int
    new_purchases: int
    due: list[int]
    paid: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    waived: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    full_paid: int = 0
    was_paid_in_full: bool | None = None
    counted: OverdueCount = NOTHING_COUNTED
    cap_principal: int = 0
    interest_of: tuple[InterestPiece, ...] = ()

    def open_of(self, place: int) -> int:
        return self.due[place] - self.paid[place] - self.waived[place]

    @property
    def open_minor(self) -> int:
        return sum(self.due) - sum(self.paid) - sum(self.waived)


class Book:
    """The account while it is replayed."""

    def __init__(self, terms: RevolvingTerms, opened_on: date) -> None:
        self.terms = terms
        self.today = opened_on
        self.items: list[Item] = []
        self.bills: list[Bill] = []
        self.held: list[tuple[str, int]] = []
        self.applied: list[Applied] = []
        self.converted: list[Converted] = []
        self.entries: list[Entry] = []
        self.posted: dict[str, int] = {}
        self.borne = Fraction(0)
        self.pieces: list[InterestPiece] = []
        self.flows = dict.fromkeys(("received", "refunded", "bought", "returned", "moved_out"), 0)
        self.next_bill_date = first_due_date_on(start_date=opened_on, due_day=terms.bill_day, minimum_days=0)

    # --- time -----------------------------------------------------------------------------------

    def pass_time(self, to_date: date) -> None:
        """Cut bills and judge due dates up to a day; a bill takes all purchases of its day."""
        while True:
            waiting = [bill for bill in self.bills if bill.was_paid_in_full is None]
            due = min((bill.last_free_date for bill in waiting), default=date.max)
            # a due date is over, and a bill is cut, when its day has closed
            day = min(due, self.next_bill_date)
            if day >= to_date:
                break
            if due == day:
                self._judge(next(bill for bill in waiting if bill.last_free_date == day))
            else:
                self._cut_bill(day)
        self.today = max(self.today, to_date)

    def _cut_bill(self, day: date) -> None:
        self._accrue(day)
        interest = self._interest_to_charge()
        terms, number = self.terms, len(self.bills) + 1
        new = [item for item in self.items if item.bill_no == 0]
        for item in new:
            item.bill_no = number
        principal = sum(item.left for item in self.items)
        earlier = sum(bill.open_of(PRINCIPAL) for bill in self.bills)
        charges = [sum(bill.open_of(place) for bill in self.bills) for place in range(3)]
        share = divide_rounded(numerator=principal * terms.minimum_ppm, denominator=PPM, rounding=Rounding.UP)
        minimum = min(max(share, terms.minimum_floor_minor), principal)
        bill = Bill(
            no=number,
            bill_date=day,
            due_date=day + timedelta(days=terms.due_after_days),
            last_free_date=self._last_free_date(day),
            full=principal + interest + sum(charges),
            new_purchases=sum(item.amount for item in new),
            due=[0, 0, interest, max(minimum - earlier, 0)],
        )
        bill.interest_of = tuple(sorted(self.pieces, key=lambda piece: (piece.from_date, piece.event_id)))
        self.pieces = []
        self.bills.append(bill)
        self.next_bill_date = add_months(seed_date=self.next_bill_date, months=1, seed_day=terms.bill_day)
        self.post("", "bill", day)
        self._use_held(day)

    def _last_free_date(self, bill_date: date) -> date:
        """Return the last day on which a bill is paid in time, which is never the next bill day."""
        due_date = bill_date + timedelta(days=self.terms.due_after_days)
        if self.terms.calendar is None:
            return due_date
        shifted = shift_date(day=due_date, calendar=self.terms.calendar, shift=self.terms.last_free)
        next_bill_date = add_months(seed_date=bill_date, months=1, seed_day=self.terms.bill_day)
        return max(due_date, min(shifted, next_bill_date - timedelta(days=1)))

    def _judge(self, bill: Bill) -> None:
        """When the due date is over: was the whole bill paid? If not, its purchases bear interest."""
        bill.was_paid_in_full = bill.full_paid >= bill.full
        if bill.was_paid_in_full:
            return
        start = {"posting_date": None, "bill_date": bill.bill_date, "due_date": bill.due_date}[self.terms.runs_from]
        for item in self.items:
            is_newer = (item.bill_no == 0 or item.bill_no > bill.no) and not self.terms.new_purchases_free
            wanted = item.bill_no == bill.no and (item.left or self.terms.interest_on == "whole_bill")
            if (wanted or is_newer) and item.bears_from is None:
                item.bears_from = item.borne_to = max(start or item.posted_on, item.posted_on)
        self._accrue(bill.due_date)

    def _accrue(self, to_date: date) -> None:
        for item in self.items:
            if item.bears_from is None or item.borne_to is None or item.borne_to >= to_date:
                continue
            self.borne += self._interest(item, item.borne_to, to_date)
            item.borne_to = to_date

    def _interest(self, item: Item, first: date, end: date) -> Fraction:
        days = sorted({first, end, *(day for day, _ in item.moves if first < day < end)})
        total = Fraction(0)
        for begin, last in pairwise(days):
            balance = item.amount + sum(amount for day, amount in item.moves if day <= begin)
            if self.terms.interest_on == "unpaid_part":
                balance = min(balance, self._unpaid_when_due(item))
            share = rate_share(per=self.terms.rate.per, day_count=self.terms.day_count, period=Period(begin, last))
            total += Fraction(balance * self.terms.rate.ppm * share.numerator, PPM * share.denominator)
            self._note_piece(item.event_id, begin, last, balance)
        return total

    def _note_piece(self, event_id: str, begin: date, end: date, balance: int) -> None:
        """Keep what was counted; a stretch that goes on at the same balance is one piece."""
        for place, piece in enumerate(self.pieces):
            if (piece.event_id, piece.to_date, piece.balance_minor) == (event_id, begin, balance):
                self.pieces[place] = replace(piece, to_date=end, days=piece.days + (end - begin).days)
                return
        if balance:
            self.pieces.append(InterestPiece(event_id, begin, end, balance, (end - begin).days))

    def _unpaid_when_due(self, item: Item) -> int:
        bill = self.bills[item.bill_no - 1] if item.bill_no else None
        if bill is None:
            return item.amount
        return item.amount + sum(amount for day, amount in item.moves if day <= bill.last_free_date)

    def _interest_to_charge(self) -> int:
        charged = sum(bill.due[INTEREST] for bill in self.bills)
        whole = divide_rounded(
            numerator=self.borne.numerator, denominator=self.borne.denominator, rounding=self.terms.rounding
        )
        return whole - charged

    def charge_lateness(self, day: date) -> None:
        """Raise the penalty on minimums that are past due."""
        terms = self.terms.penalty
        if terms is None:
            return
        for bill in self.bills:
            overdue = bill.open_of(PRINCIPAL)
            if terms.basis == "overdue_total":
                overdue = bill.open_minor - bill.open_of(PENALTY)
            counted = count_overdue(
                terms=terms,
                overdue_minor=overdue,
                last_free_date=bill.last_free_date,
                on_date=day,
                counted=bill.counted,
            )
            if counted == bill.counted:
                continue
            bill.cap_principal = bill.cap_principal or bill.open_of(PRINCIPAL)
            bill.counted = counted
            more = penalty_to_raise_minor(
                terms=terms,
                minor_days=counted.minor_days,
                raised_minor=bill.due[PENALTY],
                cap_principal_minor=bill.cap_principal,
            )
            bill.due[PENALTY] += more

    # --- events ---------------------------------------------------------------------------------

    def happen(self, event: AccountEvent) -> None:
        """Apply one event."""
        match event:
            case Purchase():
                self.flows["bought"] += event.amount_minor
                item = Item(event.event_id, event.value_date, event.amount_minor, event.amount_minor)
                is_revolving = any(each.left and each.bears_from for each in self.items)
                if is_revolving and not self.terms.new_purchases_free:
                    item.bears_from = item.borne_to = event.value_date
                self.items.append(item)
            case Receipt():
                self.flows["received"] += event.amount_minor
                self._receive(event.event_id, event.amount_minor, event.value_date)
            case MerchantRefund():
                self._merchant_refund(event)
            case Refund():
                self._refund(event)
            case Charge():
                self._bill_for_charge(event).due[PLACE[event.component]] += event.amount_minor
            case Waiver():
                self._waive(event)
            case Conversion():
                self._convert(event)
            case _:
                raise no.PlanNotPossible(event.event_id, f"{event.kind} has no meaning on a revolving account")
        self.post(event.event_id, event.kind, event.value_date)

    def _bill_for_charge(self, event: Charge) -> Bill:
        if not self.bills:
            raise no.PlanNotPossible(event.event_id, "no bill has been cut yet")
        return self.bills[-1]

    def _receive(self, event_id: str, amount: int, day: date) -> None:
        left = self._pay(event_id, amount, day)
        if left:
            self.held.append((event_id, left))

    def _use_held(self, day: date) -> None:
        held, self.held = self.held, []
        for event_id, amount in held:
            left = self._pay(event_id, amount, day)
            if left:
                self.held.append((event_id, left))
        if held:
            self.post("", "apply_held", day)

    def _pay(self, event_id: str, amount: int, day: date) -> int:
        """Pay bills, the oldest first, each component in order; then the rest of what was billed."""
        before = amount
        for bill in self.bills:
            for component in self.terms.order:
                place = PLACE[component]
                part = min(amount, bill.open_of(place))
                if part and place == PRINCIPAL:
                    part = self._pay_items(part, day)
                bill.paid[place] += part
                self._note(event_id, bill, place, part, day)
                amount -= part
        if self.bills and amount:
            last, billed = self.bills[-1], sum(item.left for item in self.items if item.bill_no)
            part = self._pay_items(min(amount, billed), day)
            last.due[PRINCIPAL] += part
            last.paid[PRINCIPAL] += part
            self._note(event_id, last, PRINCIPAL, part, day)
            amount -= part
        if self.bills:
            self.bills[-1].full_paid += before - amount
        for bill in self.bills[:-1]:
            if bill.was_paid_in_full is None:
                bill.full_paid += before - amount
        return amount

    def _note(self, event_id: str, bill: Bill, place: int, part: int, day: date) -> None:
        if part:
            self.applied.append(Applied(event_id, bill.no, COMPONENTS[place], part, day))

    def _pay_items(self, amount: int, day: date) -> int:
        """Take money off the purchases that were billed, the oldest first."""
        paid = 0
        for item in sorted((each for each in self.items if each.bill_no), key=lambda each: each.posted_on):
            part = min(item.left, amount - paid)
            if part:
                item.left -= part
                item.moves.append((day, -part))
                paid += part
        return paid

    def _merchant_refund(self, event: MerchantRefund) -> None:
        """Take a purchase back: itself first, then what is billed, the rest is a credit balance."""
        self.flows["returned"] += event.amount_minor
        left = event.amount_minor
        for item in self.items:
            if item.event_id == event.of and item.bill_no == 0:
                part = min(item.left, left)
                item.left -= part
                item.amount -= part  # it bore nothing: as if never bought
                left -= part
                self.flows["bought"] -= part
                self.flows["returned"] -= part
        if left:
            self._receive(event.event_id, left, event.value_date)

    def _refund(self, event: Refund) -> None:
        total = sum(amount for _, amount in self.held)
        if event.amount_minor > total:
            raise no.MoreThanCredit(event.event_id, f"only {total} is held for the customer")
        left, kept = event.amount_minor, []
        for event_id, amount in self.held:
            part = min(amount, left)
            left -= part
            if amount > part:
                kept.append((event_id, amount - part))
        self.held = kept
        self.flows["refunded"] += event.amount_minor

    def _waive(self, event: Waiver) -> None:
        places = [PLACE[event.component]] if event.component else [PLACE[each] for each in self.terms.order]
        places = [place for place in places if place != PRINCIPAL]
        open_minor = sum(bill.open_of(place) for bill in self.bills for place in places)
        if event.amount_minor > open_minor:
            raise no.MoreThanOpen(event.event_id, f"{open_minor} of interest and charges is owed")
        left = event.amount_minor
        for bill in self.bills:
            for place in places:
                part = min(left, bill.open_of(place))
                bill.waived[place] += part
                left -= part
                if part:
                    self.applied.append(
                        Applied(event.event_id, bill.no, COMPONENTS[place], part, event.value_date, is_waiver=True)
                    )

    def _convert(self, event: Conversion) -> None:
        """Move the open principal of the last bill off the account: it becomes a loan of its own."""
        if not self.bills:
            raise no.PlanNotPossible(event.event_id, "no bill has been cut yet")
        amount = sum(item.left for item in self.items if item.bill_no)
        if amount == 0:
            raise no.PlanNotPossible(event.event_id, "nothing is left of the bill")
        moved = self._pay_items(amount, event.value_date)
        for bill in self.bills:
            bill.due[PRINCIPAL] -= bill.open_of(PRINCIPAL)
            if bill.was_paid_in_full is None:
                bill.full_paid += moved
        self.flows["moved_out"] += moved
        self.converted.append(Converted(event.event_id, event.value_date, moved, event.instalments))

    # --- books and views --------------------------------------------------------------------------

    def balances(self, day: date) -> dict[str, int]:
        """Return every account; the books earn interest as it is borne."""
        self._accrue(day)
        paid = [sum(bill.paid[place] for bill in self.bills) for place in range(4)]
        waived = [sum(bill.waived[place] for bill in self.bills) for place in range(4)]
        due = [sum(bill.due[place] for bill in self.bills) for place in range(4)]
        earned = due[INTEREST] + self._interest_to_charge()
        flows = self.flows
        return {
            "bank": flows["received"] - flows["refunded"],
            "merchant_settlement": flows["returned"] - flows["bought"],
            "loan_principal": flows["bought"] - paid[PRINCIPAL] - flows["moved_out"],
            "transfers_between_loans": flows["moved_out"],
            "accrued_interest": earned - due[INTEREST],
            "interest_receivable": due[INTEREST] - paid[INTEREST] - waived[INTEREST],
            "fee_receivable": due[FEE] - paid[FEE] - waived[FEE],
            "penalty_receivable": due[PENALTY] - paid[PENALTY] - waived[PENALTY],
            "unapplied_receipts": -sum(amount for _, amount in self.held),
            "interest_income": -earned,
            "fee_income": -due[FEE],
            "penalty_income": -due[PENALTY],
            "waiver_expense": sum(waived),
        }

    def post(self, event_id: str, kind: str, day: date) -> None:
        """Add the entry that leads to the balances of now."""
        now = self.balances(day)
        legs = tuple((name, amount - self.posted.get(name, 0)) for name, amount in now.items())
        legs = tuple((name, amount) for name, amount in legs if amount)
        if legs:
            assert sum(amount for _, amount in legs) == 0, legs
            self.entries.append(Entry(day, event_id, kind, legs))
        self.posted = now

    def view(self, as_of: date) -> Account:
        """Return what the account is on a day."""
        since = min(
            (bill.due_date for bill in self.bills if bill.open_minor > 0 and bill.due_date <= as_of), default=None
        )
        dpd = days_past_due(past_due_since=since, business_date=as_of, terms=self.terms.ageing)
        return Account(
            as_of=as_of,
            bills=tuple(view_of(bill) for bill in self.bills),
            principal_minor=sum(item.left for item in self.items),
            unbilled_minor=sum(item.left for item in self.items if not item.bill_no),
            accrued_interest_minor=self._interest_to_charge(),
            held_minor=sum(amount for _, amount in self.held),
            past_due_since=since,
            days_past_due=dpd,
            bucket=bucket(days_past_due=dpd, bands=self.terms.ageing.bands),
            applied=tuple(self.applied),
            converted=tuple(self.converted),
            entries=tuple(self.entries),
            accounts={name: amount for name, amount in self.posted.items() if amount},
        )


def view_of(bill: Bill) -> BillView:
    return BillView(
        bill_no=bill.no,
        bill_date=bill.bill_date,
        due_date=bill.due_date,
        full_minor=bill.full,
        minimum_minor=sum(bill.due),
        new_purchases_minor=bill.new_purchases,
        due=Amounts(*bill.due),
        paid=Amounts(*bill.paid),
        waived=Amounts(*bill.waived),
        open_minor=bill.open_minor,
        was_paid_in_full=bill.was_paid_in_full,
        interest_of=bill.interest_of,
    )
