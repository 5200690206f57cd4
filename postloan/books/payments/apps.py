from django.apps import AppConfig


class Payments(AppConfig):
    name = "postloan.books.payments"
    label = "payments"
