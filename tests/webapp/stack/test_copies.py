"""Programs out of the services' user's reach are copied once, even while they run."""

import shutil
import subprocess
from pathlib import Path

import pytest

from webapp.stack import places


@pytest.fixture
def unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "home" / "waiting"
    program.parent.mkdir()
    shutil.copy2(shutil.which("sleep") or "/bin/sleep", program)
    monkeypatch.setattr(places, "COPIES", tmp_path / "copies")
    monkeypatch.setattr(places, "reachable", lambda path, user: False)
    return program


def test_a_running_copy_is_used_again_and_not_written_to(unreachable: Path) -> None:
    copy = places.usable_program(unreachable, None)
    with subprocess.Popen([copy, "60"]) as running:
        try:
            assert places.usable_program(unreachable, None) == copy
        finally:
            running.kill()
    assert [entry.name for entry in copy.parent.iterdir()] == [copy.name]


def test_another_version_is_another_copy(unreachable: Path) -> None:
    first = places.usable_program(unreachable, None)
    unreachable.touch()
    assert places.usable_program(unreachable, None) != first
