"""The office: what the book is, what the nights did, what was said, and the journal of it all."""

from postloan.web.office.views.accounts import account, accounts, day_sums, ledger_file
from postloan.web.office.views.audit import audit
from postloan.web.office.views.book import book
from postloan.web.office.views.contacts import contact_rules, decision, decisions, evidence, try_rules
from postloan.web.office.views.cores import core_night, cores
from postloan.web.office.views.faults import fault, faults, release_fault, release_faults, retry_fault, retry_faults
from postloan.web.office.views.imports import import_batch, imports
from postloan.web.office.views.journal import entry, journal
from postloan.web.office.views.loans import loans
from postloan.web.office.views.messages import mail, mailbox, message, messages, reveal_message
from postloan.web.office.views.nights import close_live, close_report, close_run, close_runs
from postloan.web.office.views.portfolio import cohorts, cures, roll_rates, vintages
from postloan.web.office.views.schedule import schedule
from postloan.web.office.views.tokens import revoke_token, tokens

__all__ = [
    "account",
    "accounts",
    "audit",
    "book",
    "close_live",
    "close_report",
    "close_run",
    "close_runs",
    "cohorts",
    "contact_rules",
    "core_night",
    "cores",
    "cures",
    "day_sums",
    "decision",
    "decisions",
    "entry",
    "evidence",
    "fault",
    "faults",
    "import_batch",
    "imports",
    "journal",
    "ledger_file",
    "loans",
    "mail",
    "mailbox",
    "message",
    "messages",
    "release_fault",
    "release_faults",
    "retry_fault",
    "retry_faults",
    "reveal_message",
    "revoke_token",
    "roll_rates",
    "schedule",
    "tokens",
    "try_rules",
    "vintages",
]
