"""Addresses of the pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from annotation.pages import views

urlpatterns = [
    path("", views.worklist, name="worklist"),
    path(
        "login/",
        LoginView.as_view(
            template_name="annotation/login.html", redirect_authenticated_user=True
        ),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("cases/<uuid:assignment_id>/", views.case, name="case"),
    path("projects/<slug:slug>/", views.project, name="project"),
    path(
        "projects/<slug:slug>/engines/", views.project_engines, name="project-engines"
    ),
    path("healthz", views.healthz, name="healthz"),
]
