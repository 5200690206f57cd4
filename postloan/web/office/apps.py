from django.apps import AppConfig


class Office(AppConfig):
    name = "postloan.web.office"
    label = "office"
