"""The content security policy of every response (Django 5.2 has none of its own)."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

# No inline script, no eval but WebAssembly's (image decoders), nothing from elsewhere.
POLICY = (
    "default-src 'none'; "
    "script-src 'self' 'wasm-unsafe-eval'; "
    "style-src 'self'; "
    "style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "connect-src 'self'; "
    "worker-src 'self'; "
    "base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'"
)

type_of_view = Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]


@sync_and_async_middleware
def content_security_policy(get_response: type_of_view) -> type_of_view:
    """Write the policy on what comes out, error pages included."""

    def headed(response: HttpResponse) -> HttpResponse:
        response["Content-Security-Policy"] = POLICY
        return response

    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponse:
            return headed(await get_response(request))

    else:

        def middleware(request: HttpRequest) -> HttpResponse:
            return headed(get_response(request))

    return middleware
