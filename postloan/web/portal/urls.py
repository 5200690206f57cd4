"""Addresses of the portal."""

from django.urls import path

from postloan.web.portal import pushing, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("loans/<int:loan_id>", views.loan, name="loan"),
    path("loans/<int:loan_id>/why/<slug:figure>", views.why, name="why"),
    path("worker.js", pushing.worker, name="worker"),
    path("pushed/start", pushing.start, name="push_start"),
    path("pushed/stop", pushing.stop, name="push_stop"),
    path("pushed/<int:message_id>", pushing.opened, name="pushed"),
    path("notices/", views.notices, name="notices"),
    path("notices/<int:message_id>", views.notice, name="notice"),
]
