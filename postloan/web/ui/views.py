"""The pages in front of all others: the way in, the way home."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from postloan.web.ui.access import roles_of
from postloan.web.ui.navigation import home_url_name


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Send each person to the page their work begins on."""
    name = home_url_name(roles=roles_of(request=request))
    if name is None:
        return render(request, "ui/no_role.html", status=403)
    return redirect(name)
