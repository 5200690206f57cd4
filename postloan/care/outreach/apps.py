from django.apps import AppConfig


class Outreach(AppConfig):
    name = "postloan.care.outreach"
    label = "outreach"
