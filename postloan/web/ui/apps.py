from django.apps import AppConfig


class Ui(AppConfig):
    name = "postloan.web.ui"
    label = "ui"
