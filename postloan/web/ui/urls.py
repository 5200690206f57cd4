"""Addresses that belong to everybody."""

from django.contrib.auth.views import LogoutView
from django.urls import path
from django.views.i18n import set_language

from postloan.web.ui import views
from postloan.web.ui.gallery import gallery
from postloan.web.ui.logging_in import GuardedLoginView
from postloan.web.ui.palette import find
from postloan.web.ui.policy import with_policy

urlpatterns = [
    path("", views.home, name="home"),
    path(
        "login",
        with_policy(GuardedLoginView.as_view()),
        name="login",
    ),
    path("logout", LogoutView.as_view(), name="logout"),
    path("ui/find", find, name="find"),
    path("ui/gallery", gallery, name="gallery"),
    path("views/save", views.save_view, name="save_view"),
    path("views/<int:view_id>/forget", views.forget_view, name="forget_view"),
    path("language", set_language, name="set_language"),
]
