from django.apps import AppConfig


class Portal(AppConfig):
    name = "postloan.web.portal"
    label = "portal"
