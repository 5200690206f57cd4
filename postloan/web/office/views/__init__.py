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
from postloan.web.office.views.sending import (
    approve_text,
    channels,
    dead_letters,
    draft_text,
    phones,
    redrive,
    reject_text,
    reminder_effects,
    submit_text,
    text,
    texts,
)
from postloan.web.office.views.tokens import revoke_token, tokens

__all__ = [
    "account",
    "accounts",
    "approve_text",
    "audit",
    "book",
    "channels",
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
    "dead_letters",
    "decision",
    "decisions",
    "draft_text",
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
    "phones",
    "redrive",
    "reject_text",
    "release_fault",
    "release_faults",
    "reminder_effects",
    "retry_fault",
    "retry_faults",
    "reveal_message",
    "revoke_token",
    "roll_rates",
    "schedule",
    "submit_text",
    "text",
    "texts",
    "tokens",
    "try_rules",
    "vintages",
]
