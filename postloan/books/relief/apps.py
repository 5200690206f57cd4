from django.apps import AppConfig


class Relief(AppConfig):
    name = "postloan.books.relief"
    label = "relief"
