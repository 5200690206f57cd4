from django.apps import AppConfig


class Mirror(AppConfig):
    name = "postloan.books.mirror"
    label = "mirror"
