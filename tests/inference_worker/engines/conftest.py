"""What the contract suite needs: the toy among the engines, weights, a process."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
import torch

from inference_worker.contract.catalog import ENGINES
from inference_worker.engines import MODULES
from tests.inference_worker.engines import toy


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """Where tiny base models lie."""
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="session")
def another_process():
    """A process that shares nothing with this one."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        yield executor


@pytest.fixture
def toy_engine(monkeypatch):
    """The toy, an engine like any other."""
    monkeypatch.setitem(MODULES, "toy", toy.__name__)
    monkeypatch.setitem(ENGINES, "toy", toy.SPEC)


@pytest.fixture
def pinned_arithmetic():
    """What ``arithmetic.pin_arithmetic`` pins, for the length of a test."""
    threads, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    torch.set_num_threads(1)
    torch.set_deterministic_debug_mode("error")
    yield
    torch.set_num_threads(threads)
    torch.set_deterministic_debug_mode(mode)
