from django.apps import AppConfig


class Reminders(AppConfig):
    name = "postloan.care.reminders"
    label = "reminders"
