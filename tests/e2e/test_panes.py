"""The panes beside the slice: surface, oblique plane, other series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.e2e.reader import Reader
from tests.e2e.test_comfort import serious

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

EXTENT = """
    async () => {
        const id = window.slicewise.sessionId;
        const { volume } = await (await fetch(`/api/sessions/${id}`)).json();
        const [depth, height, width] = volume.shape;
        const [least, most] = [[9e9, 9e9, 9e9], [-1, -1, -1]];
        for (let z = 0; z < depth; z += 1)
            for (let y = 0; y < height; y += 1)
                for (let x = 0; x < width; x += 1)
                    if (window.slicewise.maskValue(z, y, x) > 0)
                        [z, y, x].forEach((at, axis) => {
                            least[axis] = Math.min(least[axis], at);
                            most[axis] = Math.max(most[axis], at);
                        });
        return most.map((at, axis) =>
            (at + 1 - least[axis]) * volume.spacing[axis]);
    }
"""
"""Millimetres along (z, y, x) that the mask of the session spans."""


def organ(reader: Reader, test_id: str) -> NDArray[np.bool_]:
    """The pixels of a pane that have the first label's colour, an orange."""
    box: Any = reader.page.get_by_test_id(test_id).bounding_box()
    left, top = int(box["x"]), int(box["y"])
    right, bottom = left + int(box["width"]), top + int(box["height"])
    shown = reader.screen()[top:bottom, left:right]
    return np.asarray(shown[..., 0] - shown[..., 2] > 40)


def made(reader: Reader) -> None:
    """Wait until the surface is as the mask is, and on the screen."""
    reader.wait(
        "() => { const pane = document.querySelector('[data-testid=surface]');"
        " return pane?.dataset.making === 'false' && pane.dataset.triangles > 0; }"
    )
    reader.page.evaluate(
        "() => new Promise((done) =>"
        " requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def test_the_surface_has_the_proportions_of_the_mask_and_turns(reader: Reader) -> None:
    reader.open("upright")
    page = reader.page
    for z in (1, 2):
        reader.go_to(z)
        reader.stroke([(z, 40, x) for x in range(34, 48)])
        reader.settle()
    page.keyboard.press("Shift+S")
    made(reader)
    page.get_by_test_id("surface").focus()
    # From the first look to the one straight from the front.
    for key in ("ArrowLeft",) * 3 + ("ArrowUp",) * 2:
        page.keyboard.press(key)
    made(reader)
    letters = [
        reader.told(f"surface-{side}") for side in ("left", "right", "top", "bottom")
    ]
    assert letters == ["R", "L", "S", "I"]
    lit = organ(reader, "surface")
    rows, columns = np.nonzero(lit.any(axis=1))[0], np.nonzero(lit.any(axis=0))[0]
    depth, _, width = page.evaluate(EXTENT)
    assert np.ptp(columns) / np.ptp(rows) == pytest.approx(width / depth, rel=0.12)
    assert serious(reader) == []

    before = lit.sum()
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    made(reader)
    assert organ(reader, "surface").sum() > 1.5 * before
    # The slice did not move: the keys belong to the pane that has the focus.
    assert reader.slice == 2

    was = page.get_by_test_id("surface").get_attribute("data-triangles")
    page.get_by_test_id("pane").focus()
    reader.go_to(3)
    reader.stroke([(3, 40, x) for x in range(34, 48)])
    reader.settle()
    reader.wait(
        f"() => document.querySelector('[data-testid=surface]').dataset.triangles"
        f" !== '{was}'"
    )
    assert reader.problems == []
    assert reader.refused() == []
