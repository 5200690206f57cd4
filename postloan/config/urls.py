"""Which door answers which address."""

from django.urls import URLPattern, URLResolver, include, path

from postloan.api.metrics import metrics
from postloan.api.v1.api import api
from postloan.config.health import healthz
from postloan.web.portal.stopping import stop

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", api.urls),
    path("hooks/", include("postloan.api.hooks.urls")),
    path("stop/<str:token>", stop, name="stop"),
    path("", include("postloan.web.ui.urls")),
    path("live/", include("postloan.web.live.urls")),
    path("desk/", include("postloan.web.desk.urls")),
    path("office/", include("postloan.web.office.urls")),
    path("portal/", include("postloan.web.portal.urls")),
]
