"""
The customers of a block: who they are, encrypted, as rows for COPY.

Each customer of the tape is written once. One whom other rows may name too
comes out separately, so that the first row that is really loaded writes them.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import available_timezones

from postloan.books.loans.importing.blocks import BadRow, Block, Job, People, Person, RepeatedCustomer
from postloan.books.loans.importing.columns import clean
from postloan.books.loans.importing.copy_text import CONTACT_POINTS, CUSTOMERS, bytea_text, copy_text
from postloan.books.loans.importing.mapping import Column, CustomerColumns, Fixed
from postloan.ground.customers.cipher import FieldCipher
from postloan.kernel.contact_points import NotAContactPoint, normalised_email, normalised_phone

NAME_MOST = 200
# Plain numbers of two great plans: the kernel's parser takes longer than everything else done to a customer together.
PLAIN_NUMBERS = {
    "US": ("+1", re.compile(r"(?:\+?1)?([2-9]\d{2}[2-9]\d{6})", re.ASCII)),
    "CN": ("+86", re.compile(r"(?:\+?86)?(1[3-9]\d{9})", re.ASCII)),
}
PUNCTUATION = str.maketrans("", "", " ()-.")
LENGTHS = {"language": 10, "region": 20, "time_zone": 40}


@dataclass
class CustomerRows:
    """Rows of the two tables being gathered, column by column."""

    customers: dict[str, list[object]] = field(
        default_factory=lambda: {
            name: [] for name in ("id", "external_id", "name_encrypted", "language", "time_zone", "region")
        }
    )
    points: dict[str, list[object]] = field(
        default_factory=lambda: {name: [] for name in ("customer_id", "kind", "value_encrypted", "value_hash")}
    )

    def copies(self, *, source: str, is_invented: bool, at: datetime) -> dict[str, bytes]:
        """Return the rows as text for COPY."""
        copies = {}
        if self.customers["id"]:
            fixed = {"source": source, "is_invented": is_invented, "created_at": at.isoformat()}
            copies[CUSTOMERS] = copy_text(table=CUSTOMERS, columns=self.customers | fixed)
        if self.points["customer_id"]:
            copies[CONTACT_POINTS] = copy_text(table=CONTACT_POINTS, columns=self.points | {"state": "unverified"})
        return copies


def read_people(*, job: Job, block: Block) -> tuple[dict[int, Person], list[BadRow]]:
    """Return who holds the loan at each place of the block, contact points in one spelling, and the rows that are bad."""
    if job.people is not None:
        return _invented(job=job, people=job.people, block=block)
    return _read_columns(job=job, block=block)


def _invented(*, job: Job, people: People, block: Block) -> tuple[dict[int, Person], list[BadRow]]:
    column = job.mapping.customer.region
    regions = _texts(job=job, block=block, column=column)
    found, bad_rows = {}, []
    for place, (row, key, region) in enumerate(zip(block.rows, block.customer_keys, regions, strict=True)):
        if len(region) > LENGTHS["region"]:
            reason = f"must have at most {LENGTHS['region']} characters"
            bad_rows.append(BadRow(row.row_no, _column_name(column), "long text", reason))
        elif not row.fault:
            found[place] = people.person(key=key, region=region)
    return found, bad_rows


def _read_columns(*, job: Job, block: Block) -> tuple[dict[int, Person], list[BadRow]]:
    columns = job.mapping.customer
    names = ("name", "email", "phone", "language", "time_zone", "region")
    texts = {name: _texts(job=job, block=block, column=getattr(columns, name)) for name in names}
    bad_rows: list[BadRow] = []
    people = {}
    for place, row in enumerate(block.rows):
        if row.fault:
            continue
        person = Person(**{name: texts[name][place] for name in names})
        if person.region in columns.time_zone_by_region:
            person = replace(person, time_zone=columns.time_zone_by_region[person.region])
        checked, faults = _checked(person=person, columns=columns)
        people[place] = checked
        bad_rows += [
            BadRow(row.row_no, _column_name(getattr(columns, name)), kind, reason) for name, kind, reason in faults
        ]
    return people, bad_rows


def _texts(*, job: Job, block: Block, column: Column | Fixed | None) -> list[str]:
    if not isinstance(column, Column):
        return [column.fixed if column else ""] * len(block.rows)
    place = job.mapping.mapped_columns().index(column.column)
    texts = [row.texts[place] if not row.fault else "" for row in block.rows]
    return clean(texts=texts, strip=column.strip, empty=job.mapping.tape.empty).to_list()


def _column_name(column: Column | Fixed | None) -> str:
    return column.column if isinstance(column, Column) else ""


def _checked(*, person: Person, columns: CustomerColumns) -> tuple[Person, list[tuple[str, str, str]]]:
    faults = []
    spelt = {"email": "", "phone": ""}
    for kind in spelt:
        try:
            spelt[kind] = _spelling(kind=kind, text=getattr(person, kind), region=columns.phone_region)
        except NotAContactPoint as error:
            if columns.unreadable_contact_points == "refuse":
                faults.append((kind, "text", str(error)))
    if len(person.name) > NAME_MOST:
        faults.append(("name", "long text", f"must have at most {NAME_MOST} characters"))
    for name, most in LENGTHS.items():
        if len(getattr(person, name)) > most:
            faults.append((name, "long text", f"must have at most {most} characters"))
    if person.time_zone not in KNOWN_TIME_ZONES:
        faults.append(("time_zone", "unknown word", "must be a time zone such as Asia/Shanghai"))
    return replace(person, **spelt), faults


KNOWN_TIME_ZONES = available_timezones()


def _spelling(*, kind: str, text: str, region: str) -> str:
    if not text:
        return ""
    return normalised_email(text=text) if kind == "email" else spelt_phone(text=text, region=region)


def spelt_phone(*, text: str, region: str) -> str:
    """Return what `normalised_phone` returns, sooner where the number is a plain one of its region."""
    if region in PLAIN_NUMBERS:
        code, layout = PLAIN_NUMBERS[region]
        if found := layout.fullmatch(text.translate(PUNCTUATION)):
            return code + found[1]
    return normalised_phone(text=text, region=region)


def customer_rows(
    *, job: Job, block: Block, people: dict[int, Person], places: list[int], cipher: FieldCipher
) -> tuple[dict[str, bytes], list[RepeatedCustomer]]:
    """Return the rows of the new customers at `places`: the plain ones together, the repeated ones one by one."""
    rows = CustomerRows()
    repeated: dict[int, RepeatedCustomer] = {}
    about = {"source": job.mapping.tape.source, "is_invented": job.people is not None, "at": job.at}
    for place in places:
        customer_id = block.customer_ids[place]
        if block.customers_known[place] or customer_id in repeated:
            continue
        if not block.customers_repeated[place]:
            _add(
                rows=rows, customer_id=customer_id, key=block.customer_keys[place], person=people[place], cipher=cipher
            )
            continue
        own = CustomerRows()
        _add(rows=own, customer_id=customer_id, key=block.customer_keys[place], person=people[place], cipher=cipher)
        copies = own.copies(**about)  # type: ignore[arg-type]
        repeated[customer_id] = RepeatedCustomer(customer_id, copies[CUSTOMERS], copies.get(CONTACT_POINTS, b""))
    return rows.copies(**about), list(repeated.values())  # type: ignore[arg-type]


def _add(*, rows: CustomerRows, customer_id: int, key: str, person: Person, cipher: FieldCipher) -> None:
    customers, points = rows.customers, rows.points
    customers["id"].append(customer_id)
    customers["external_id"].append(key)
    name = cipher.encrypt(value=person.name, field="customer.name", row_id=customer_id)
    customers["name_encrypted"].append(bytea_text(value=name))
    customers["language"].append(person.language)
    customers["time_zone"].append(person.time_zone)
    customers["region"].append(person.region)
    for kind, value in (("email", person.email), ("phone", person.phone)):
        if not value:
            continue
        # Bound to the customer, as operations.add_customer does.
        ciphertext = cipher.encrypt(value=value, field=f"contact_point.{kind}", row_id=customer_id)
        points["customer_id"].append(customer_id)
        points["kind"].append(kind)
        points["value_encrypted"].append(bytea_text(value=ciphertext))
        points["value_hash"].append(bytea_text(value=cipher.lookup_hash(value=value)))
