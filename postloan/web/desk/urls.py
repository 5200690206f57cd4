"""Addresses of the desk."""

from django.urls import path

from postloan.web.desk import contacts, views

app_name = "desk"
urlpatterns = [
    path("", views.customers, name="customers"),
    path("customers/<int:customer_id>", views.customer, name="customer"),
    path("customers/<int:customer_id>/reveal", views.reveal_customer, name="reveal_customer"),
    path("customers/<int:customer_id>/contacts", contacts.contacts, name="contacts"),
    path("customers/<int:customer_id>/wish", contacts.take_wish, name="take_wish"),
    path("customers/<int:customer_id>/hold", contacts.change_hold, name="change_hold"),
    path("customers/<int:customer_id>/point", contacts.mark_point, name="mark_point"),
    path("loans/<int:loan_id>", views.loan, name="loan"),
    path("loans/<int:loan_id>/night", views.night, name="night"),
    path("loans/<int:loan_id>/why/<slug:figure>", views.why, name="why"),
    path("loans/<int:loan_id>/receipts/<int:receipt_id>", views.receipt, name="receipt"),
    path("loans/<int:loan_id>/receipts/new", views.new_receipt, name="new_receipt"),
    path("loans/<int:loan_id>/receipts/<int:receipt_id>/reverse", views.reverse_receipt, name="reverse_receipt"),
    path("loans/<int:loan_id>/change/<slug:kind>", views.change, name="change"),
    path("changes/", views.changes, name="changes"),
    path("changes/<int:request_id>", views.change_request, name="change_request"),
    path("changes/<int:request_id>/decide", views.decide_change, name="decide_change"),
]
