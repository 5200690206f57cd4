from django.apps import AppConfig


class Access(AppConfig):
    name = "postloan.ground.access"
    label = "access"
