"""Notifications on the borrower's own device: asked for, stopped, opened, and for nobody else."""

import json

import pytest
from django.urls import reverse

from postloan.care.outreach.models import Message, Subscription
from postloan.ground.access.roles import Role
from tests.factories.messages import make_message
from tests.factories.people import make_customer

pytestmark = pytest.mark.django_db
DEVICE = json.dumps({"endpoint": "https://push.example/1", "keys": {"p256dh": "a", "auth": "b"}})


@pytest.fixture(autouse=True)
def _key(settings, tmp_path):
    settings.PUSH_KEY_FILE = tmp_path / "push.pem"


def test_a_device_is_kept_encrypted_once_and_let_go(login_as):
    customer = make_customer()
    client = login_as(Role.BORROWER, customer_id=customer.pk)

    answers = [client.post(reverse("portal:push_start"), DEVICE, content_type="application/json") for _ in range(2)]

    held = Subscription.objects.get(customer=customer)
    assert [answer.status_code for answer in answers] == [204, 204]
    assert b"push.example" not in bytes(held.value_encrypted)
    client.post(reverse("portal:push_stop"))
    held.refresh_from_db()
    assert held.is_gone


def test_what_is_no_subscription_is_refused(login_as):
    client = login_as(Role.BORROWER, customer_id=make_customer().pk)

    assert client.post(reverse("portal:push_start"), "{}", content_type="application/json").status_code == 422


def test_opening_a_notification_marks_ones_own_message_as_read(login_as):
    own, other = (make_message(customer=make_customer(), channel="push") for _ in range(2))
    client = login_as(Role.BORROWER, customer_id=own.customer_id)

    for message in (own, other):
        client.get(reverse("portal:pushed", args=[message.pk]))

    read = dict(Message.objects.values_list("pk", "read_at"))
    assert read[own.pk] is not None and read[other.pk] is None


def test_the_worker_lies_where_it_serves_the_portal_and_the_page_names_the_key(login_as):
    client = login_as(Role.BORROWER, customer_id=make_customer().pk)

    worker = client.get("/portal/worker.js")
    page = client.get(reverse("portal:notices")).content.decode()

    assert worker["Content-Type"].startswith("text/javascript") and b"showNotification" in worker.content
    assert 'data-scope="/portal/"' in page and "data-key=" in page
