"""WADO-RS for the viewer: metadata of a series, and frames straight from the store."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import storage
from annotation.access import access_volume
from annotation.models import Volume
from annotation.standards.display import frame_bytes
from annotation.standards.wado import (
    key_of_series,
    series_metadata,
    slice_of_instance,
    study_uid,
)
from inference_worker.contract.errors import AccessRefused
from inference_worker.contract.store import read_volume

# A stored volume never changes, and its address is behind the login.
KEEP = "private, max-age=31536000, immutable"


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
        etag = f'"{volume.key}-metadata-1"'
        if request.headers.get("If-None-Match") == etag:
            return _kept(HttpResponse(status=304), etag)
        answer = Response(
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
        return _kept(answer, etag)


class FrameApi(APIView):
    """The raw little-endian bytes of one slice."""

    @extend_schema(exclude=True)
    def get(
        self, request: Request, study: str, series: str, instance: str
    ) -> HttpResponse:
        volume = _volume(request, study, series)
        index = slice_of_instance(series, instance, volume.shape[0])
        etag = f'"{volume.digest}-{index}"'
        if request.headers.get("If-None-Match") == etag:
            return _kept(HttpResponse(status=304), etag)
        # Memory-mapped: only this slice is read from the disk.
        voxels = read_volume(storage.root(), volume.key).voxels
        body = frame_bytes(voxels[index], volume.source.get("display"))
        return _kept(HttpResponse(body, content_type="application/octet-stream"), etag)


def _volume(request: Request, study: str, series: str) -> Volume:
    key = key_of_series(series)
    if study != study_uid(key):
        raise AccessRefused("missing", "There is no such study.")
    return access_volume(user=request.user, key=key)


def _kept(answer: Any, etag: str) -> Any:
    answer["Cache-Control"] = KEEP
    answer["ETag"] = etag
    answer["Vary"] = "Cookie"
    return answer
