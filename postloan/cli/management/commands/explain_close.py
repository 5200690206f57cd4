"""Say what the close of one day saw and did of one loan."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.queries import BooksNotOpen
from postloan.close.explaining import NeverClosed, NightExplained, UnknownLoan, explain_close


class Command(BaseCommand):
    """`postloan explain-close --loan ID --date D`"""

    help = "Say what the close of one day saw of a loan, which steps acted, what they wrote, from which versions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loan", type=int, required=True, metavar="ID", help="the loan's number")
        parser.add_argument("--date", type=date.fromisoformat, required=True, metavar="DATE", help="the business date")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            night = explain_close(loan_id=options["loan"], business_date=options["date"])
        except (UnknownLoan, NeverClosed, BooksNotOpen) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("\n".join(_lines(night)))


def _lines(night: NightExplained) -> list[str]:
    versions = night.versions
    lines = [
        f"loan {night.loan_id}, {night.business_date}",
        f"versions   product {versions.product} v{versions.product_version_no}, schedule v{versions.schedule_version_no}"
        + (f", Postloan {versions.software}" if versions.software else ""),
    ]
    if night.rehearsal:
        lines.append("the day is open: this is what its close would do now, nothing is written")
    elif night.run:
        lines.append(f"run        {night.run.state}, partition {night.partition_no}, executor {night.run.executor}")
        if night.run.pass_through_date and night.run.pass_through_date != night.business_date:
            lines.append(f"           caught up in one pass through {night.run.pass_through_date}: no contacts planned")
    if not night.was_looked_at and not night.rehearsal:
        lines.append("not looked at: nothing had to happen to this loan that day")
    for title, position in (("before", night.before), ("after", night.after)):
        if position:
            told = ", ".join(f"{name} {value}" for name, value in position.items() if name not in _NOT_TOLD)
            lines.append(f"{title:<11}{told}")
    lines += [f"step       {acted.step}: {acted.what}" for acted in night.acted]
    lines += [
        f"posted     {row['amount_minor']} {AccountNo(row['debit_id']).name.lower()} ← "
        f"{AccountNo(row['credit_id']).name.lower()} ({row['entry__kind']}, entry {row['entry_id']})"
        for row in night.postings
    ]
    return lines


_NOT_TOLD = ("loan_id", "customer_id", "product_version_id")
