"""Bills by pots give the bills of the engine, which works purchase by purchase."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from postloan.kernel.bills import (
    BillRules,
    LastBill,
    Move,
    Pot,
    count_pots,
    due_date_of,
    first_bill_date,
    in_time_through,
    interest_borne_minor,
    minimum_principal_minor,
    next_bill_date,
)
from postloan.kernel.calendars import Shift, shift_date
from postloan.kernel.daycounts import DayCount
from postloan.kernel.engine import Purchase, Receipt
from postloan.kernel.engine.revolving import RevolvingTerms, replay_account
from postloan.kernel.rates import Rate
from postloan.kernel.working_calendars import CALENDARS

START = date(2024, 1, 1)


class Walker:
    """An account by pots, day by day: the smallest form of what the books do."""

    def __init__(self, rules: BillRules, opened_on: date, rate_ppm: int, rate_per: str, last_free: Shift) -> None:
        self.last_free = last_free
        self.rules, self.rate_ppm, self.rate_per = rules, rate_ppm, rate_per
        self.pots = [Pot(1, opened_on)]
        self.purchases: dict[int, list] = {1: []}
        self.last: LastBill | None = None
        self.moves: list[Move] = []
        self.charged = self.done = 0
        self.next_bill = first_bill_date(rules=rules, opened_on=opened_on)
        self.held = 0
        self.rows: list[dict[str, int]] = []
        self.bills: list[tuple] = []

    def buy(self, day: date, amount: int) -> None:
        self.pots[-1] = self.pots[-1].changed(amount_minor=amount, value_date=day)
        self.purchases[self.pots[-1].bill_no].append((day, amount))

    def pay(self, day: date, amount: int) -> None:
        """Pay the demands, the oldest first, interest before principal; what is over waits."""
        before, principal = amount, 0
        for row in self.rows:
            for part in ("interest", "principal"):
                taken = min(amount, row[part])
                row[part] -= taken
                amount -= taken
                if part == "principal":
                    row["paid"] += taken
                    principal += taken
        if before > amount:
            self.moves.append(Move(day, principal, before - amount))
        self.held += amount

    def night(self, day: date) -> None:
        if self.last is not None and day == self.last.in_time_through:
            self.carry()
        if day == self.next_bill:
            self.cut(day)

    def carry(self) -> None:
        """The due date is over: what the minimum does not ask for stands on a new row, not past due."""
        row = self.rows[-1]
        missing = max(row["minimum"] - row["paid"], 0)
        carried = row["principal"] - min(missing, row["principal"])
        row["principal"] -= carried
        self.carry_nothing()
        self.rows[-1]["principal"] = carried

    def carry_nothing(self) -> None:
        self.rows.append({"interest": 0, "principal": 0, "paid": 0, "minimum": 0})

    def cut(self, day: date) -> None:
        counted = count_pots(rules=self.rules, pots=self.pots, last=self.last, moves=self.moves, to_date=day)
        borne = interest_borne_minor(
            rules=self.rules,
            rate_ppm=self.rate_ppm,
            rate_per=self.rate_per,
            minor_days=counted.bearing_minor_days + self.done,
        )
        interest, self.charged = borne - self.charged, borne
        *older, pot = counted.pots
        minor_days = pot.minor_days if self.rules.runs_from == "posting_date" else 0
        pots = [*older, Pot(pot.bill_no, day, pot.left_minor, minor_days, day)]
        self.done += sum(each.minor_days for each in pots if each.bears and not each.left_minor)
        pots = [each for each in pots if each.left_minor]
        if not self.rows:
            self.carry_nothing()
        principal = sum(each.left_minor for each in pots)
        *earlier, row = self.rows
        overdue = sum(each["principal"] for each in earlier)
        minimum = minimum_principal_minor(rules=self.rules, principal_minor=principal)
        row |= {"interest": interest, "principal": principal - overdue}
        row["minimum"] = row["paid"] + max(minimum - overdue, 0)
        full = principal + sum(each["interest"] for each in self.rows)
        due_date = due_date_of(rules=self.rules, bill_date=day)
        last_free = shift_date(day=due_date, calendar=CALENDARS["CN"], shift=self.last_free)
        through = in_time_through(rules=self.rules, bill_date=day, last_free_date=last_free)
        self.last = LastBill(pot.bill_no, day, due_date, full, through, tuple(self.purchases[pot.bill_no]))
        self.bills.append((day, full, interest))
        self.pots = [*pots, Pot(pot.bill_no + 1, day)]
        self.purchases[pot.bill_no + 1] = []
        self.moves = []
        held, self.held = self.held, 0
        if held:
            self.pay(day, held)
        self.next_bill = next_bill_date(rules=self.rules, after=day)


happenings = st.lists(st.tuples(st.integers(0, 150), st.booleans(), st.integers(1, 200_000)), min_size=1, max_size=25)


@settings(max_examples=300, deadline=None)
@given(
    happenings=happenings,
    runs_from=st.sampled_from(["posting_date", "bill_date", "due_date"]),
    interest_on=st.sampled_from(["whole_bill", "unpaid_part"]),
    rate=st.sampled_from([(500, "day"), (182_500, "year"), (1, "day"), (0, "day")]),
    bill_day=st.sampled_from([1, 10, 20, 28]),
    due_after=st.sampled_from([1, 9, 25]),
    last_free=st.sampled_from([Shift.NONE, Shift.FOLLOWING]),
)
def test_pots_give_the_bills_of_the_engine(happenings, runs_from, interest_on, rate, bill_day, due_after, last_free):
    rules = BillRules(
        bill_day=bill_day, due_after_days=due_after, rate_ppm=rate[0], runs_from=runs_from, interest_on=interest_on
    )
    terms = RevolvingTerms(
        rate=Rate(*rate),
        bill_day=bill_day,
        due_after_days=due_after,
        opened_on=START,
        runs_from=runs_from,
        interest_on=interest_on,
        day_count=DayCount.ACT_365,
        order=("fee", "penalty", "interest", "principal"),
        last_free=last_free,
        calendar=CALENDARS["CN"],
    )
    walker = Walker(rules, START, *rate, last_free)
    events = []
    # Purchases of a day come before money of the day, as the engine orders them.
    for place, (offset, is_purchase, amount) in enumerate(sorted(happenings, key=lambda each: (each[0], not each[1]))):
        kind = Purchase if is_purchase else Receipt
        day = START + timedelta(days=offset)
        events.append(kind(event_id=str(place), value_date=day, amount_minor=amount, sequence=place))
    end = START + timedelta(days=200)
    account = replay_account(terms=terms, events=events, as_of=end)

    for offset in range(200):
        day = START + timedelta(days=offset)
        for event in events:
            if event.value_date == day:
                (walker.buy if isinstance(event, Purchase) else walker.pay)(day, event.amount_minor)
        walker.night(day)

    expected = [(bill.bill_date, bill.full_minor, bill.due.interest_minor) for bill in account.bills]
    assert walker.bills == expected


def test_the_minimum_is_a_share_rounded_up_with_a_floor_and_never_more_than_is_owed():
    rules = BillRules(bill_day=1, rate_ppm=500, minimum_ppm=100_000, minimum_floor_minor=5_000)

    table = [(100_001, 10_001), (100_000, 10_000), (20_000, 5_000), (3_000, 3_000), (0, 0)]

    assert [minimum_principal_minor(rules=rules, principal_minor=owed) for owed, _ in table] == [m for _, m in table]


def test_a_change_dated_before_the_count_is_the_same_as_one_made_in_time():
    in_time = Pot(1, START).changed(amount_minor=100, value_date=START + timedelta(days=3))
    in_time = in_time.counted_to(START + timedelta(days=10))

    afterwards = Pot(1, START).counted_to(START + timedelta(days=10))
    afterwards = afterwards.changed(amount_minor=100, value_date=START + timedelta(days=3))

    assert in_time == afterwards
    assert in_time.minor_days == 700
