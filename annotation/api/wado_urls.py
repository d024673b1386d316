"""Addresses of the WADO-RS server; included under ``wado/``."""

from django.urls import path

from annotation.api.wado import FrameApi, SeriesMetadataApi, SlicesApi

SERIES = "studies/<str:study>/series/<str:series>/"

urlpatterns = [
    path(f"{SERIES}metadata", SeriesMetadataApi.as_view(), name="wado-metadata"),
    path(
        f"{SERIES}instances/<str:instance>/frames/1",
        FrameApi.as_view(),
        name="wado-frame",
    ),
    path(
        f"{SERIES}slices/<int:first>-<int:last>",
        SlicesApi.as_view(),
        name="wado-slices",
    ),
]
