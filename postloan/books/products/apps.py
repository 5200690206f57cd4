from django.apps import AppConfig


class Products(AppConfig):
    name = "postloan.books.products"
    label = "products"
