"""The panes beside the slice: surface, oblique plane, other series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.e2e.reader import Reader, Voxel
from tests.e2e.test_comfort import serious
from tests.e2e.test_geometry import bright_voxel
from tests.e2e.test_views import cross_at

pytestmark = pytest.mark.e2e

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
    frame(reader)


def frame(reader: Reader) -> None:
    """Wait until what changed is on the screen."""
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
    # The hand on the slice takes the keys there again.
    x, y = reader.point((2, 40, 34))
    page.mouse.click(x, y, button="right")
    reader.go_to(3)
    reader.stroke([(3, 40, x) for x in range(34, 48)])
    reader.settle()
    reader.wait(
        f"() => document.querySelector('[data-testid=surface]').dataset.triangles"
        f" !== '{was}'"
    )
    assert reader.problems == []
    assert reader.refused() == []


def test_the_oblique_plane_turns_about_the_crosshair(reader: Reader) -> None:
    reader.open("oblique")
    page = reader.page
    bright = bright_voxel(reader, "oblique")
    reader.go_to(bright[0])
    page.get_by_test_id("preset-bone").click()
    page.get_by_test_id("outline").click()
    cross_at(reader, bright)
    page.keyboard.press("Shift+O")
    oblique = page.get_by_test_id("oblique")
    oblique.wait_for()
    reader.leave_picture()
    box: Any = oblique.bounding_box()
    x = round(box["x"] + box["width"] / 2)
    y = round(box["y"] + box["height"] / 2)

    def brightest() -> bool:
        frame(reader)
        around = reader.screen()[y - 3 : y + 4, x - 3 : x + 4].sum(axis=2)
        return bool(around.max() > 3 * 200)

    straight = [reader.told(f"oblique-{side}") for side in ("left", "top")]
    assert straight == [reader.told(f"side-{side}") for side in ("left", "top")]
    assert brightest()
    mouse = page.mouse
    mouse.move(x - 60, y + 40)
    mouse.down()
    mouse.move(x + 20, y - 60, steps=4)
    mouse.up()
    reader.wait(
        "() => document.querySelector('[data-testid=oblique-angles]').textContent"
        " === '32° · -40°'"
    )
    assert brightest()
    assert [reader.told(f"oblique-{side}") for side in ("left", "top")] != straight
    assert page.get_by_test_id("oblique-line").count() == 1

    reader.stroke(
        [(bright[0], bright[1] + 3, at) for at in range(bright[2] - 4, bright[2] + 5)]
    )
    reader.settle()
    assert reader.mask(bright) == 1
    frame(reader)
    assert organ(reader, "oblique").any()
    oblique.focus()
    page.keyboard.press("Home")
    assert reader.told("oblique-angles") == "0° · 0°"
    assert serious(reader) == []
    assert reader.problems == []


def test_another_series_follows_by_place_and_lies_over_the_case(
    reader: Reader,
) -> None:
    reader.open("pair-fine")
    page = reader.page
    reader.go_to(5)
    page.get_by_test_id("other-series").select_option(label="pair-hot (CT)")
    shown = "() => document.querySelector('[data-testid=other]')?.dataset.slice"
    reader.wait(f"{shown} === '3'")
    assert reader.told("other-link") == "linked by place"
    reader.go_to(3)
    reader.wait(f"{shown} === '2'")

    # The voxel of the case at the hot spot: 1 mm pixels from (-48, -40).
    hot, cold = (3, 42, 32), (3, 42, 70)
    reader.leave_picture()

    def colour(voxel: Voxel) -> NDArray[np.int64]:
        x, y = map(round, reader.point(voxel))
        return np.asarray(reader.screen()[y, x])

    assert np.ptp(colour(hot)) < 10
    page.keyboard.press("Shift+F")
    page.get_by_test_id("fusion").wait_for()
    reader.wait("() => document.querySelector('[data-testid=fusion]').width > 0")
    frame(reader)
    glow = colour(hot)
    assert glow[0] > 150
    assert np.ptp(colour(cold)) < 10
    page.get_by_test_id("fusion-opacity").fill("0")
    frame(reader)
    assert np.ptp(colour(hot)) < 10
    page.get_by_test_id("fusion-opacity").fill("1")
    frame(reader)
    assert colour(hot)[0] > glow[0]
    assert serious(reader) == []

    page.get_by_test_id("other").focus()
    page.keyboard.press("Shift+ArrowDown")
    reader.wait(f"{shown} === '3'")
    assert reader.slice == 3
    page.keyboard.press("Shift+C")
    page.get_by_test_id("other").wait_for(state="detached")
    assert reader.problems == []
