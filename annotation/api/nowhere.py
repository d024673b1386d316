"""What an address of the API that does not exist answers."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


@extend_schema(exclude=True)
class NowhereApi(APIView):
    """404 in the one shape, for every method."""

    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse before the method is looked at."""
        raise NotFound

    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Never reached: ``initial`` refuses."""
        raise NotFound
