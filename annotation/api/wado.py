"""WADO-RS for the viewer: metadata of a series, and slices straight from the store."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from annotation import storage
from annotation.access import access_volume
from annotation.api.coding import coding_for, encode
from annotation.models import Volume
from annotation.standards.display import frame_bytes
from annotation.standards.wado import (
    key_of_series,
    series_metadata,
    slice_of_instance,
    study_uid,
)
from inference_worker.contract.errors import AccessRefused, MessageError
from inference_worker.contract.store import read_volume

# A stored volume never changes, and its address is behind the login.
KEEP = "private, max-age=31536000, immutable"
# What one answer may hold, unpacked, beyond its first slice.
MOST_BYTES = 8 * 1024**2


class DicomJsonRenderer(JSONRenderer):
    """DICOM JSON (PS3.18 F) under its own media type."""

    media_type = "application/dicom+json"
    format = "dicom+json"
    charset = None


class SeriesMetadataApi(APIView):
    """The DICOM JSON of every instance of a series."""

    renderer_classes = [DicomJsonRenderer, JSONRenderer]

    @extend_schema(exclude=True)
    def get(self, request: Request, study: str, series: str) -> HttpResponse:
        volume = _volume(request, study, series)

        def body() -> bytes:
            return JSONRenderer().render(
                series_metadata(
                    key=volume.key,
                    shape=volume.shape,
                    affine=np.asarray(volume.affine),
                    channels=volume.channels,
                    dtype=volume.dtype,
                    modality=volume.modality,
                    window=volume.window,
                    scale=volume.source.get("display"),
                )
            )

        return _kept(
            request, f"{volume.key}-metadata-1", "application/dicom+json", body
        )


class FrameApi(APIView):
    """The raw little-endian bytes of one slice."""

    @extend_schema(exclude=True)
    def get(
        self, request: Request, study: str, series: str, instance: str
    ) -> HttpResponse:
        volume = _volume(request, study, series)
        index = slice_of_instance(series, instance, volume.shape[0])
        return _slices(request, volume, index, index)


class SlicesApi(APIView):
    """The raw little-endian bytes of consecutive slices, one after the other.

    Ours, beside the standard's frames: what a request costs is paid once for all.
    """

    @extend_schema(exclude=True)
    def get(
        self, request: Request, study: str, series: str, first: int, last: int
    ) -> HttpResponse:
        volume = _volume(request, study, series)
        if not first <= last < volume.shape[0]:
            raise AccessRefused("missing", "There are no such slices.")
        size = last - first + 1
        most = max(1, MOST_BYTES // _slice_bytes(volume))
        if size > most:
            raise MessageError(
                "too-many-slices",
                f"{size} slices are too many for one answer; ask for {most} at most.",
                most=most,
            )
        return _slices(request, volume, first, last)


def _slice_bytes(volume: Volume) -> int:
    # As they are drawn: 16-bit grey values, or three bytes of colour.
    each = 2 if volume.channels == 1 else 3
    return int(volume.shape[1]) * int(volume.shape[2]) * each


def _slices(request: Request, volume: Volume, first: int, last: int) -> HttpResponse:
    def body() -> bytes:
        # Memory-mapped: only these slices are read from the disk.
        voxels = read_volume(storage.root(), volume.key).voxels
        scale = volume.source.get("display")
        return b"".join(frame_bytes(voxels[k], scale) for k in range(first, last + 1))

    name = f"{volume.digest}-{first}-{last}"
    return _kept(request, name, "application/octet-stream", body)


def _volume(request: Request, study: str, series: str) -> Volume:
    key = key_of_series(series)
    if study != study_uid(key):
        raise AccessRefused("missing", "There is no such study.")
    return access_volume(user=request.user, key=key)


def _kept(
    request: Request, name: str, content_type: str, body: Callable[[], bytes]
) -> HttpResponse:
    """What never changes: made and sent only to whoever has not kept it."""
    coding = coding_for(request)
    etag = f'"{name}-{coding or "plain"}"'
    if request.headers.get("If-None-Match") == etag:
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(encode(body(), coding), content_type=content_type)
        if coding:
            answer["Content-Encoding"] = coding
    answer["Cache-Control"] = KEEP
    answer["ETag"] = etag
    answer["Vary"] = "Cookie, Accept-Encoding"
    return answer
