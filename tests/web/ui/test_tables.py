"""Tables: pages by key, orders either way, columns, saved views, files."""

import random

import polars as pl
import pytest
from django.test import RequestFactory

from postloan.books.loans.models import Loan
from postloan.books.loans.queries import find_loans
from postloan.ground.access.roles import Role
from postloan.web.ui import saved_views
from postloan.web.ui.models import SavedView
from postloan.web.ui.tables import FrameRows, ListRows, QueryRows, Sort
from postloan.web.ui.tables import rows as rows_module
from postloan.web.ui.tables.rows import Cursor, Order
from tests.factories.loans import make_book

SORTS = {
    "loan": Sort("pk"),
    "since": Sort("past_due_since_date", is_nullable=True),
    "outstanding": Sort("principal_outstanding_minor"),
    "bucket": Sort("bucket"),
}


def walk(rows, order: Order, *, limit: int, backwards: bool = False) -> list:
    """Return all rows by turning page after page; backwards it begins at the end."""
    found: list = []
    cursor = None
    while placed := rows.read(order=order, cursor=cursor, backwards=backwards, limit=limit):
        here = [one.row for one in placed]
        found = here + found if backwards else found + here
        cursor = Cursor.read(str(placed[0 if backwards else -1].place))
    return found


def in_order(loans, order: Order) -> list:
    """Return the loans as the order asks, those without a value last, in either direction."""
    name = SORTS[order.name].field

    def with_value(is_there: bool):
        return [loan for loan in loans if (getattr(loan, name) is not None) is is_there]

    valued = sorted(with_value(True), key=lambda loan: (getattr(loan, name), loan.pk), reverse=order.is_descending)
    return [*valued, *sorted(with_value(False), key=lambda loan: loan.pk, reverse=order.is_descending)]


@pytest.mark.parametrize("limit", [1, 7, 40, 100])
@pytest.mark.parametrize("order", [f"{sign}{name}" for name in SORTS for sign in ("", "-")])
def test_turning_pages_shows_every_row_once_and_in_order_both_ways(db, order, limit):
    make_book(loans=40, seed=5)
    wanted = in_order(list(Loan.objects.all()), Order.read(order))
    rows = QueryRows(find_loans(), SORTS)

    assert walk(rows, Order.read(order), limit=limit) == wanted
    assert walk(rows, Order.read(order), limit=limit, backwards=True) == wanted


def test_rows_that_come_and_go_between_two_pages_neither_repeat_nor_hide_others(db):
    loans = sorted(make_book(loans=30, seed=6), key=lambda loan: loan.pk)
    rows, order = QueryRows(find_loans(), SORTS), Order("loan", is_descending=True)
    first = rows.read(order=order, cursor=None, backwards=False, limit=10)

    make_book(loans=5, seed=7)
    second = rows.read(order=order, cursor=first[-1].place, backwards=False, limit=10)

    assert [one.row.pk for one in second] == [loan.pk for loan in reversed(loans[10:20])]


@pytest.mark.parametrize("text", ["", "x", "bm90anNvbg", "W10", "WzFd", "WyJhIiwiYiJd", "W251bGwsbnVsbF0", "A" * 300])
def test_a_place_that_makes_no_sense_is_no_place(db, text):
    make_book(loans=3, seed=1)
    cursor = Cursor.read(text)

    rows = QueryRows(find_loans(), SORTS).read(order=Order("loan"), cursor=cursor, backwards=False, limit=9)

    assert len(rows) == (0 if cursor else 3)


@pytest.mark.parametrize("is_descending", [False, True])
def test_rows_of_a_frame_and_of_a_list_turn_pages_as_well(is_descending):
    numbers = list(range(50))
    random.Random(3).shuffle(numbers)
    frame = pl.DataFrame({"id": numbers, "days": [number % 7 or None for number in numbers]})
    rows = FrameRows(frame, key="id", sorts={"days": Sort("days")})
    order = Order("days", is_descending=is_descending)

    forth, back = walk(rows, order, limit=8), walk(rows, order, limit=8, backwards=True)

    assert forth == back
    assert sorted(row["id"] for row in forth) == list(range(50))
    assert [row["days"] for row in forth[-8:]] == [None] * 8
    assert walk(ListRows(numbers), order, limit=7) == walk(ListRows(numbers), order, limit=7, backwards=True) == numbers


def test_what_is_more_than_can_be_counted_is_said_to_be_more_and_ordered_by_its_key_only(
    client, login_as, db, monkeypatch
):
    make_book(loans=12, seed=1)
    monkeypatch.setattr(rows_module, "COUNT_MOST", 10)
    monkeypatch.setattr("postloan.web.ui.tables.table.COUNT_MOST", 10)
    login_as(Role.RISK)

    page = client.get("/office/loans/", {"sort": "-outstanding"})

    assert "More than 10 loans" in page.content.decode()
    assert page.context["listing"].order == Order("loan")
    assert [row.loan.pk for row in page.context["listing"].rows] == sorted(Loan.objects.values_list("pk", flat=True))


def test_pages_are_turned_by_links_and_come_back(client, login_as, db):
    make_book(loans=120, seed=2)
    login_as(Role.RISK)

    seen, url = [], "/office/loans/"
    for _ in range(3):
        listing = client.get(url).context["listing"]
        seen.append([row.loan.pk for row in listing.rows])
        url = "/office/loans/" + listing.next_url if listing.next else ""
    back = client.get("/office/loans/" + listing.previous_url).context["listing"]
    first = client.get("/office/loans/" + back.previous_url).context["listing"]

    assert url == ""
    assert [pk for page in seen for pk in page] == sorted(Loan.objects.values_list("pk", flat=True))
    assert [row.loan.pk for row in back.rows] == seen[1]
    assert [row.loan.pk for row in first.rows] == seen[0]
    assert (first.previous, first.is_first_page) == (None, False)


def test_columns_are_chosen_and_the_file_has_the_same(client, login_as, small_book):
    login_as(Role.RISK)
    asked = {"cols": ["outstanding", "disbursed"], "sort": "-outstanding", "bucket": small_book.late.bucket}

    listing = client.get("/office/loans/", asked).context["listing"]
    file = b"".join(client.get("/office/loans/" + listing.csv_url).streaming_content).decode("utf-8-sig").splitlines()

    assert [column.name for column in listing.columns] == ["loan", "outstanding", "disbursed"]
    assert file[0] == "Loan,Principal outstanding,Paid out"
    assert [line.split(",")[0] for line in file[1:]] == [row.loan.external_id for row in listing.rows]


def test_a_file_of_many_pages_holds_every_row(client, login_as, db, monkeypatch):
    monkeypatch.setattr("postloan.web.ui.tables.file.ROWS_AT_ONCE", 7)
    make_book(loans=30, seed=4)
    login_as(Role.RISK)

    answer = client.get("/office/loans/", {"format": "csv", "sort": "-outstanding"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()

    assert len(set(lines)) == len(lines) == 31


def test_a_view_is_saved_shown_and_forgotten_by_its_owner_only(client, login_as, db):
    login_as(Role.RISK)
    query = "sort=-outstanding&bucket=3&after=WzEsMV0&status="

    saved = client.post(
        "/views/save", {"table": "office.loans", "name": "Late", "query": query, "next": "/office/loans/"}
    )
    page = client.get(saved.url)
    login_as(Role.FINANCE)
    others = client.get("/office/loans/").context["listing"].views
    client.post(f"/views/{SavedView.objects.get().pk}/forget", {"next": "/office/loans/"})

    assert saved.url == "/office/loans/?bucket=3&sort=-outstanding"
    assert [(view.name, view.is_here) for view in page.context["listing"].views] == [("Late", True)]
    assert others == ()
    assert SavedView.objects.count() == 1


def test_a_name_used_again_replaces_the_view_and_there_is_room_for_some(client, login_as, db):
    login_as(Role.RISK)
    user_id = int(client.session["_auth_user_id"])
    given = {"user_id": user_id, "table": "office.loans"}
    for number in range(saved_views.MOST_VIEWS):
        saved_views.save_view(**given, name=f"view {number}", query="bucket=1")

    saved_views.save_view(**given, name="view 3", query="?bucket=2&page=9")
    with pytest.raises(saved_views.TooManyViews):
        saved_views.save_view(**given, name="one more", query="bucket=1")
    with pytest.raises(saved_views.ViewUnnamed):
        saved_views.save_view(**given, name=" \0", query="bucket=1")
    with pytest.raises(saved_views.QueryTooLong):
        saved_views.save_view(**given, name="long", query="text=" + "9" * 600)

    assert SavedView.objects.get(name="view 3").query == "bucket=2"
    assert SavedView.objects.count() == saved_views.MOST_VIEWS


@pytest.mark.parametrize("outside", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil", ""])
def test_a_form_leads_back_to_pages_of_ours_only(client, login_as, db, outside):
    login_as(Role.RISK)

    answer = client.post("/views/1/forget", {"next": outside})

    assert answer.url == "/"


def test_the_pages_of_saved_views_are_for_staff(client, login_as, db):
    answers = [client.post("/views/save").status_code]
    login_as(Role.BORROWER)
    answers.append(client.post("/views/save").status_code)

    assert answers == [302, 403]


def test_cells_say_nothing_where_there_is_nothing_and_never_trust_a_text(small_book, client, login_as):
    login_as(Role.RISK)
    Loan.objects.filter(pk=small_book.late.pk).update(external_id="<b>&", next_due_date=None)

    page = client.get("/office/loans/", {"text": "<b>&"}).content.decode()

    assert "&lt;b&gt;&amp;" in page
    assert '<span class="nothing">–</span>' in page


def test_the_request_factory_knows_no_reader_and_shows_no_views(rf: RequestFactory):
    from django.contrib.auth.models import AnonymousUser

    request = rf.get("/office/loans/")
    request.user = AnonymousUser()

    assert saved_views.views_of(request=request, table="office.loans") == ()
