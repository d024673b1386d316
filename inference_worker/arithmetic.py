"""The same arithmetic in every worker, so that a replay repeats to the last bit."""

from __future__ import annotations

import platform

import scipy.linalg  # noqa: F401  SciPy's own BLAS can be told only when it is there
import torch
from threadpoolctl import threadpool_limits

from inference_worker.config import prepare_cublas
from inference_worker.nets.precision import has_fast_bfloat16


def pin_arithmetic(threads: int) -> None:
    """Fix threads and algorithms; once per process, before the first tensor."""
    prepare_cublas()
    set_threads(threads)
    torch.set_num_interop_threads(1)
    # use_deterministic_algorithms(True) would import torch's compiler too: seconds.
    torch.set_deterministic_debug_mode("error")
    # Filling fresh memory finds reads of it that no engine makes, and costs time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False


def set_threads(threads: int) -> None:
    """Let torch, and the BLAS below NumPy and SciPy, compute on so many threads.

    A sum over more threads is another sum: the random walker's last bits, and the
    seconds of a run that is timed on its own thread, depend on BLAS' as well.
    """
    torch.set_num_threads(threads)
    threadpool_limits(threads)


def chosen_device(device: str) -> str:
    """``auto`` as the device it stands for here; others as they are."""
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def arithmetic_of(device: str, threads: int) -> dict[str, str | int]:
    """What a mask's last bit depends on, for a snapshot's header."""
    if "cuda" in device:
        named, kind = torch.cuda.get_device_name(device), "cuda"
    else:
        named, kind = "cpu", torch.backends.cpu.get_cpu_capability()
    number = "bfloat16" if has_fast_bfloat16(device) else "float32"
    return {
        "device": named,
        "instructions": kind,
        "number": number,
        "machine": platform.machine(),
        "threads": threads,
        "torch": torch.__version__,
    }
