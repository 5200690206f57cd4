"""Another core for tests: loans in memory, and the files it writes of them."""

import csv
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from postloan.books.loans.models import Loan
from postloan.books.mirror.mapping import LoadedSyncMapping, load_sync_mapping
from postloan.books.mirror.operations import Synced, sync_file

NOW = datetime(2018, 7, 1, 1, tzinfo=UTC)

MAPPING = """
[tape]
source = "oldcore"

[product]
code = "old_loan"
name = "Loans of the old core"
terms = "terms.toml"

[columns]
loan_id = "id"
principal = "amount"
rate = "rate"
instalments = "rows"
disbursed_date = "paid_out"
balance = "balance"
status = "status"
days_past_due = "dpd"

[statuses]
open = { meaning = "current" }
late = { meaning = "late" }
done = { meaning = "paid_off" }
lost = { meaning = "charged_off" }

[customer]
id = "customer"
name = "name"
email = "email"
time_zone = { fixed = "Asia/Shanghai" }

[instalments]
loan_id = "id"
instalment_no = "no"
due_date = "due"
principal_due = "principal"
interest_due = "interest"
penalty_due = "penalty"
principal_paid = "principal_paid"
interest_paid = "interest_paid"
penalty_paid = "penalty_paid"

[receipts]
reference = "ref"
loan_id = "id"
amount = "amount"
value_date = "value_date"

[expected]
kinds = ["positions", "instalments"]
by_hour = 6
"""
TERMS = 'currency = "CNY"\nrate_per = "day"\n[penalty]\nrate_ppm = 500\ncounted_from = "day_one"\n'


@dataclass
class CoreRow:
    """A row of a plan in the other core, in whole yuan."""

    due: date
    principal: int
    interest: int
    paid_principal: int = 0
    paid_interest: int = 0

    @property
    def is_paid(self) -> bool:
        return (self.paid_principal, self.paid_interest) == (self.principal, self.interest)


@dataclass
class CoreLoan:
    """A loan of the other core; every customer has an address on a reserved domain."""

    id: str
    customer: str
    rows: list[CoreRow]

    @property
    def balance(self) -> int:
        return sum(row.principal - row.paid_principal for row in self.rows)

    def days_past_due(self, day: date) -> int:
        unpaid = [row.due for row in self.rows if not row.is_paid and row.due <= day]
        return (day - min(unpaid)).days if unpaid else 0

    def pay_row(self, place: int) -> int:
        """Pay a row in full and return the amount in yuan."""
        row = self.rows[place]
        row.paid_principal, row.paid_interest = row.principal, row.interest
        return row.principal + row.interest


@dataclass
class OtherCore:
    """The core with its loans, and a directory into which it writes."""

    folder: Path
    loans: dict[str, CoreLoan] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
        (self.folder / "terms.toml").write_text(TERMS, encoding="utf-8")

    @property
    def mapping(self) -> LoadedSyncMapping:
        return load_sync_mapping(file=self.folder / "mapping.toml")

    def lend(self, loan_id: str, *, due_dates: list[date], principal: int = 100, interest: int = 2) -> CoreLoan:
        rows = [CoreRow(due, principal, interest) for due in due_dates]
        loan = CoreLoan(loan_id, f"c-{loan_id}", rows)
        self.loans[loan_id] = loan
        return loan

    def positions(self, day: date, *, only: list[str] | None = None, name: str = "") -> Path:
        rows = []
        for loan in self._chosen(only):
            dpd = loan.days_past_due(day)
            status = "done" if loan.balance == 0 else "late" if dpd else "open"
            rows.append(
                {
                    "id": loan.id,
                    "amount": sum(row.principal for row in loan.rows),
                    "rate": "0.04",
                    "rows": len(loan.rows),
                    "paid_out": date(2018, 5, 1),
                    "balance": loan.balance,
                    "status": status,
                    "dpd": dpd if status == "late" else "",
                    "customer": loan.customer,
                    "name": f"Testa {loan.id}",
                    "email": f"{loan.id.lower()}@example.org",
                }
            )
        return self._write(name or f"positions-{day}.csv", rows)

    def instalments(self, day: date, *, only: list[str] | None = None, name: str = "") -> Path:
        rows = [
            {
                "id": loan.id,
                "no": no,
                "due": row.due,
                "principal": row.principal,
                "interest": row.interest,
                "penalty": 0,
                "principal_paid": row.paid_principal,
                "interest_paid": row.paid_interest,
                "penalty_paid": 0,
            }
            for loan in self._chosen(only)
            for no, row in enumerate(loan.rows, start=1)
        ]
        return self._write(name or f"instalments-{day}.csv", rows)

    def receipts(self, day: date, rows: list[tuple[str, str, int]], *, name: str = "") -> Path:
        return self._write(
            name or f"receipts-{day}.csv",
            [{"ref": ref, "id": loan_id, "amount": yuan, "value_date": day} for ref, loan_id, yuan in rows],
        )

    def sync(self, file: Path, kind: str, day: date, *, is_full: bool = True, at: datetime = NOW) -> Synced:
        return sync_file(
            file=file,
            kind=kind,
            mapping=self.mapping,
            as_of=day,
            is_full=is_full,
            by="test",
            at=at,  # type: ignore[arg-type]
        )

    def night(self, day: date) -> None:
        """Send everything as it stands when the day has closed."""
        self.sync(self.positions(day), "positions", day)
        self.sync(self.instalments(day), "instalments", day)

    def _chosen(self, only: list[str] | None) -> list[CoreLoan]:
        return [loan for loan in self.loans.values() if only is None or loan.id in only]

    def _write(self, name: str, rows: list[dict[str, object]]) -> Path:
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]) if rows else ["id"])
            writer.writeheader()
            writer.writerows(rows)
        return path


def followed(external_id: str) -> Loan:
    """Return the loan that follows one of the core's."""
    return Loan.objects.get(source="oldcore", external_id=external_id)
