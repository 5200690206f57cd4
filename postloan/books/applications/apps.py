from django.apps import AppConfig


class Applications(AppConfig):
    name = "postloan.books.applications"
    label = "applications"
