from django.apps import AppConfig


class Customers(AppConfig):
    name = "postloan.ground.customers"
    label = "customers"
