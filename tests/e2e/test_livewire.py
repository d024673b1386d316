"""A line that follows the edges from click to click, and fills what it encloses."""

from __future__ import annotations

import math

import pytest

from tests.e2e.reader import Reader, Voxel
from tests.e2e.test_annotating import SHAPE, is_orange

pytestmark = pytest.mark.e2e


def border(z: int, degrees: float) -> Voxel:
    """A voxel on the border of the organ, see ``cases.write_ct``."""
    angle = math.radians(degrees)
    across, down = 34 + z + 14 * math.cos(angle), 38 + 16 * math.sin(angle)
    return (z, round(down), round(across))


def test_three_clicks_on_an_organ_s_border_enclose_it(reader: Reader) -> None:
    reader.open("upright")
    page, z = reader.page, reader.slice
    page.keyboard.press("Shift+L")
    page.mouse.click(*reader.point(border(z, -90)))
    page.mouse.move(*reader.point(border(z, 30)))
    # The line bends along the border on its way to the pointer.
    across, down = map(int, reader.point(border(z, -30)))
    near = reader.screen()[down - 8 : down + 9, across - 8 : across + 9]
    assert any(is_orange(pixel) for pixel in near.reshape(-1, 3))
    page.keyboard.press("Escape")
    page.mouse.click(*reader.point(border(z, 0)))
    for degrees in (120, 240):
        page.mouse.click(*reader.point(border(z, degrees)))
    assert reader.mask_size(z, SHAPE) == 0
    page.keyboard.press("Enter")
    reader.settle()
    organ = math.pi * 14 * 16
    assert 0.85 * organ < reader.mask_size(z, SHAPE) < 1.15 * organ
    assert reader.mask((z, 38, 34 + z)) == 1
    # Background, and a double click instead of Enter: a part is cut out again.
    page.keyboard.press("0")
    corners = [(z, 30, 30), (z, 30, 44), (z, 44, 44)]
    for voxel in corners[:-1]:
        page.mouse.click(*reader.point(voxel))
    page.mouse.dblclick(*reader.point(corners[-1]))
    reader.settle()
    assert reader.mask((z, 33, 42)) == 0
    page.keyboard.press("Control+z")
    reader.wait(f"() => window.slicewise.maskValue({z}, 33, 42) === 1")
    assert reader.problems == []
