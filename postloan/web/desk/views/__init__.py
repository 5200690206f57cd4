"""The desk: find a customer, see where they stand, and why each number is what it is."""

from postloan.web.desk.views.customers import customer, customers, reveal_customer
from postloan.web.desk.views.loans import loan, receipt, why

__all__ = ["customer", "customers", "loan", "receipt", "reveal_customer", "why"]
