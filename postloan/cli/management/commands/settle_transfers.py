"""`postloan settle-transfers`: take the payouts under way further, and record the offers that have run out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.books.applications import operations


class Command(BaseCommand):
    help = "Take payouts under way as far as the bank lets them, and record the offers that have run out."

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        found = operations.settle_transfers(by="settle-transfers", at=at)
        expired = operations.expire_offers(by="settle-transfers", at=at)
        self.stdout.write(
            f"{found.paid_out} paid out, {found.failed} failed, {found.waiting} waiting, {expired} offers expired"
        )
        if found.stuck:
            raise CommandError(f"money has left without a loan: transfers {', '.join(map(str, found.stuck))}")
