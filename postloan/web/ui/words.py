"""
The words people read for the codes the books keep.

One table per kind of code; a code that is not listed is shown as it is, so a
new one is visible rather than lost.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postloan.kernel.ageing import HOUSE_BANDS
from postloan.web.ui.contact_words import CONTACT_TABLES
from postloan.web.ui.words_of_acts import AUDIT_ACTION, AUDIT_SUBJECT, CHANGE_KIND, CHANGE_STATE, REFUSAL

Words = dict[str, str | Promise]

LOAN_STATUS: Words = {
    "active": _("Active"),
    "closed": _("Paid off"),
    "charged_off": _("Charged off"),
}

ROW_STATE: Words = {
    "planned": _("Planned"),
    "due": _("Due"),
    "part_paid": _("Part paid"),
    "past_due": _("Past due"),
    "paid": _("Paid"),
    "taken_over": _("Before takeover"),
}

CLOSE_STATE: Words = {
    "running": _("Running"),
    "finished": _("Finished"),
    "amber": _("Finished, loans set aside"),
    "failed": _("Checks failed"),
}

SCHEDULED_WORK: Words = {
    "close": _("Close the books"),
    "debits": _("Announce debits and hand over their files"),
    "bank": _("Take the bank's answers"),
    "reminders": _("Queue the day's reminders"),
}

WORK_STATE: Words = {
    "running": _("Running"),
    "done": _("Done"),
    "waiting": _("Waits"),
    "failed": _("Failed, will be tried again"),
}

WORK_COUNT: Words = {
    "days": _("days closed"),
    "amber": _("with loans set aside"),
    "announced": _("debits announced"),
    "told": _("told"),
    "files": _("files made"),
    "handed_over": _("handed over"),
    "taken": _("files taken"),
    "early": _("too early"),
    "refused": _("refused"),
    "asked": _("asked about again"),
    "queued": _("queued"),
}

MESSAGE_STATE: Words = {
    "queued": _("Waiting"),
    "sending": _("On its way"),
    "sent": _("Sent"),
    "dropped": _("Not sent: no longer wanted"),
    "failed": _("Could not be delivered"),
}

CHANNEL: Words = {
    "email": _("E-mail"),
    "inbox": _("Notice in the portal"),
    "sms": _("Text message"),
    "voice": _("Call"),
    "push": _("App notification"),
    "wechat": _("WeChat"),
    "chat": _("Chat"),
    "social": _("Social network"),
    "letter": _("Letter"),
    "visit": _("Visit"),
    "debit": _("Direct debit"),
    "form": _("Form"),
}

PURPOSE: Words = {
    "reminder": _("Reminder"),
    "debit_notice": _("Notice of a debit"),
    "service": _("Service"),
}

OCCASION: Words = {
    "reminder_before": _("Reminder before the due date"),
    "reminder_due_today": _("Reminder on the due date"),
    "reminder_in_grace": _("Reminder in grace"),
    "reminder_debit_failed": _("Reminder after a failed debit"),
    "debit_notice": _("Notice of a debit"),
    "debit_notice_again": _("Notice of a second try"),
}

TEXT_STATE: Words = {
    "draft": pgettext_lazy("text", "Draft"),
    "submitted": pgettext_lazy("text", "Waits for approval"),
    "approved": pgettext_lazy("text", "In force"),
    "rejected": pgettext_lazy("text", "Sent back"),
    "retired": pgettext_lazy("text", "Retired"),
}

TEXT_PROBLEM: Words = {
    "empty": _("There is no text."),
    "unknown_place": _("This place does not exist here:"),
    "stray_brace": _("A brace stands alone."),
    "subject_has_lines": _("A subject is one line."),
    "line_missing": _("Say how one loan is written."),
    "forbidden_word": _("This must not be said:"),
    "disclosure_missing": _("This must be said:"),
    "too_long": _("Too long; number of parts:"),
}

CIRCUIT: Words = {
    "closed": pgettext_lazy("circuit", "Works"),
    "open": pgettext_lazy("circuit", "Nobody answers"),
    "half_open": pgettext_lazy("circuit", "Being tried"),
    "unused": pgettext_lazy("circuit", "Not used yet"),
}

COMPONENT: Words = {
    "principal": _("Principal"),
    "interest": _("Interest"),
    "fee": _("Fee"),
    "penalty": _("Penalty"),
}

ENTRY_KIND: Words = {
    "takeover": _("Taken over"),
    "receipt": _("Receipt"),
    "raise_due": _("Instalments fall due"),
    "accrual": _("Interest accrued"),
    "penalty": _("Penalties and late fees"),
    "allocation": _("Receipts allocated"),
    "correction": _("Correction"),
    "disbursement": _("Paid out"),
    "reversal": _("Taken back"),
    "waiver": _("Waived"),
    "refund": _("Refunded"),
    "prepayment": _("Paid early"),
    "settlement": _("Settled early"),
    "charge_off": _("Charged off"),
    "recovery": _("Recovered"),
    "plan_change": _("Plan changed"),
}

ACCOUNT: Words = {
    "bank": _("Bank"),
    "loan_principal": _("Loan principal"),
    "accrued_interest": _("Accrued interest"),
    "interest_receivable": _("Interest receivable"),
    "fee_receivable": _("Fees receivable"),
    "penalty_receivable": _("Penalties receivable"),
    "unapplied_receipts": _("Unapplied receipts"),
    "takeover": _("Takeover of balances"),
    "interest_income": _("Interest income"),
    "fee_income": _("Fee income"),
    "penalty_income": _("Penalty income"),
    "merchant_settlement": _("Settlement with merchants"),
    "transfers_between_loans": _("Transfers between loans"),
    "waiver_expense": _("Waivers"),
    "charge_off_loss": _("Losses from charge-off"),
    "recovery_income": _("Recoveries"),
}

ACCOUNT_KIND: Words = {
    "asset": _("Asset"),
    "liability": _("Liability"),
    "equity": _("Equity"),
    "income": _("Income"),
    "expense": _("Expense"),
}

CLOSE_STEP: Words = {
    "wait": _("Wait for receipts under way"),
    "read": _("Read the loans of the day"),
    "replay_events": _("Replay loans that events have changed"),
    "cut_bills": _("Cut the bills of the day"),
    "raise_due": _("Raise what falls due tomorrow"),
    "apply_unapplied": _("Apply money already here"),
    "charge_penalties": _("Charge penalties and late fees"),
    "accrue": _("Accrue interest at month end"),
    "age": _("Age the arrears"),
    "plan_reminders": _("Plan reminders"),
    "set_next_dates": _("Set the next dates"),
    "verify": _("Verify the figures"),
    "write": _("Write the results"),
    "work": _("Works out"),
    "positions": _("Write positions"),
    "write_positions": _("Write positions"),
}

FAULT_STATE: Words = {
    "open": _("Not put right yet"),
    "solved": _("Put right"),
    "all": _("All"),
}

CLOSE_COUNT: Words = {
    "loans": _("Loans looked at"),
    "loans_changed": _("Loans changed"),
    "instalments_raised": _("Instalments raised"),
    "instalments_changed": _("Instalments changed"),
    "entries": _("Journal entries"),
    "postings": _("Postings"),
    "allocations": _("Allocations"),
    "reminders": _("Reminders planned"),
    "positions": _("Positions written"),
    "faults": _("Loans set aside"),
}

CLOSE_CHECK: Words = {
    "slots_behind": _("No slot is behind"),
    "loans_left": _("No loan is left whose date has come"),
    "tie_loan_principal": _("Loan principal ties to the ledger"),
    "tie_accrued_interest": _("Accrued interest ties to the ledger"),
    "tie_interest_receivable": _("Interest receivable ties to the ledger"),
    "tie_fee_receivable": _("Fees receivable tie to the ledger"),
    "tie_penalty_receivable": _("Penalties receivable tie to the ledger"),
    "tie_unapplied_receipts": _("Unapplied receipts tie to the ledger"),
}

TIE_FIGURE: Words = {
    "outstanding_minor": _("Loan principal"),
    "accrued_interest_minor": _("Accrued interest"),
    "interest_receivable_minor": _("Interest receivable"),
}

FILE_KIND: Words = {
    "positions": _("Positions"),
    "instalments": _("Instalments"),
    "receipts": _("Receipts"),
}

FOLLOWED_FIGURE: Words = {
    "outstanding_minor": _("Loan principal"),
    "days_past_due": _("Days past due"),
    "absent": _("Told no more"),
}

SCHEDULE_REASON: Words = {
    "opened": _("The contract"),
    "taken_over": _("Taken over from the earlier system"),
    "followed": _("Told by the core that keeps the loan"),
    "billed": _("The bill of its bill day"),
    "replayed": _("Worked out again after something was taken back or came to light"),
    "prepayment": _("A part was paid early"),
    "early_settlement": _("Settled early"),
    "charge": _("A charge was added"),
    "chargeback": _("Money was demanded back"),
    "disbursement": _("More was paid out"),
    "merchant_refund": _("The merchant gave the purchase back"),
    "payout_refund": _("The payout came back"),
    "charge_off": _("Charged off"),
    "carried_on": _("What the minimum left over, carried on to the next bill"),
}

ROUNDING: Words = {
    "half_even": _("to the nearest, a tie to the even neighbour"),
    "half_up": _("to the nearest, a tie up"),
    "half_down": _("to the nearest, a tie down"),
    "up": _("up"),
    "down": _("down"),
    "ceiling": _("up"),
    "floor": _("down"),
}

DAY_COUNT: Words = {
    "same_as_period": _("a month is 1/12 of a year"),
    "30_360": _("30 days a month, 360 a year"),
    "act_360": _("actual days, 360 a year"),
    "act_365": _("actual days, 365 a year"),
}

METHOD: Words = {
    "equal_instalment": _("Equal instalments"),
    "equal_principal": _("Equal principal"),
    "interest_only": _("Interest only, principal at the end"),
    "bullet": _("One payment at the end"),
}

REMINDER_KIND: Words = {
    "days_before_7": _("7 days before"),
    "days_before_3": _("3 days before"),
    "due_today": _("On the due date"),
}

REMINDER_STATE: Words = {
    "planned": _("Planned"),
    "told": _("Told"),
    "dropped": pgettext_lazy("reminder", "Not needed"),
}

LANGUAGE: Words = {
    "en": "English",
    "zh-hans": "简体中文",
}

ROLE: Words = {
    "agent": _("Agent"),
    "supervisor": _("Supervisor"),
    "finance": _("Finance"),
    "risk": _("Risk"),
    "compliance": _("Compliance"),
    "engineer": _("Engineer"),
    "borrower": _("Borrower"),
}

TABLES: dict[str, Words] = {
    **CONTACT_TABLES,
    "loan_status": LOAN_STATUS,
    "change_kind": CHANGE_KIND,
    "change_state": CHANGE_STATE,
    "refusal": REFUSAL,
    "audit_action": AUDIT_ACTION,
    "audit_subject": AUDIT_SUBJECT,
    "row_state": ROW_STATE,
    "close_state": CLOSE_STATE,
    "scheduled_work": SCHEDULED_WORK,
    "work_state": WORK_STATE,
    "work_count": WORK_COUNT,
    "message_state": MESSAGE_STATE,
    "occasion": OCCASION,
    "text_state": TEXT_STATE,
    "text_problem": TEXT_PROBLEM,
    "circuit": CIRCUIT,
    "channel": CHANNEL,
    "purpose": PURPOSE,
    "component": COMPONENT,
    "entry_kind": ENTRY_KIND,
    "account": ACCOUNT,
    "account_kind": ACCOUNT_KIND,
    "close_step": CLOSE_STEP,
    "close_count": CLOSE_COUNT,
    "fault_state": FAULT_STATE,
    "close_check": CLOSE_CHECK,
    "tie_figure": TIE_FIGURE,
    "file_kind": FILE_KIND,
    "followed_figure": FOLLOWED_FIGURE,
    "schedule_reason": SCHEDULE_REASON,
    "rounding": ROUNDING,
    "day_count": DAY_COUNT,
    "method": METHOD,
    "reminder_kind": REMINDER_KIND,
    "reminder_state": REMINDER_STATE,
    "language": LANGUAGE,
    "role": ROLE,
}

TONES = {
    "active": "blue",
    "closed": "green",
    "charged_off": "dark",
    "planned": "muted",
    "due": "blue",
    "done": "green",
    "waiting": "amber",
    "part_paid": "amber",
    "past_due": "red",
    "paid": "green",
    "taken_over": "muted",
    "running": "blue",
    "finished": "green",
    "amber": "amber",
    "failed": "red",
    "queued": "blue",
    "sending": "blue",
    "sent": "green",
    "told": "green",
    "dropped": "muted",
    "allow": "green",
    "deny": "red",
    "needs_policy_choice": "amber",
    "reserved": "blue",
    "used": "green",
    "given_back": "muted",
    "proposed": "amber",
    "refused": "red",
    "withdrawn": "muted",
}


def word(*, table: str, code: str) -> str:
    """Return what people read for `code`, in the language of the page."""
    return str(TABLES[table].get(code.lower(), code))


def bucket_name(*, bucket: int) -> str:
    """Return the name of a bucket by its place: M0, M1 … M6+."""
    bands = HOUSE_BANDS.bands
    return bands[min(bucket, len(bands) - 1)].name


def bucket_days(*, bucket: int) -> tuple[int, int | None]:
    """Return the first and last days past due of a bucket; None where it is open."""
    starts = HOUSE_BANDS.starts
    place = min(bucket, len(starts) - 1)
    return starts[place], starts[place + 1] - 1 if place + 1 < len(starts) else None
