"""The desk: find a customer, see where they stand, and why each number is what it is."""

from postloan.web.desk.views.customers import customer, customers, reveal_customer
from postloan.web.desk.views.loans import loan, night, receipt, why

__all__ = ["customer", "customers", "loan", "night", "receipt", "reveal_customer", "why"]
