"""A volume as browsers see it."""

from __future__ import annotations

from typing import Any

import numpy as np

from annotation.models import Volume
from annotation.standards.wado import instance_uids, series_uid, study_uid


def volume_detail(*, volume: Volume) -> dict[str, Any]:
    """Geometry, display and where its slices are fetched; ``instances`` by slice."""
    affine = np.asarray(volume.affine, dtype=np.float64)
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    return {
        "id": volume.pk,
        "key": volume.key,
        "name": volume.shown_name,
        "shape": volume.shape,
        "affine": volume.affine,
        "spacing": [float(step) for step in spacing],
        "modality": volume.modality,
        "channels": volume.channels,
        "window": volume.window,
        "study": study_uid(volume.key),
        "series": series_uid(volume.key),
        "wado_root": "/wado",
        "instances": instance_uids(volume.key, volume.shape[0]),
    }
