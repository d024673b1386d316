"""Networks, and the base models that engines start from."""

from inference_worker.nets.architecture import Architecture, build_network
from inference_worker.nets.base_model import BaseModel, digest_of, wrap_module
from inference_worker.nets.preprocessing import Frame, Intensity, Preprocessing
from inference_worker.nets.weights_file import (
    Description,
    load_model,
    registered_models,
    save_model,
)

__all__ = [
    "Architecture",
    "BaseModel",
    "Description",
    "Frame",
    "Intensity",
    "Preprocessing",
    "build_network",
    "digest_of",
    "load_model",
    "registered_models",
    "save_model",
    "wrap_module",
]
