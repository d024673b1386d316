"""Where the engine is unsure is laid over the slice, or it is said that none knows."""

from __future__ import annotations

import numpy as np
import pytest

from tests.e2e.reader import Reader

pytestmark = pytest.mark.e2e

DEMO_CT = """
    () => [...document.querySelectorAll('a[href^="/cases/"]')]
        .find((link) => link.closest('tr').textContent.includes('Synthetic abdomen'))
        .getAttribute('href')
"""
SAYS = "() => document.querySelector('[data-testid=uncertainty-said]')"


def test_the_heat_lies_on_the_borders_and_goes_away_again(reader: Reader) -> None:
    page = reader.page
    reader.cases = {"demo": page.evaluate(DEMO_CT)}
    reader.open("demo")
    page.get_by_test_id("tour").get_by_text("Leave the tour").click()
    reader.leave_picture()
    before = reader.screen()
    page.keyboard.press("Shift+U")
    reader.wait(f"{SAYS}?.dataset.shown === 'true'")
    reader.leave_picture()
    z = reader.slice
    change = np.abs(reader.screen() - before).max(axis=2)
    # The slice is 512 × 512: air in its corners, organs in the middle.
    (left, top), (right, bottom) = (
        reader.point((z, 110, 90)),
        reader.point((z, 400, 430)),
    )
    inside = slice(int(top), int(bottom)), slice(int(left), int(right))
    body = change[inside]
    assert (body > 60).sum() > 50
    assert (body > 60).mean() < 0.2
    x, y = map(int, reader.point((z, 60, 60)))
    assert change[y - 10 : y + 10, x - 10 : x + 10].max() < 60
    page.keyboard.press("Shift+U")
    reader.leave_picture()
    np.testing.assert_array_equal(reader.screen()[inside], before[inside])
    assert reader.problems == []


def test_an_engine_that_tells_none_is_named_as_such(reader: Reader) -> None:
    reader.open("upright")
    reader.page.keyboard.press("Shift+U")
    reader.wait(f"{SAYS}?.textContent.includes('tells no uncertainty')")
