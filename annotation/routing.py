"""Addresses of the sockets."""

from django.urls import path

from annotation.consumers import NowhereConsumer, SessionConsumer

websocket_urlpatterns = [
    path("ws/sessions/<uuid:session_id>/", SessionConsumer.as_asgi()),
    path("<path:anything>", NowhereConsumer.as_asgi()),
]
