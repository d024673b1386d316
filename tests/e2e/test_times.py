"""The derived times agree with a stopwatch, and a submitted case leaves the house."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from tests.e2e.conftest import LiveStack
from tests.e2e.reader import Reader

pytestmark = pytest.mark.e2e

STROKE = [(y, x) for y, x in zip(range(30, 46), range(28, 44), strict=True)]


def case_times(stack: LiveStack, *options: str) -> dict[str, float]:
    printed = stack.product.manage("times", "--project", "Browser", *options)
    rows = {row["volume"]: row for row in csv.DictReader(io.StringIO(printed))}
    return {
        name: float(value)
        for name, value in rows["timed"].items()
        if name.endswith("_s")
    }


def test_a_stopwatch_agrees_and_the_mask_is_exported(
    live_stack: LiveStack, reader: Reader
) -> None:
    reader.open("timed")
    z = reader.slice
    begun = time.monotonic()
    reader.page.mouse.move(*reader.point((z, *STROKE[0])))
    before_down = time.monotonic()
    reader.page.mouse.down()
    down = time.monotonic()
    for y, x in STROKE[1:]:
        reader.page.mouse.move(*reader.point((z, y, x)))
        time.sleep(0.25)
    up = time.monotonic()
    reader.page.mouse.up()
    after_up = time.monotonic()
    reader.settle()
    time.sleep(4)
    reader.page.get_by_test_id("submit").click()
    reader.page.get_by_test_id("submit-confirm").click()
    reader.page.get_by_test_id("submitted").wait_for()
    ended = time.monotonic()
    reader.page.goto(live_stack.address)  # leaves the page: its last events are sent

    times = case_times(live_stack, "--idle-after", "600")
    # A press is somewhere between its being asked for and its being answered.
    assert 0.98 * (up - down) <= times["drawing_s"] <= 1.02 * (after_up - before_down)
    present = times["user_s"] + times["waiting_s"] + times["hidden_s"]
    # The page was there a little before the stopwatch and a little after it.
    loading_s = present - (ended - begun)
    assert -0.02 * present <= loading_s < 60
    assert times["idle_s"] == 0
    assert 0 < times["compute_s"] < times["machine_s"]
    strict = case_times(live_stack, "--idle-after", "1")
    assert strict["idle_s"] > 1
    # Every one of them is told in whole milliseconds.
    told = pytest.approx(times["user_s"], abs=0.002)
    assert strict["idle_s"] + strict["user_s"] == told

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        live_stack.product.manage(
            "export", "--project", "Browser", "--format", "nifti", str(out)
        )
        manifest = json.loads((out / "manifest.json").read_text())
        assert "reader" not in {str(v) for v in manifest.values()}
        masks = [path for path in out.rglob("*.nii.gz") if "timed" in str(path)]
        (mask,) = masks
        labels = np.asarray(nib.load(mask).dataobj)
    # (x, y, z) of the file, whatever way its axes run: as many voxels as were shown
    assert set(np.unique(labels)) == {0, 1}
    assert (labels == 1).sum() > 5 * len(STROKE)
