from django.apps import AppConfig


class Loans(AppConfig):
    name = "postloan.books.loans"
    label = "loans"
