"""Engines are built by name, and only those that are there."""

import subprocess
import sys

import pytest

from inference_worker.contract.catalog import ENGINES
from inference_worker.contract.errors import EngineFailed
from inference_worker.engines import MODULES, available, build


def test_the_registry_knows_the_catalogue():
    assert list(MODULES) == list(ENGINES)


def test_an_engine_whose_module_is_missing_is_not_available(monkeypatch):
    monkeypatch.setitem(MODULES, "manual", "inference_worker.engines.nowhere")
    assert "manual" not in available()
    with pytest.raises(EngineFailed) as caught:
        build("manual")
    assert caught.value.code == "engine:unknown"


def test_an_engine_always_gets_a_seed(toy_engine):
    assert build("toy").settings.seed == 0
    assert build("toy", config={"seed": 5}).settings.seed == 5


def test_naming_the_engines_imports_none():
    program = (
        "import sys; from inference_worker.engines import available; available();"
        "print('torch' in sys.modules, 'skimage' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["False", "False"]
