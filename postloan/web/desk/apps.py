from django.apps import AppConfig


class Desk(AppConfig):
    name = "postloan.web.desk"
    label = "desk"
