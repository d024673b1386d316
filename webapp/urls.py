"""Every address is the domain's own."""

from django.urls import include, path

urlpatterns = [path("", include("annotation.urls"))]
handler403 = "annotation.pages.views.forbidden"
handler404 = "annotation.pages.views.not_found"
handler500 = "annotation.pages.views.broken"
