"""The desk: find a customer, see where they stand, and why each number is what it is."""

from postloan.web.desk.views.changes import change, change_request, changes, decide_change
from postloan.web.desk.views.customers import customer, customers, reveal_customer
from postloan.web.desk.views.loans import loan, night, receipt, why
from postloan.web.desk.views.money import new_receipt, reverse_receipt

__all__ = [
    "change",
    "change_request",
    "changes",
    "customer",
    "customers",
    "decide_change",
    "loan",
    "new_receipt",
    "night",
    "receipt",
    "reveal_customer",
    "reverse_receipt",
    "why",
]
