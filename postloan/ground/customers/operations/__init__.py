from postloan.ground.customers.operations._add_customer import add_customer
from postloan.ground.customers.operations._reveal_customer import PurposeMissing, RevealedCustomer, reveal_customer

__all__ = ["PurposeMissing", "RevealedCustomer", "add_customer", "reveal_customer"]
