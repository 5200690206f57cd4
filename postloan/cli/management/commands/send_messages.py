"""`postloan send-messages`: be a sender, until asked to end."""

import signal
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from postloan.care.outreach.sending import send_for_ever, send_until_empty


class Command(BaseCommand):
    help = "Deliver messages as they fall due, and take in receipts; any number of senders may run side by side."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--until-empty", action="store_true", help="end when nothing more waits")
        parser.add_argument(
            "--lease-seconds", type=int, default=600, help="when a message claimed by a dead sender is free"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        lease = timedelta(seconds=options["lease_seconds"])
        if options["until_empty"]:
            done = send_until_empty(at=timezone.now(), by="sender", lease=lease)
            self.stdout.write(f"sent {done.sent}, dropped {done.dropped}, failed {done.failed}, waiting {done.waiting}")
            return
        ending: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, frame: ending.append(received))
        sent = send_for_ever(
            clock=timezone.now, by="sender", is_ending=lambda: bool(ending), sleep=time.sleep, lease=lease
        )
        self.stdout.write(f"sent {sent}")
