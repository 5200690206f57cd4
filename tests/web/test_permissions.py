"""Every address of the pages × every role: strangers are sent to log in, the wrong role is refused, the right one is served."""

from datetime import date

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from postloan.books.ledger.journal_queries import find_postings
from postloan.books.relief.models import ChangeRequest
from postloan.ground.access.roles import DESK, OFFICE, Role
from tests.factories.gate import make_decision
from tests.factories.messages import make_message
from tests.factories.nights import make_close_run, make_fault
from tests.factories.people import NOW, make_login

BORROWER = frozenset({Role.BORROWER})
OPEN_TO = {"office": OFFICE, "desk": DESK, "portal": BORROWER}
MENDERS = frozenset({Role.SUPERVISOR, Role.FINANCE, Role.ENGINEER})
OPEN_TO_FEWER = dict.fromkeys(
    ("office:retry_fault", "office:release_fault", "office:retry_faults", "office:release_faults"), MENDERS
) | {
    "office:audit": frozenset({Role.COMPLIANCE, Role.SUPERVISOR, Role.ENGINEER}),
    **dict.fromkeys(("desk:change", "desk:decide_change"), frozenset({Role.AGENT, Role.SUPERVISOR, Role.FINANCE})),
    **dict.fromkeys(
        ("office:redrive", "office:draft_text", "office:submit_text", "office:approve_text", "office:reject_text"),
        frozenset({Role.COMPLIANCE, Role.SUPERVISOR, Role.ENGINEER}),
    ),
    **dict.fromkeys(("desk:new_receipt", "desk:reverse_receipt"), frozenset({Role.FINANCE, Role.SUPERVISOR})),
}
# Opened by GET these lead back to the page whose form they answer.
LEADS_ELSEWHERE = {
    "office:reveal_message", "desk:reveal_customer", "office:retry_fault", "office:release_fault",
    "office:retry_faults", "office:release_faults", "office:revoke_token", "desk:take_wish", "desk:change_hold",
    "desk:mark_point", "desk:decide_change", "office:redrive", "portal:pushed",
    "office:draft_text", "office:submit_text", "office:approve_text", "office:reject_text",
}  # fmt: skip
ONLY_POSTED = {"portal:push_start", "portal:push_stop"}
PUBLIC_FILES = {"portal:worker"}  # a script without anybody's data, which browsers fetch by themselves
EVERYBODYS = {"home", "login", "logout", "set_language"}


def open_to_roles(name: str) -> frozenset[Role]:
    return OPEN_TO_FEWER.get(name) or OPEN_TO[name.partition(":")[0]]


def page_names() -> list[str]:
    """Return the names of all addresses of the three sites."""
    names = []
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace in OPEN_TO:
            names += [f"{entry.namespace}:{page.name}" for page in entry.url_patterns if isinstance(page, URLPattern)]
    return sorted(set(names) - PUBLIC_FILES)


def _change_request(loan) -> ChangeRequest:
    return ChangeRequest.objects.create(
        loan=loan,
        key="k1",
        kind="deferral",
        fields={"periods": 1},
        value_date=date(2018, 7, 1),
        given_up_minor=0,
        reason="hardship",
        proposed_by="somebody",
        proposed_at=NOW,
    )


@pytest.fixture
def things(small_book):
    """Something behind every kind of address."""
    loan = small_book.late
    message = make_message(customer=loan.customer)
    make_close_run(business_date=date(2018, 7, 1))
    entry_id = find_postings(loan_id=loan.pk)[0].entry_id
    return {
        "loan_id": loan.pk,
        "customer_id": loan.customer_id,
        "figure": "outstanding",
        "message_id": message.pk,
        "fault_id": make_fault(loan=small_book.current).pk,
        "business_date": date(2018, 7, 1),
        "entry_id": entry_id,
        "token_id": 1,
        "decision_id": make_decision(customer=loan.customer).pk,
        "kind": "deferral",
        "request_id": _change_request(loan).pk,
        "code": "bank",
        "version_id": 1,
    }


NEEDS = {
    "office:close_run": ["business_date"],
    "office:close_live": ["business_date"],
    "office:fault": ["fault_id"],
    "office:retry_fault": ["fault_id"],
    "office:release_fault": ["fault_id"],
    "office:message": ["message_id"],
    "office:reveal_message": ["message_id"],
    "office:entry": ["entry_id"],
    "office:revoke_token": ["token_id"],
    "office:account": ["code"],
    "office:close_report": ["business_date"],
    "office:draft_text": ["version_id"],
    "office:submit_text": ["version_id"],
    "office:approve_text": ["version_id"],
    "office:reject_text": ["version_id"],
    "portal:pushed": ["message_id"],
    "office:decision": ["decision_id"],
    "desk:customer": ["customer_id"],
    "desk:contacts": ["customer_id"],
    "desk:take_wish": ["customer_id"],
    "desk:change_hold": ["customer_id"],
    "desk:mark_point": ["customer_id"],
    "desk:reveal_customer": ["customer_id"],
    "desk:loan": ["loan_id"],
    "desk:night": ["loan_id"],
    "desk:new_receipt": ["loan_id"],
    "desk:change": ["loan_id", "kind"],
    "desk:change_request": ["request_id"],
    "desk:decide_change": ["request_id"],
    "desk:why": ["loan_id", "figure"],
    "portal:loan": ["loan_id"],
    "portal:why": ["loan_id", "figure"],
    "portal:notice": ["message_id"],
}
NOTHING_THERE = {  # the role is asked before the thing is looked for: these answer 404 to the right role only
    "office:import_batch": [1],
    "office:core_night": [1, date(2018, 6, 30)],
    "office:mail": ["0" * 40],
    "office:text": [10**9],
    "desk:receipt": [1, 1],
    "desk:reverse_receipt": [1, 1],
}


def address(name: str, things: dict) -> str:
    if name in NOTHING_THERE:
        return reverse(name, args=NOTHING_THERE[name])
    return reverse(name, args=[things[need] for need in NEEDS.get(name, [])])


@pytest.mark.parametrize("name", page_names())
def test_a_page_opens_to_its_roles_and_to_nobody_else(name: str, things: dict, client: Client):
    url = address(name, things)
    open_to = open_to_roles(name)
    wanted = 404 if name in NOTHING_THERE else 302 if name in LEADS_ELSEWHERE else 405 if name in ONLY_POSTED else 200

    answers = {"stranger": client.get(url)}
    for role in Role:
        customer_id = things["customer_id"] if role == Role.BORROWER else None
        client.force_login(make_login(username=f"test-{role}", roles=[role], customer_id=customer_id))
        answers[role] = client.get(url)
    client.force_login(make_login(username="test-none", roles=[]))
    answers["no role"] = client.get(url)

    assert answers["stranger"].status_code == 302
    assert answers["stranger"].url.startswith("/login?next=/")
    assert {who: answer.status_code for who, answer in answers.items() if who != "stranger"} == {
        **{role: wanted if role in open_to else 403 for role in Role},
        "no role": 403,
    }


def test_every_view_of_the_sites_says_whom_it_is_open_to():
    without = [
        page.name
        for entry in get_resolver().url_patterns
        if isinstance(entry, URLResolver) and entry.namespace in OPEN_TO
        for page in entry.url_patterns
        if f"{entry.namespace}:{page.name}" not in PUBLIC_FILES
        and getattr(page.callback, "open_to", None) != open_to_roles(f"{entry.namespace}:{page.name}")
    ]

    assert without == []


@pytest.mark.parametrize(
    ("roles", "home"),
    [
        ([Role.AGENT], "/desk/"),
        ([Role.ENGINEER], "/office/"),
        ([Role.SUPERVISOR, Role.AGENT], "/office/"),
        ([Role.BORROWER], "/portal/"),
    ],
)
def test_the_first_address_sends_each_role_to_its_home(roles, home, client, db):
    client.force_login(make_login(username="somebody", roles=roles))

    assert client.get("/").url == home


def test_a_login_without_a_role_is_told_so(client, db):
    client.force_login(make_login(username="newcomer", roles=[]))

    answer = client.get("/")

    assert answer.status_code == 403
    assert "has no role" in answer.content.decode()


def test_a_borrower_finds_nothing_of_another_customer(small_book, client):
    own, other = small_book.late, small_book.current
    notice = make_message(customer=other.customer)
    client.force_login(make_login(username="owner", roles=[Role.BORROWER], customer_id=own.customer_id))

    answers = [
        client.get(url).status_code
        for url in (
            f"/portal/loans/{other.pk}",
            f"/portal/loans/{other.pk}/why/outstanding",
            f"/portal/notices/{notice.pk}",
            "/portal/loans/999999",
        )
    ]

    assert answers == [404, 404, 404, 404]
    assert client.get(f"/portal/loans/{own.pk}").status_code == 200


def test_the_way_back_after_login_does_not_lead_outside(client, db):
    make_login(username="agent", roles=[Role.AGENT])

    answer = client.post(
        "/login", {"username": "agent", "password": "a long pass phrase", "next": "https://evil.example/"}
    )

    assert answer.url == "/"


def test_leaving_needs_a_post(client, db):
    client.force_login(make_login(username="agent", roles=[Role.AGENT]))

    assert client.get("/logout").status_code == 405
    assert client.post("/logout").url == "/login"
