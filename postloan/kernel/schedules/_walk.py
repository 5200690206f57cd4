"""Walk down a schedule row by row: what is owed, what is demanded, what is carried."""

from dataclasses import dataclass

from postloan.kernel.schedules._periods import TimedRow
from postloan.kernel.schedules._rows import ScheduleRow
from postloan.kernel.schedules._terms import DeferredInterest, ScheduleTerms


@dataclass(slots=True)
class Walk:
    """The running state of a schedule from row to row."""

    terms: ScheduleTerms
    balance: int
    carried: int = 0  # interest that did not fit into the instalment
    deferred: int = 0  # interest of the rows with interest grace

    def step(
        self,
        *,
        timed: TimedRow,
        number: int,
        accrued: int,
        is_last: bool,
        instalment: int | None = None,
        principal: int | None = None,
    ) -> ScheduleRow:
        """
        Make one row and move on.

        Either the instalment is given and principal follows from it, or the principal is given.
        """
        opening, carried_in = self.balance, self.carried + self.deferred
        due = accrued + self.carried
        if is_last:
            interest, paid = due, self.balance
        elif instalment is not None and number > self.terms.principal_grace:
            interest = min(due, instalment)
            paid = min(instalment - interest, self.balance)
        else:
            interest, paid = due, principal or 0
        self.carried = due - interest
        capitalised = released = put_off = 0
        if number <= self.terms.interest_grace and not is_last:
            put_off, interest = interest, 0
            self.deferred += put_off
            capitalised = self._capitalise(number)
        else:
            released = self._release(is_last=is_last)
        self.balance += capitalised - paid
        return ScheduleRow(
            instalment_no=number,
            from_date=timed.period.from_date,
            due_date=timed.period.to_date,
            opening_minor=opening,
            principal_minor=paid,
            interest_minor=interest + released,
            balance_minor=self.balance,
            share=timed.share,
            factor=timed.factor,
            accrued_minor=accrued,
            carried_in_minor=carried_in,
            carried_out_minor=self.carried + self.deferred,
            deferred_minor=put_off,
            released_minor=released,
            capitalised_minor=capitalised,
        )

    def _capitalise(self, number: int) -> int:
        ends_now = number == self.terms.interest_grace
        if self.terms.deferred_interest is not DeferredInterest.CAPITALISED or not ends_now:
            return 0
        amount, self.deferred = self.deferred, 0
        return amount

    def _release(self, *, is_last: bool) -> int:
        if self.terms.deferred_interest is DeferredInterest.LAST_ROW and not is_last:
            return 0
        amount, self.deferred = self.deferred, 0
        return amount
