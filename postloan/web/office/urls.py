"""Addresses of the office."""

from django.urls import path, register_converter

from postloan.web.office import views
from postloan.web.ui.converters import DayConverter

register_converter(DayConverter, "day")

app_name = "office"
urlpatterns = [
    path("", views.book, name="book"),
    path("loans/", views.loans, name="loans"),
    path("portfolio/", views.roll_rates, name="roll_rates"),
    path("portfolio/cures", views.cures, name="cures"),
    path("portfolio/vintages", views.vintages, name="vintages"),
    path("portfolio/cohorts", views.cohorts, name="cohorts"),
    path("close/", views.close_runs, name="close_runs"),
    path("close/<day:business_date>", views.close_run, name="close_run"),
    path("close/<day:business_date>/report", views.close_report, name="close_report"),
    path("close/<day:business_date>/live", views.close_live, name="close_live"),
    path("schedule/", views.schedule, name="schedule"),
    path("faults/", views.faults, name="faults"),
    path("faults/retry", views.retry_faults, name="retry_faults"),
    path("faults/release", views.release_faults, name="release_faults"),
    path("faults/<int:fault_id>", views.fault, name="fault"),
    path("faults/<int:fault_id>/retry", views.retry_fault, name="retry_fault"),
    path("faults/<int:fault_id>/release", views.release_fault, name="release_fault"),
    path("messages/", views.messages, name="messages"),
    path("messages/undelivered", views.dead_letters, name="dead_letters"),
    path("messages/undelivered/again", views.redrive, name="redrive"),
    path("messages/channels", views.channels, name="channels"),
    path("messages/effect", views.reminder_effects, name="reminder_effects"),
    path("messages/phones", views.phones, name="phones"),
    path("messages/texts/", views.texts, name="texts"),
    path("messages/texts/<int:version_id>", views.text, name="text"),
    path("messages/texts/<int:version_id>/draft", views.draft_text, name="draft_text"),
    path("messages/texts/<int:version_id>/submit", views.submit_text, name="submit_text"),
    path("messages/texts/<int:version_id>/approve", views.approve_text, name="approve_text"),
    path("messages/texts/<int:version_id>/reject", views.reject_text, name="reject_text"),
    path("messages/<int:message_id>", views.message, name="message"),
    path("messages/<int:message_id>/text", views.reveal_message, name="reveal_message"),
    path("journal/", views.journal, name="journal"),
    path("journal/<int:entry_id>", views.entry, name="entry"),
    path("accounts/", views.accounts, name="accounts"),
    path("accounts/days", views.day_sums, name="day_sums"),
    path("accounts/file", views.ledger_file, name="ledger_file"),
    path("accounts/<slug:code>", views.account, name="account"),
    path("cores/", views.cores, name="cores"),
    path("cores/<int:core_id>/<day:business_date>", views.core_night, name="core_night"),
    path("imports/", views.imports, name="imports"),
    path("imports/<int:batch_id>", views.import_batch, name="import_batch"),
    path("decisions/", views.decisions, name="decisions"),
    path("decisions/<int:decision_id>", views.decision, name="decision"),
    path("contact-rules/", views.contact_rules, name="contact_rules"),
    path("contact-rules/try", views.try_rules, name="try_rules"),
    path("evidence/", views.evidence, name="evidence"),
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<slug:key>", views.mail, name="mail"),
    path("audit/", views.audit, name="audit"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke", views.revoke_token, name="revoke_token"),
]
