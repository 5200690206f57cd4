"""The office: what the book is, what the nights did, what was said, and the journal of it all."""

from postloan.web.office.views.book import book, loans
from postloan.web.office.views.journal import account, accounts, entry, journal
from postloan.web.office.views.messages import mail, mailbox, message, messages, reveal_message
from postloan.web.office.views.nights import close_run, close_runs, imports

__all__ = [
    "account",
    "accounts",
    "book",
    "close_run",
    "close_runs",
    "entry",
    "imports",
    "journal",
    "loans",
    "mail",
    "mailbox",
    "message",
    "messages",
    "reveal_message",
]
