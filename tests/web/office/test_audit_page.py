"""The record of acts can be searched: by day, person, act and thing."""

from postloan.ground.access.roles import Role
from postloan.ground.customers import operations as customers
from tests.factories.people import NOW

URL = "/office/audit/"


def test_a_reader_of_personal_data_is_found_by_the_customer_they_read(login_as, small_book):
    customer_id = small_book.late.customer_id
    customers.reveal_customer(customer_id=customer_id, purpose="to call back", by="nosy", at=NOW)
    client = login_as(Role.COMPLIANCE)

    page = client.get(URL, {"action": "reveal_customer", "kind": "customer", "number": str(customer_id)})

    text = page.content.decode()
    assert "nosy" in text
    assert "to call back" in text
    assert "nosy" not in client.get(URL, {"number": "0"}).content.decode()
    assert "nosy" not in client.get(URL, {"on": "2001-01-01"}).content.decode()
    assert "nosy" in client.get(URL, {"by": "nos"}).content.decode()
