from django.apps import AppConfig


class Close(AppConfig):
    name = "postloan.close"
    label = "close"
