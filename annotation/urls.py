"""Every address of the product."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("annotation.api.urls")),
    path("wado/", include("annotation.api.wado_urls")),
    path("", include("annotation.pages.urls")),
]
