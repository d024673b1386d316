"""Every address is the domain's own."""

from django.urls import include, path

urlpatterns = [path("", include("annotation.urls"))]
