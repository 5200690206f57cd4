from django.apps import AppConfig


class Audit(AppConfig):
    name = "postloan.ground.audit"
    label = "audit"
