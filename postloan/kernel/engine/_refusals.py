"""Why an event is refused, by name. A refused event changes nothing."""


class EventRefused(ValueError):
    """The event cannot happen on this loan; `event_id` names it, the class says why."""

    def __init__(self, event_id: str, message: str) -> None:
        super().__init__(f"{event_id}: {message}")
        self.event_id = event_id
        self.message = message

    @property
    def name(self) -> str:
        """The name of the refusal."""
        return type(self).__name__


class AmountNotPositive(EventRefused):
    """An amount is zero or negative."""


class AmountTooLarge(EventRefused):
    """An amount is larger than any loan can be."""


class EventInFuture(EventRefused):
    """The value date lies after the business date."""


class EventBeforeOpening(EventRefused):
    """The value date lies before the day the loan was opened."""


class UnknownCurrency(EventRefused):
    """The amount is in another currency than the loan."""


class EventTwice(EventRefused):
    """An event of that id is on the loan already."""


class LoanClosed(EventRefused):
    """Nothing is owed any more and nothing is held for the customer."""


class LoanChargedOff(EventRefused):
    """The loan has left the books; only money, refunds, waivers and reversals are possible."""


class NoSuchEvent(EventRefused):
    """The event to reverse or charge back is not on the loan."""


class CannotBeReversed(EventRefused):
    """The event to reverse is itself a reversal, or was reversed before."""


class MoreThanOpen(EventRefused):
    """A waiver of more than is owed, or a chargeback of more than was paid."""


class MoreThanCredit(EventRefused):
    """A refund of more than is held for the customer."""


class MoreThanLent(EventRefused):
    """A payout refund of more principal than is owed."""


class LessThanSettlement(EventRefused):
    """The money does not settle the loan."""


class PlanNotPossible(EventRefused):
    """The new terms make no plan."""
