"""Every address the web answers."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("calendar/", include("calendar_app.urls")),
    path("admin/", include("adminpanel.urls")),
    path("", include("webmail.urls")),
]
