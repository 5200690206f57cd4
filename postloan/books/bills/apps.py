from django.apps import AppConfig


class Bills(AppConfig):
    name = "postloan.books.bills"
    label = "bills"
