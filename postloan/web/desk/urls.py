"""Addresses of the desk."""

from django.urls import path

from postloan.web.desk import views

app_name = "desk"
urlpatterns = [
    path("", views.customers, name="customers"),
    path("customers/<int:customer_id>", views.customer, name="customer"),
    path("customers/<int:customer_id>/reveal", views.reveal_customer, name="reveal_customer"),
    path("loans/<int:loan_id>", views.loan, name="loan"),
    path("loans/<int:loan_id>/night", views.night, name="night"),
    path("loans/<int:loan_id>/why/<slug:figure>", views.why, name="why"),
    path("loans/<int:loan_id>/receipts/<int:receipt_id>", views.receipt, name="receipt"),
]
