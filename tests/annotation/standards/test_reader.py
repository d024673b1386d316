"""Cases read in a process of their own: it may die, and the import goes on."""

import os
import signal
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from annotation.standards import reader as reader_module
from annotation.standards.case import Case
from annotation.standards.limits import Limits
from annotation.standards.reader import Reader, serve
from inference_worker.contract.errors import ImportRefused
from tests.annotation.standards.series_files import random_hu, series_in, write

HU = random_hu(3, 4, 5)
NAMES = {"organ": 1}
LIMITS = Limits()


@pytest.fixture(scope="module")
def shared():
    reader = Reader()
    yield reader
    reader.stop()


def nifti_case(path: Path, values: np.ndarray = HU, labels: Path | None = None) -> Case:
    nib.save(nib.Nifti1Image(values, np.eye(4)), path)
    return Case(name="a", place=path.name, path=path, labels=labels)


def test_a_series_comes_back_whole(shared: Reader, tmp_path: Path) -> None:
    (series,) = series_in(write(tmp_path, HU))
    case = Case(name="a", place="a", series=series)
    read = shared.read(case, LIMITS, modality="", names=NAMES)
    assert np.array_equal(read.image.voxels, HU)
    assert read.image.modality == "CT"
    assert read.labels is None
    assert not list(tmp_path.glob("*.npy"))


def test_labels_come_with_their_image(shared: Reader, tmp_path: Path) -> None:
    labels = tmp_path / "l.nii"
    nib.save(nib.Nifti1Image((HU > 0).astype(np.uint8), np.eye(4)), labels)
    case = nifti_case(tmp_path / "a.nii", labels=labels)
    read = shared.read(case, LIMITS, modality="MR", names=NAMES)
    assert np.array_equal(read.labels, read.image.voxels > 0)
    assert read.image.modality == "MR"


def test_refusals_come_back_as_they_were_said(shared: Reader, tmp_path: Path) -> None:
    case = nifti_case(tmp_path / "a.nii")
    with pytest.raises(ImportRefused) as refused:
        shared.read(case, Limits(voxels=3), modality="", names=NAMES)
    assert refused.value.code == "import:too-large"
    assert refused.value.extra["voxels_max"] == 3
    labels = tmp_path / "l.nii"
    nib.save(nib.Nifti1Image(np.zeros((2, 2, 2)), np.eye(4)), labels)
    case = nifti_case(tmp_path / "a.nii", labels=labels)
    read = shared.read(case, LIMITS, modality="", names=NAMES)
    assert read.labels is None
    assert read.refusal is not None
    assert read.refusal.code == "import:label-grid"


def test_what_nobody_foresaw_is_logged_and_refused(
    shared: Reader, tmp_path: Path
) -> None:
    case = Case(name="a", place="a")
    with pytest.raises(ImportRefused) as refused:
        shared.read(case, LIMITS, modality="", names=NAMES)
    assert refused.value.code == "import:unexpected"
    case = nifti_case(tmp_path / "a.nii")
    assert shared.read(case, LIMITS, modality="", names=NAMES).labels is None


def test_a_crash_takes_one_case_with_it(shared: Reader, tmp_path: Path) -> None:
    # A pipe nobody writes to holds the reader until it is killed, as a decoder might.
    pipe = tmp_path / "slow.nii"
    os.mkfifo(pipe)
    case = Case(name="a", place="slow.nii", path=pipe)
    shared.read(nifti_case(tmp_path / "b.nii"), LIMITS, modality="", names=NAMES)
    process = shared._process
    assert process is not None

    class Killing:
        """Sends the case, waits until it is being read, and kills who reads it."""

        def __init__(self, line: object) -> None:
            self.line = line

        def send(self, task: object) -> None:
            self.line.send(task)  # type: ignore[attr-defined]
            time.sleep(0.1)
            os.kill(process.pid, signal.SIGABRT)

        def __getattr__(self, name: str) -> object:
            return getattr(self.line, name)

    shared._line = Killing(shared._line)  # type: ignore[assignment]
    with pytest.raises(ImportRefused) as refused:
        shared.read(case, LIMITS, modality="", names=NAMES)
    assert refused.value.code == "import:crashed"
    case = nifti_case(tmp_path / "a.nii")
    again = shared.read(case, LIMITS, modality="", names=NAMES)
    assert again.image.voxels.shape == (5, 4, 3)


def test_what_takes_too_long_is_given_up(shared: Reader, tmp_path: Path) -> None:
    pipe = tmp_path / "slow.nii"
    os.mkfifo(pipe)
    case = Case(name="a", place="slow.nii", path=pipe)
    with pytest.raises(ImportRefused) as refused:
        shared.read(case, Limits(seconds=0.2), modality="", names=NAMES)
    assert refused.value.code == "import:too-slow"


def test_memory_is_bounded_in_the_reading_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: dict[int, tuple[int, int]] = {}

    class Closed:
        def recv(self) -> None:
            raise EOFError

    monkeypatch.setattr(reader_module.resource, "setrlimit", asked.__setitem__)
    monkeypatch.setattr(reader_module.os, "dup2", lambda a, b: b)
    disabled = reader_module.logging.root.manager.disable
    serve(Closed(), 1000)  # type: ignore[arg-type]
    reader_module.logging.disable(disabled)
    room = 4 * 1024**3 + 6000
    assert asked[reader_module.resource.RLIMIT_AS] == (room, room)
