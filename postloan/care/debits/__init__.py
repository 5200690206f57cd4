"""Tell customers amount and date of their debits before the bank does. No tables: orders lie in books, messages in outreach."""
