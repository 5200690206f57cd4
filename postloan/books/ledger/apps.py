from django.apps import AppConfig


class Ledger(AppConfig):
    name = "postloan.books.ledger"
    label = "ledger"
