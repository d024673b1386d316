"""The software that wrote a manifest names itself, also where there is no checkout."""

import re
import subprocess

import pytest

from annotation import software


def test_it_names_version_and_commit() -> None:
    software.software_version.cache_clear()
    said = software.software_version()
    assert said["name"] == "slicewise"
    assert re.fullmatch(r"\d+\.\d+\.\d+", said["version"])
    assert said["commit"] is None or re.fullmatch(r"[0-9a-f]{40}", said["commit"])


def test_without_git_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*given: object, **more: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", missing)
    software.software_version.cache_clear()
    said = software.software_version()
    software.software_version.cache_clear()
    assert (said["commit"], said["changed"]) == (None, None)
