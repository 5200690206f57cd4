"""Addresses of the webhooks."""

from django.urls import path

from postloan.api.hooks import receipts

app_name = "hooks"
urlpatterns = [
    path("receipts/<slug:route>", receipts.receipts, name="receipts"),
    path("wechat", receipts.wechat, name="wechat"),
]
