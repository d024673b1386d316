"""Where arrays lie in the file store, and how a volume is read by key.

Keys are relative paths under one root that web and workers share. The hidden
reference has a path here so that importers and reports agree on it; nothing that
answers prompts may open it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from inference_worker.contract.engine import Volume
from inference_worker.contract.errors import StoreFailed
from inference_worker.contract.geometry import Geometry


def voxels_path(root: Path, key: str) -> Path:
    """The voxels of a volume, little-endian C-order .npy."""
    return root / "volumes" / key / "voxels.npy"


def header_path(root: Path, key: str) -> Path:
    """Geometry, modality, window and digest of a volume."""
    return root / "volumes" / key / "volume.json"


def reference_path(root: Path, key: str) -> Path:
    """The hidden reference of a volume: uint8 (z, y, x)."""
    return root / "references" / key / "labels.npy"


def snapshot_key(session: str, log_digest: str) -> str:
    """Key of the snapshot of a session after the log that ``log_digest`` names."""
    return f"snapshots/{session}/{log_digest}.safetensors"


def carry_key(session: str) -> str:
    """Key of what the next volume may start from."""
    return f"carries/{session}.safetensors"


def header_of(volume: Volume, name: str) -> dict[str, Any]:
    """The JSON stored beside the voxels."""
    return {
        "name": name,
        "shape": list(volume.shape),
        "channels": 3 if volume.voxels.ndim == 4 else 1,
        "dtype": volume.voxels.dtype.str,
        "affine": volume.geometry.affine.tolist(),
        "modality": volume.modality,
        "window": list(volume.window),
        "digest": volume.digest,
    }


def read_volume(root: Path, key: str) -> Volume:
    """Open a stored volume; its voxels stay on disk, memory-mapped and read-only."""
    try:
        header = json.loads(header_path(root, key).read_text())
        voxels = np.load(voxels_path(root, key), mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise StoreFailed(
            "volume-missing", f"Volume {key} cannot be read from the store.", key=key
        ) from error
    shape = tuple(header["shape"])
    if voxels.shape[:3] != shape:
        raise StoreFailed(
            "volume-altered",
            f"Volume {key} holds {voxels.shape[:3]} voxels, its header says {shape}.",
            key=key,
        )
    window = (float(header["window"][0]), float(header["window"][1]))
    geometry = Geometry(shape, np.asarray(header["affine"], dtype=np.float64))
    return Volume(voxels, geometry, header["modality"], window, header["digest"])
