"""The messages of ISO 20022 that a lender and its bank exchange over direct debits."""

from postloan.outside.bank.iso20022._debits import VERSIONS, schema_errors, write_debits
from postloan.outside.bank.iso20022._reports import read_report

__all__ = ["VERSIONS", "read_report", "schema_errors", "write_debits"]
