"""
How fast messages leave, over SMTP and over SMPP, and how near that is to the floor.

    python benchmarks/send.py [--messages 4000] [--senders 2] [--channels email sms]

Reminders of as many loans wait in the outbox of a fresh database. Senders, processes of their own, take them through
everything a message goes through: claim, gate, what is owed now, text, encryption, handing over, receipts, evidence.
The peers stand on loopback in processes of their own and keep nothing. The floor is the same number of bare sends of
ready texts by as many processes, without a database. Rates are messages per second of wall clock, from the first
sender's start (already running, waiting for a file) until the last message is recorded.
"""

import argparse
import asyncio
import multiprocessing
import os
import socket
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import django

AT = datetime(2026, 9, 1, 4, tzinfo=UTC)  # noon in Shanghai
DUE = date(2026, 9, 8)


def main() -> None:
    """Measure each channel and print a table."""
    asked = _options()
    os.environ["DJANGO_SETTINGS_MODULE"] = "postloan.config.settings"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["POSTLOAN_KEYSET"] = str(Path(folder) / "keys.json")
        ports = {channel: _start_peer(channel) for channel in asked.channels}
        os.environ["POSTLOAN_SMTP_PORT"] = str(ports.get("email", 9))
        os.environ["POSTLOAN_SMPP_PORT"] = str(ports.get("sms", 9))
        os.environ["POSTLOAN_BOUNCES"] = str(Path(folder) / "bounces")
        django.setup()
        from books_for_close import Books
        from memory import MemoryMeter

        from postloan.config.database import database_in_use

        print(f"{asked.messages:,} messages, {asked.senders} senders")
        print(f"{'channel':8} {'sent/s':>8} {'floor/s':>8} {'of floor':>9} {'peak MiB':>9} {'receipts':>9}")
        with database_in_use() as keeper:
            for channel in asked.channels:
                books = Books(keeper=keeper, folder=Path(folder))
                books.create_empty(book=f"send_{channel}")
                try:
                    _make_waiting(channel, asked.messages)
                    with MemoryMeter(keeper=keeper) as meter:
                        rate = _measure(asked, folder, _send, channel)
                    receipts = _check(channel, asked.messages)
                    floor = _measure(asked, folder, _bare, channel)
                    print(
                        f"{channel:8} {rate:8.0f} {floor:8.0f} {rate / floor:9.1%} {meter.peak_mib:9.0f} {receipts:9,}",
                        flush=True,
                    )
                finally:
                    books.drop_all()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=4_000)
    parser.add_argument("--senders", type=int, default=2)
    parser.add_argument("--channels", nargs="+", default=["email", "sms"], choices=["email", "sms"])
    return parser.parse_args()


# --- the peers


def _start_peer(channel: str) -> int:
    listening = socket.create_server(("127.0.0.1", 0))
    serve = _serve_mail if channel == "email" else _serve_sms
    multiprocessing.get_context("fork").Process(target=serve, args=(listening,), daemon=True).start()
    return int(listening.getsockname()[1])


class _Nothing:
    """A mail server that takes everything and keeps nothing."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return "250 taken"


def _serve_mail(listening: socket.socket) -> None:
    from postloan.outside.mail.demo_mailbox import serve_mail

    asyncio.run(serve_mail(handler=_Nothing(), listening=listening))


def _serve_sms(listening: socket.socket) -> None:
    from postloan.outside.sms.demo_centre import Centre, serve_sms

    asyncio.run(serve_sms(centre=Centre(keep=lambda text: None), listening=listening))


# --- what waits


def _make_waiting(channel: str, messages: int) -> None:
    from django.db import transaction

    from postloan.books.loans.models import Loan, ScheduleVersion
    from postloan.books.products.models import Product, ProductVersion
    from postloan.care.outreach.models import Message
    from postloan.ground.customers.cipher import field_cipher
    from postloan.ground.customers.models import ContactPoint, Customer
    from postloan.kernel.product_terms import ProductTerms

    cipher = field_cipher()
    terms = ProductTerms.model_validate({"currency": "CNY"}).model_dump(mode="json")
    with transaction.atomic():
        product = Product.objects.create(code="send", name="Send")
        version = ProductVersion.objects.create(product=product, version_no=1, terms=terms, created_at=AT)
        customers = Customer.objects.bulk_create(
            Customer(source="send", external_id=f"C{no}", language="zh-hans", time_zone="Asia/Shanghai", created_at=AT)
            for no in range(messages)
        )
        points = []
        for no, customer in enumerate(customers):
            customer.name_encrypted = cipher.encrypt(value="测试", field="customer.name", row_id=customer.pk)
            values = (("email", f"c{no}@example.org"), ("phone", f"+86138{no:08d}"))
            kind, value = values[channel == "sms"]
            points.append(
                ContactPoint(
                    customer=customer,
                    kind=kind,
                    value_encrypted=cipher.encrypt(value=value, field=f"contact_point.{kind}", row_id=customer.pk),
                    value_hash=cipher.lookup_hash(value=value),
                )
            )
        Customer.objects.bulk_update(customers, ["name_encrypted"], batch_size=500)
        ContactPoint.objects.bulk_create(points)
        loans = Loan.objects.bulk_create(
            Loan(
                source="send", external_id=f"L{no}", customer=customer, product_version=version, currency="CNY",
                principal_minor=100_000, rate_ppm=120_000, rate_per="year", instalments=12, instalment_minor=9_000,
                disbursed_date=date(2026, 8, 8), takeover_date=date(2026, 8, 8), schedule_version_no=1,
                next_instalment_no=1, next_due_date=DUE, principal_outstanding_minor=100_000, next_event_date=DUE,
            )
            for no, customer in enumerate(customers)
        )  # fmt: skip
        ScheduleVersion.objects.bulk_create(
            ScheduleVersion(
                loan=loan, version_no=1, reason="opened", business_date=date(2026, 8, 8), row_from_date=date(2026, 8, 8),
                due_dates=[DUE + timedelta(days=30 * row) for row in range(12)],
                principal_minor=[8_333] * 11 + [8_337], interest_minor=[600] * 12,
            )
            for loan in loans
        )  # fmt: skip
        Message.objects.bulk_create(
            Message(
                key=f"send:{loan.pk}", customer=loan.customer, channel=channel, purpose="reminder",
                template="reminder_before", language="zh-hans", not_before_at=AT, queued_at=AT,
                occasion={
                    "kind": "days_before_7", "due_date": DUE.isoformat(), "contact_date": AT.date().isoformat(),
                    "loans": [[loan.pk, 1]],
                },
            )
            for loan in loans
        )  # fmt: skip


# --- the senders


def _measure(asked: argparse.Namespace, folder: str, work: Any, channel: str) -> float:
    go = Path(folder) / f"go-{work.__name__}-{channel}"
    context = multiprocessing.get_context("spawn")
    ready = context.Semaphore(0)
    share = asked.messages // asked.senders
    from django.db import connection

    name = connection.settings_dict["NAME"]
    workers = [context.Process(target=work, args=(channel, name, share, ready, str(go))) for _ in range(asked.senders)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    began = time.perf_counter()
    go.touch()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0, "a sender failed"
    return share * asked.senders / (time.perf_counter() - began)


def _await(ready: Any, go: str) -> None:
    ready.release()
    while not Path(go).exists():
        time.sleep(0.002)


def _send(channel: str, name: str, share: int, ready: Any, go: str) -> None:
    django.setup()
    from django.conf import settings
    from django.db import connection

    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    connection.ensure_connection()
    from postloan.care.outreach.sending import send_round

    _await(ready, go)
    while send_round(at=AT, by="benchmark").total:
        pass


def _bare(channel: str, name: str, share: int, ready: Any, go: str) -> None:
    django.setup()
    from postloan.care.outreach.channels import mail_channel
    from postloan.outside.mail.port import OutgoingMail
    from postloan.outside.sms.port import OutgoingSms
    from postloan.outside.sms.vendors.smpp import SmppChannel

    text = "您有 CNY 89.33 将于2026年9月8日到期，可登录 http://localhost:8000/portal/ 还款，咨询 +1 555 0100 100。"
    sender: Any
    if channel == "email":
        sender = mail_channel()
        ready_ones: list[Any] = [
            OutgoingMail(message_id=f"m{no}@lender.example", sender="post@lender.example", recipient="c@example.org",
                         subject="应还", text=text * 5, sent_at=AT)
            for no in range(share)
        ]  # fmt: skip
    else:
        sender = SmppChannel(
            host="127.0.0.1", port=int(os.environ["POSTLOAN_SMPP_PORT"]), system_id=f"floor{os.getpid()}"
        )
        ready_ones = [OutgoingSms(message_id=f"m{no}", recipient=f"+86138{no:08d}", text=text) for no in range(share)]
    _await(ready, go)
    for start in range(0, share, 100):
        assert all(result.accepted for result in sender.send(messages=ready_ones[start : start + 100]))
    if channel == "sms":
        taken: list[Any] = []
        while len(taken) < share:
            sender.take_incoming(keep=taken.extend)


def _check(channel: str, messages: int) -> int:
    """Make sure that everything left, once; return how many receipts came back."""
    from django.db.models import Count

    from postloan.care.outreach.models import DeliveryReceipt, Message

    states = dict(Message.objects.values_list("state").annotate(Count("pk")))
    assert states == {"sent": messages}, states
    assert not Message.objects.filter(doubts__gt=0).exists()
    return DeliveryReceipt.objects.count()


if __name__ == "__main__":
    main()
