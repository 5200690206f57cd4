"""
Work out one block: from text to rows of the database, without touching the database.

Several processes do this side by side. Nothing here needs Django's models.
"""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from postloan.books.ledger.chart import AccountNo
from postloan.books.loans.importing.blocks import (
    BadRow,
    Block,
    Job,
    Prepared,
    RepeatedCustomer,
    StatusTotals,
    TapeWarning,
)
from postloan.books.loans.importing.checking import Checked, Figures, check_block
from postloan.books.loans.importing.copy_binary import ScheduleRows, schedules_binary
from postloan.books.loans.importing.copy_text import (
    INSTALMENTS,
    LOANS,
    POSTINGS,
    SCHEDULES,
    copy_text,
    where,
)
from postloan.books.loans.importing.customers import customer_rows, read_people
from postloan.books.loans.importing.positions import Standing, stand
from postloan.ground.customers.cipher import FieldCipher
from postloan.kernel.money import Int64Array

BoolArray = npt.NDArray[np.bool_]
TOTALS = ("principal", "paid_principal", "paid_interest", "paid_fees")


def prepare_block(*, job: Job, block: Block) -> Prepared:
    """Return the block's bad rows, warnings and totals and, unless this is a dry run, its rows for COPY."""
    checked = check_block(job=job, block=block)
    people, bad_people = read_people(job=job, block=block)
    bad_rows = checked.bad_rows + bad_people
    bad_nos = {bad.row_no for bad in bad_rows}
    figures = checked.figures.take(~np.isin(checked.figures.row_no, np.array(sorted(bad_nos), dtype=np.int64)))
    standing = stand(figures=figures, terms=job.terms, as_of=job.as_of)
    bad_plans, has_plan = _refuse_plans(job=job, figures=figures, standing=standing)
    bad_rows += bad_plans
    if not has_plan.all():
        figures = figures.take(has_plan)
        standing = stand(figures=figures, terms=job.terms, as_of=job.as_of)
    statuses = [checked.statuses[place] for place in figures.place.tolist()]
    copies: dict[str, bytes] = {}
    repeated: list[RepeatedCustomer] = []
    if not job.dry_run and len(figures.place):
        copies = _loan_copies(job=job, block=block, checked=checked, figures=figures, standing=standing)
        cipher = _cipher(job.keyset_file)
        places = figures.place.tolist()
        own, repeated = customer_rows(job=job, block=block, people=people, places=places, cipher=cipher)
        copies |= own
    return Prepared(
        rows=len(block.rows),
        loaded=len(figures.place),
        bad_rows=sorted(bad_rows, key=lambda bad: bad.row_no),
        warnings=_warnings(job=job, statuses=statuses, figures=figures, standing=standing),
        totals=_totals(statuses=statuses, figures=figures),
        copies=copies,
        repeated_customers=repeated,
    )


@cache
def _cipher(keyset_file: Path) -> FieldCipher:
    return FieldCipher(keyset_file=keyset_file)


def _refuse_plans(*, job: Job, figures: Figures, standing: Standing) -> tuple[list[BadRow], BoolArray]:
    """Refuse loans whose place on the plan contradicts the plan itself."""
    columns = job.mapping.columns
    bad_rows = []
    told_by = columns.status or columns.days_past_due or columns.next_due_date
    early = (figures.high_days > 0) & figures.is_active & ~standing.has_fallen_due & np.isnat(figures.next_due)
    for place in np.flatnonzero(early).tolist():
        reason = f"says late, but nothing has fallen due by {job.as_of}"
        bad_rows.append(BadRow(int(figures.row_no[place]), told_by.column if told_by else "", "late", reason))
    for place in np.flatnonzero(~standing.next_due_found).tolist():
        column = columns.next_due_date.column if columns.next_due_date else ""
        bad_rows.append(BadRow(int(figures.row_no[place]), column, "date", "no row of the plan falls due on this date"))
    return bad_rows, ~early & standing.next_due_found


def _warnings(*, job: Job, statuses: list[str], figures: Figures, standing: Standing) -> dict[str, TapeWarning]:
    owed = ~figures.is_charged_off
    paid = figures.paid_principal + figures.paid_interest + figures.paid_fees
    is_current = figures.high_days == 0
    words = {word for word, told in job.mapping.statuses.items() if told.meaning in {"current", "late"}}
    says_active = np.array([status in words for status in statuses], dtype=np.bool_)
    found = {
        "balance": owed & (figures.principal - figures.paid_principal != figures.balance),
        "total": (figures.paid_total >= 0) & (figures.paid_total != paid),
        "instalment": standing.differs_from_terms,
        "nothing_left": says_active & ~figures.is_active,
        "matured": ~standing.fits & is_current,
        "band": ~standing.fits & ~is_current,
    }
    texts = {
        "balance": "the amount lent less the principal paid is not the balance",
        "total": "the total paid is not principal, interest and fees together",
        "instalment": "the instalment is not the one that amount, rate and term give; the tape's is kept",
        "nothing_left": "the status says current or late, but the balance is zero; taken for paid off",
        "matured": "the status says current, but the last due date has gone by with a balance left",
        "band": "no due date gives the days past due of the status; the nearest is taken",
    }
    warnings = {}
    for name, rows in found.items():
        if rows.any():
            warnings[name] = TapeWarning(texts[name])
            warnings[name].add(figures.row_no[rows].tolist())
    return warnings


def _totals(*, statuses: list[str], figures: Figures) -> dict[str, StatusTotals]:
    totals = {}
    words = np.array(statuses, dtype=object)
    for status in sorted(set(statuses)):
        some = figures.take(words == status)
        totals[status] = StatusTotals(
            loans=len(some.place),
            outstanding_minor=int(some.balance.sum()),
            written_off_minor=int(some.written_off.sum()),
            **{f"{name}_minor": int(getattr(some, name).sum()) for name in TOTALS},
        )
    return totals


# --- rows of the database ------------------------------------------------------------------------


def _loan_copies(*, job: Job, block: Block, checked: Checked, figures: Figures, standing: Standing) -> dict[str, bytes]:
    loan_ids = np.array(block.loan_ids, dtype=np.int64)[figures.place]
    return {
        LOANS: _loans(job, block, checked, figures, standing, loan_ids),
        SCHEDULES: _schedules(job, standing, loan_ids),
        INSTALMENTS: _instalments(job, standing, loan_ids),
        POSTINGS: _postings(job, figures, standing, loan_ids),
    }


def _loans(
    job: Job, block: Block, checked: Checked, figures: Figures, standing: Standing, loan_ids: Int64Array
) -> bytes:
    places = figures.place.tolist()
    status = np.where(figures.is_active, "active", np.where(figures.is_charged_off, "charged_off", "closed"))
    has_next = standing.next_no > 0
    return copy_text(
        table=LOANS,
        columns={
            "id": loan_ids,
            "source": job.mapping.tape.source,
            "external_id": [checked.external_ids[place] for place in places],
            "customer_id": [block.customer_ids[place] for place in places],
            "product_version_id": job.product_version_id,
            "currency": job.terms.currency,
            "principal_minor": figures.principal,
            "rate_ppm": figures.rate_ppm,
            "rate_per": job.terms.rate_per,
            "instalments": figures.instalments,
            "instalment_minor": standing.instalment,
            "disbursed_date": standing.disbursed,
            "grade": [checked.grades[place] for place in places],
            "takeover_date": job.as_of,
            "opening_paid_principal_minor": figures.paid_principal,
            "opening_paid_interest_minor": figures.paid_interest,
            "opening_paid_fee_minor": figures.paid_fees,
            "opening_status": [checked.statuses[place] for place in places],
            "status": status.astype(str),
            "schedule_version_no": np.where(standing.is_recast, 2, 1),
            "next_instalment_no": where(values=standing.next_no, is_given=has_next),
            "next_due_date": where(values=standing.next_due, is_given=has_next),
            "principal_outstanding_minor": figures.balance - figures.written_off,
            "accrued_interest_minor": standing.accrued,
            "past_due_since_date": where(values=standing.past_due_since, is_given=~np.isnat(standing.past_due_since)),
            "bucket": standing.bucket,
            "needs_replay": not job.terms.is_served_plainly,
            "next_event_date": where(
                values=np.full(len(loan_ids), np.datetime64(job.as_of + timedelta(days=1), "D")),
                is_given=figures.is_active,
            ),
        },
    )


def _schedules(job: Job, standing: Standing, loan_ids: Int64Array) -> bytes:
    """Write the contract of every loan and, where the position differs from it, the rows cast again."""
    recast = np.flatnonzero(standing.is_recast)
    contract, left = standing.contract, standing.left
    cells, left_cells = contract.cells(), left.cells()[recast]

    def both(of_contract: npt.NDArray[Any], of_left: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.concatenate((of_contract[cells], of_left[recast][left_cells]))

    lengths = np.concatenate((contract.rows, left.rows[recast]))
    versions = np.repeat([1, 2], [len(loan_ids), len(recast)])
    return schedules_binary(
        rows=ScheduleRows(
            loan_ids=np.concatenate((loan_ids, loan_ids[recast])),
            versions=versions,
            reasons=["opened"] * len(loan_ids) + ["taken_over"] * len(recast),
            business_date=np.datetime64(job.as_of, "D"),
            from_nos=np.concatenate((np.ones_like(loan_ids), standing.settled[recast] + 1)),
            from_dates=np.concatenate((standing.disbursed, standing.left_from[recast])),
            lengths=lengths,
            due_dates=both(contract.due, left.due),
            principal=both(contract.principal, left.principal),
            interest=both(contract.interest, left.interest),
        )
    )


def _raised_cells(standing: Standing) -> tuple[Int64Array, Int64Array]:
    """Return line and column of every row of `left` that has been demanded."""
    width = standing.left.due.shape[1]
    lines, columns = np.nonzero(np.arange(width) < standing.raised[:, None])
    return lines.astype(np.int64), columns.astype(np.int64)


def _instalments(job: Job, standing: Standing, loan_ids: Int64Array) -> bytes:
    lines, columns = _raised_cells(standing)
    due = standing.left.due[lines, columns]
    is_past = due <= np.datetime64(job.as_of, "D")
    counted = np.full(len(due), np.datetime64(job.as_of, "D"))
    return copy_text(
        table=INSTALMENTS,
        columns={
            "loan_id": loan_ids[lines],
            "instalment_no": standing.settled[lines] + columns + 1,
            "schedule_version_no": np.where(standing.is_recast[lines], 2, 1),
            "due_date": due,
            "principal_due_minor": standing.left.principal[lines, columns],
            "interest_due_minor": standing.left.interest[lines, columns],
            # What lateness cost before the takeover is the old core's.
            "penalty_counted_through_date": where(values=counted, is_given=is_past),
        },
    )


def _postings(job: Job, figures: Figures, standing: Standing, loan_ids: Int64Array) -> bytes:
    lines, columns = _raised_cells(standing)
    numbers = standing.settled[lines] + columns + 1
    parts = [
        (AccountNo.LOAN_PRINCIPAL, figures.balance - figures.written_off, loan_ids, np.zeros_like(loan_ids)),
        (AccountNo.INTEREST_RECEIVABLE, standing.left.interest[lines, columns], loan_ids[lines], numbers),
        (AccountNo.ACCRUED_INTEREST, standing.accrued, loan_ids, np.zeros_like(loan_ids)),
    ]
    debits = np.concatenate([np.full(len(amounts), int(account)) for account, amounts, _, _ in parts])
    amounts = np.concatenate([amounts for _, amounts, _, _ in parts])
    loans = np.concatenate([loans for _, _, loans, _ in parts])
    instalments = np.concatenate([numbers for _, _, _, numbers in parts])
    moved = amounts > 0
    return copy_text(
        table=POSTINGS,
        columns={
            "entry_id": job.entry_id,
            "debit_id": debits[moved],
            "credit_id": int(AccountNo.TAKEOVER),
            "amount_minor": amounts[moved],
            "loan_id": loans[moved],
            "instalment_no": where(values=instalments[moved], is_given=instalments[moved] > 0),
        },
    )
