from django.apps import AppConfig


class Lines(AppConfig):
    name = "postloan.books.lines"
    label = "lines"
