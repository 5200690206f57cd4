from django.apps import AppConfig


class Cli(AppConfig):
    name = "postloan.cli"
    label = "cli"
