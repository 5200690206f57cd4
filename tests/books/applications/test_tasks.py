"""The queue takes payouts further every minute, at the clock's time."""

import pytest
from django.test import override_settings

from postloan.books.applications import tasks
from postloan.books.applications.models import Application
from postloan.books.applications.transferring import transfer_channel
from postloan.outside.bank.transfers_fake import FakeTransferChannel
from tests.factories.applications import draw_now, make_applicant, new_request

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_channel():
    transfer_channel.cache_clear()
    yield
    transfer_channel.cache_clear()


def test_a_payout_whose_answer_was_lost_is_paid_out_by_the_queue():
    line, account = make_applicant()
    lost = FakeTransferChannel(answers={"6200000000001": "drop"})
    application = draw_now(new_request(line, account), bank=lost)
    assert application.state == Application.State.PAYING

    chosen = {"class": "postloan.outside.bank.transfers_fake.FakeTransferChannel", "options": {}}
    with override_settings(TRANSFER_CHANNEL=chosen):
        found = tasks.settle_payouts(timestamp=0)

    application.refresh_from_db()
    assert found == {"paid_out": 1, "failed": 0, "waiting": 0, "stuck": 0, "expired": 0}
    assert application.state == Application.State.PAID_OUT
