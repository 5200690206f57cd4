"""The pages in front of all others: the way in, the way home."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from postloan.ground.access.roles import STAFF
from postloan.web.ui import saved_views
from postloan.web.ui.access import for_roles, login_of, roles_of
from postloan.web.ui.asking import way_back
from postloan.web.ui.navigation import home_url_name


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Send each person to the page their work begins on."""
    name = home_url_name(roles=roles_of(request=request))
    if name is None:
        return render(request, "ui/no_role.html", status=403)
    return redirect(name)


@for_roles(STAFF)
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep a list as it is shown now under a name, for the person who asks only."""
    if request.method == "POST":
        given = request.POST
        try:
            saved_views.save_view(
                user_id=login_of(request=request).pk,
                table=given.get("table", "")[:60],
                name=given.get("name", ""),
                query=given.get("query", ""),
            )
        except saved_views.TooManyViews:
            messages.error(request, _("That would be more views than fit here. Forget one first."))
        except saved_views.QueryTooLong:
            messages.error(request, _("These filters are too many to be kept."))
        except saved_views.ViewUnnamed:
            messages.error(request, _("Please give the view a name."))
        else:
            query = saved_views.kept_query(given.get("query", ""))
            return redirect(f"{way_back(request)}?{query}" if query else way_back(request))
    return redirect(way_back(request))


@for_roles(STAFF)
def forget_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget a saved view."""
    if request.method == "POST":
        saved_views.forget_view(user_id=login_of(request=request).pk, view_id=view_id)
    return redirect(way_back(request))
