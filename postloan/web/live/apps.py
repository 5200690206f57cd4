from django.apps import AppConfig


class Live(AppConfig):
    name = "postloan.web.live"
    label = "live"
