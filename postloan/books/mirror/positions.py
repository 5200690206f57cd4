"""Positions: read as the rows of a tape, made loans where they are new, and kept as facts."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

import polars as pl
from django.conf import settings

from postloan.books.loans.importing.blocks import BadRow, Block, Job, Prepared
from postloan.books.loans.importing.checking import Checked, check_block
from postloan.books.loans.importing.copy_text import CUSTOMERS, LOANS
from postloan.books.loans.importing.customers import customer_rows, read_people
from postloan.books.loans.importing.loading import Writer, draw_ids, held_ids
from postloan.books.loans.importing.reading import ROWS_OF_BLOCK, Row
from postloan.books.loans.importing.surveying import customer_keys, loan_ids
from postloan.books.mirror.frames import copy_in, run, stage
from postloan.books.mirror.mapping import LoadedSyncMapping
from postloan.ground.customers.cipher import field_cipher

TOLD = {
    "loan_id": pl.Int64,
    "status_word": pl.String,
    "status": pl.String,
    "outstanding_minor": pl.Int64,
    "days_past_due": pl.Int64,
}


@dataclass(frozen=True)
class PositionsRead:
    """What a file of positions says: a row for each loan (TOLD), how many loans are new, and the bad rows."""

    told: pl.DataFrame
    rows_read: int
    loans_new: int
    bad_rows: list[BadRow]


def read_positions(
    *, rows: list[Row], mapping: LoadedSyncMapping, product_version_id: int, as_of: date, at: datetime
) -> PositionsRead:
    """Read every row; loans and customers that are not known are written, in the caller's transaction."""
    job = Job(
        mapping=mapping.mapping,
        terms=mapping.terms,
        as_of=as_of,
        people=None,
        dry_run=False,
        keyset_file=settings.KEYSET_FILE,
        at=at,
        product_version_id=product_version_id,
    )
    source, writer = mapping.mapping.tape.source, Writer()
    all_ids = loan_ids(rows=rows, mapping=mapping.mapping)
    repeated = _repeated(all_ids)
    shared = _repeated(customer_keys(rows=rows, ids=all_ids, mapping=mapping.mapping, people=None))
    customers: dict[str, int] = {}
    frames, bad_rows, loans_new = [], [], 0
    places = iter(rows)
    while part := list(islice(places, ROWS_OF_BLOCK)):
        ids = loan_ids(rows=part, mapping=mapping.mapping)
        block = Block(
            rows=part,
            duplicates=[each in repeated for each in ids],
            loans_known=[False] * len(part),
            customer_keys=customer_keys(rows=part, ids=ids, mapping=mapping.mapping, people=None),
        )
        checked = check_block(job=job, block=block)
        known = held_ids(LOANS, source, ids)
        new = [place for place in checked.figures.place.tolist() if checked.external_ids[place] not in known]
        block.customers_repeated.extend(key in shared for key in block.customer_keys)
        found = _write_new(job, block, checked, new, customers, writer)
        loans_new += len(new)
        bad_rows += [*checked.bad_rows, *found]
        known |= {checked.external_ids[place]: block.loan_ids[place] for place in new}
        frames.append(_told(job, checked, known))
    return PositionsRead(pl.concat(frames), len(rows), loans_new, bad_rows)


def _repeated(ids: list[str]) -> set[str]:
    seen: set[str] = set()
    return {each for each in ids if each and (each in seen or seen.add(each))}  # type: ignore[func-returns-value]


def _told(job: Job, checked: Checked, known: dict[str, int]) -> pl.DataFrame:
    figures = checked.figures
    places = figures.place.tolist()
    is_told = job.mapping.columns.days_past_due is not None or job.mapping.columns.next_due_date is not None
    return pl.DataFrame(
        {
            "loan_id": [known[checked.external_ids[place]] for place in places],
            "status_word": [checked.statuses[place] for place in places],
            "status": _statuses(checked),
            "outstanding_minor": figures.balance,
            "days_past_due": figures.low_days if is_told else [None] * len(places),
        },
        schema=TOLD,
    )


def _statuses(checked: Checked) -> list[str]:
    return [
        "charged_off" if is_off else "active" if is_active else "closed"
        for is_off, is_active in zip(checked.figures.is_charged_off, checked.figures.is_active, strict=True)
    ]


def _write_new(
    job: Job, block: Block, checked: Checked, new: list[int], customers: dict[str, int], writer: Writer
) -> list[BadRow]:
    """Write the loans at these places of the block with their customers and a first, empty schedule."""
    block.loan_ids.extend([0] * len(block.rows))
    block.customer_ids.extend([0] * len(block.rows))
    block.customers_known.extend([True] * len(block.rows))
    if not new:
        return []
    people, bad_rows = read_people(job=job, block=block)
    source = job.mapping.tape.source
    customers |= held_ids(CUSTOMERS, source, [block.customer_keys[place] for place in new])
    fresh = iter(draw_ids(CUSTOMERS, len(new)))
    for place, loan_id in zip(new, draw_ids(LOANS, len(new)), strict=True):
        key = block.customer_keys[place]
        block.loan_ids[place] = loan_id
        block.customers_known[place] = key in customers
        block.customer_ids[place] = customers.setdefault(key, next(fresh))
    if bad_rows:
        return bad_rows
    copies, repeated = customer_rows(job=job, block=block, people=people, places=new, cipher=field_cipher())
    writer.write(block=block, prepared=Prepared(len(new), 0, [], {}, {}, copies, repeated))
    loans = _loan_rows(job, block, checked, new)
    copy_in(table="loans_loan", rows=loans)
    copy_in(
        table="loans_scheduleversion",
        rows=loans.select(
            pl.col("id").alias("loan_id"),
            pl.lit(1).alias("version_no"),
            pl.lit("followed").alias("reason"),
            pl.lit(job.as_of).alias("business_date"),
            pl.lit(1).alias("from_instalment_no"),
            pl.col("disbursed_date").alias("row_from_date"),
            *(pl.lit("{}").alias(name) for name in ("due_dates", "principal_minor", "interest_minor")),
        ),
    )
    return []


def _loan_rows(job: Job, block: Block, checked: Checked, new: list[int]) -> pl.DataFrame:
    is_new = pl.Series(checked.figures.place).is_in(pl.Series(new, dtype=pl.Int64).implode()).to_numpy()
    figures = checked.figures.take(is_new)
    rate_per = job.terms.rate_per
    return pl.DataFrame(
        {
            "id": [block.loan_ids[place] for place in new],
            "external_id": [checked.external_ids[place] for place in new],
            "customer_id": [block.customer_ids[place] for place in new],
            "grade": [checked.grades[place] for place in new],
            "principal_minor": figures.principal,
            "rate_ppm": figures.rate_ppm,
            "instalments": figures.instalments,
            "instalment_minor": figures.instalment,
            "disbursed_date": pl.Series(figures.disbursed, dtype=pl.Date),
            "principal_outstanding_minor": figures.balance,
        }
    ).with_columns(
        pl.lit(job.mapping.tape.source).alias("source"),
        pl.lit(job.product_version_id).alias("product_version_id"),
        pl.lit(job.terms.currency).alias("currency"),
        pl.lit(rate_per).alias("rate_per"),
        pl.lit("").alias("opening_status"),
        pl.lit("active").alias("status"),
        pl.lit(1).alias("schedule_version_no"),
        pl.lit("t").alias("kept_elsewhere"),
        *(
            pl.lit(0).alias(name)
            for name in (
                "opening_paid_principal_minor",
                "opening_paid_interest_minor",
                "opening_paid_fee_minor",
                "accrued_interest_minor",
                "bucket",
            )
        ),
    )


def stage_positions(*, told: pl.DataFrame) -> None:
    """Put the positions beside the facts, and say which loans they touch."""
    stage(name="told", rows=told)
    stage(name="touched", rows=told.select("loan_id"))


def keep_positions(*, core_id: int, as_of: date) -> tuple[int, int]:
    """Keep the positions in `pg_temp.told` that are not older than those held; returns how many are new, and older."""
    parameters: dict[str, object] = {"core": core_id, "as_of": as_of}
    older = run(
        "DELETE FROM told USING mirror_followedloan held "
        "WHERE held.loan_id = told.loan_id AND positions_as_of_date > %(as_of)s",
        parameters,
    )
    same = run(
        """
        UPDATE mirror_followedloan held SET positions_as_of_date = %(as_of)s FROM told
        WHERE held.loan_id = told.loan_id AND held.absent_since_date IS NULL
          AND (held.status_word, held.status, held.outstanding_minor, held.days_past_due) IS NOT DISTINCT FROM
              (told.status_word, told.status, told.outstanding_minor, told.days_past_due::integer)
        """,
        parameters,
    )
    taken = run(
        """
        INSERT INTO mirror_followedloan AS held
               (loan_id, core_id, positions_as_of_date, status_word, status, outstanding_minor, days_past_due)
        SELECT loan_id, %(core)s, %(as_of)s, status_word, status, outstanding_minor, days_past_due FROM told
        ON CONFLICT (loan_id) DO UPDATE
        SET positions_as_of_date = EXCLUDED.positions_as_of_date, status_word = EXCLUDED.status_word,
            status = EXCLUDED.status, outstanding_minor = EXCLUDED.outstanding_minor,
            days_past_due = EXCLUDED.days_past_due, absent_since_date = NULL
        WHERE (held.status_word, held.status, held.outstanding_minor, held.days_past_due)
              IS DISTINCT FROM (EXCLUDED.status_word, EXCLUDED.status, EXCLUDED.outstanding_minor, EXCLUDED.days_past_due)
           OR held.absent_since_date IS NOT NULL
        """,
        parameters,
    )
    assert same >= 0
    return taken, older


def mark_absent(*, core_id: int, as_of: date) -> int:
    """Of a full file: note the active loans that it does not tell, and count them among the touched; returns how many."""
    return run(
        """
        WITH absent AS (
            UPDATE mirror_followedloan SET absent_since_date = %(as_of)s
            WHERE core_id = %(core)s AND positions_as_of_date < %(as_of)s AND status = 'active'
              AND absent_since_date IS NULL
            RETURNING loan_id
        )
        INSERT INTO touched SELECT loan_id FROM absent
        """,
        {"core": core_id, "as_of": as_of},
    )
