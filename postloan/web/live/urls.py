"""Addresses of live pages."""

from django.urls import path

from postloan.web.live import views

app_name = "live"
urlpatterns = [path("changes", views.changes, name="changes")]
