"""What breaks in the middle of the work is said plainly, and nothing is lost by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Route

from tests.e2e.cable import Cable, cable
from tests.e2e.conftest import Account, LiveStack, seated
from tests.e2e.reader import Reader, Voxel

pytestmark = pytest.mark.e2e

SAYS_OFFLINE = """
    () => document.querySelector('[data-testid=saved]').textContent
        .startsWith('offline')
"""
MARKS = """
    async () => {
        const address = `/api/sessions/${window.slicewise.sessionId}/turns`;
        const turns = await (await fetch(address)).json();
        return turns.flatMap(({ prompts }) => prompts)
            .filter(({ kind }) => kind === 'scribble')
            .map(({ label, voxels }) => [label, voxels[0][1]]);
    }
"""
TRY_AGAIN = """
    () => document.querySelector('[data-testid=retry-slice]')?.click()
"""
"""The button, unless the slice has come of itself meanwhile."""

INSTANCES = """
    async () => {
        const address = `/api/sessions/${window.slicewise.sessionId}`;
        return (await (await fetch(address)).json()).volume.instances;
    }
"""


@pytest.fixture
def plugged(
    live_stack: LiveStack, account: Account, browser: Browser
) -> Iterator[tuple[Reader, Cable]]:
    """A reader whose network is a cable that can be pulled out."""
    with cable(live_stack.product.port) as network:
        page = browser.new_context(reduced_motion="reduce").new_page()
        yield seated(page, live_stack, account, port=network.port), network


def row(z: int, y: int) -> list[Voxel]:
    return [(z, y, x) for x in range(30, 41)]


def test_marks_made_without_a_network_arrive_in_order_and_outlive_the_page(
    plugged: tuple[Reader, Cable],
) -> None:
    reader, network = plugged
    page = reader.page
    reader.open("upright")
    z = reader.slice
    reader.stroke(row(z, 20))
    reader.settle()
    # Pulled out under the hand.
    reader.stroke(row(z, 30), release=False)
    network.cut()
    page.mouse.up()
    reader.wait(SAYS_OFFLINE)
    assert reader.told("saved") == "offline: 1 stroke kept"
    page.keyboard.press("2")
    reader.stroke(row(z, 40))
    reader.stroke(row(z, 50))
    assert reader.told("saved") == "offline: 3 strokes kept"
    page.keyboard.press("Control+z")
    page.keyboard.press("1")
    reader.stroke(row(z, 60))
    assert reader.told("saved") == "offline: 5 changes kept"
    network.mend()
    reader.settle()
    assert reader.told("saved").startswith("all saved")
    marks = [[1, 20], [1, 30], [2, 40], [2, 50], [1, 60]]
    assert page.evaluate(MARKS) == marks
    assert [reader.mask((z, y, 35)) for y in (20, 30, 40, 60)] == [1, 1, 2, 1]
    # The page that keeps them goes away before the network is back.
    network.cut()
    reader.wait(SAYS_OFFLINE)
    reader.stroke(row(z, 70))
    assert reader.told("saved") == "offline: 1 stroke kept"
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    # Not a failed reload: the browser tries those again itself, and would abort ours.
    page.goto("about:blank")
    assert asked == ["beforeunload"]
    network.mend()
    reader.open("upright")
    assert reader.told("saved").startswith("all saved")
    assert page.evaluate(MARKS) == [*marks, [1, 70]]
    assert reader.mask((z, 70, 35)) == 1


def test_a_restarted_server_is_said_and_needs_no_reload(
    reader: Reader, live_stack: LiveStack
) -> None:
    reader.open("upright")
    z, page = reader.slice, reader.page
    page.evaluate("() => { window.neverReloaded = true; }")
    reader.stroke(row(z, 30))
    reader.settle()
    (server,) = live_stack.product.children("daphne")
    reader.stroke(row(z, 40), release=False)
    server.kill()
    reader.wait(SAYS_OFFLINE)
    page.mouse.up()
    assert reader.told("saved") == "offline: 1 stroke kept"
    reader.settle()
    assert page.evaluate("() => window.neverReloaded")
    assert reader.told("saved").startswith("all saved")
    assert [reader.mask((z, y, 35)) for y in (30, 40)] == [1, 1]
    assert page.evaluate(MARKS) == [[1, 30], [1, 40]]
    # Slices that were not here yet come from the new one.
    reader.go_to(z + 1)


def test_without_the_worker_for_surfaces_only_the_surface_is_missing(
    reader: Reader,
) -> None:
    reader.page.route("**/surfaceWorker*", lambda route: route.abort())
    reader.open("upright")
    reader.page.keyboard.press("Shift+S")
    said = reader.page.get_by_test_id("surface-said")
    said.get_by_text("did not start").wait_for()
    reader.stroke(row(reader.slice, 30))
    reader.settle()
    assert reader.mask((reader.slice, 30, 35)) == 1


@pytest.mark.parametrize("drawing", ["plain", "graphics"])
def test_slices_that_the_server_fails_on_are_named_and_others_work(
    sit_down: Callable[..., Reader], drawing: str
) -> None:
    reader = sit_down(drawing=drawing)
    page = reader.page
    reader.open("flipped")
    start, instances = reader.slice, page.evaluate(INSTANCES)
    broken = {
        instances[start]: 500,
        instances[start + 1]: 500,
        instances[start + 2]: 404,
    }

    def answer(route: Route) -> None:
        for instance, status in broken.items():
            if f"/{instance}/" in route.request.url:
                route.fulfill(status=status)
                return
        route.continue_()

    page.route("**/frames/1", answer)
    # They come with their neighbours, or else by themselves.
    page.route("**/slices/*", lambda route: route.fulfill(status=500))
    page.reload()
    absent = page.get_by_test_id("absent-slice")
    absent.get_by_text(f"Slice {start + 1} has not come").wait_for()
    del broken[instances[start]]
    page.evaluate(TRY_AGAIN)
    reader.wait(f"() => window.slicewise?.slice === {start}")
    reader.settle()
    assert not absent.is_visible()
    page.keyboard.press("ArrowDown")
    absent.get_by_text(f"Slice {start + 2} has not come").wait_for()
    assert reader.slice == start
    page.keyboard.press("ArrowDown")
    absent.get_by_text(f"Slice {start + 3} has not come").wait_for()
    page.keyboard.press("ArrowDown")
    reader.wait(f"() => window.slicewise.slice === {start + 3}")
    assert not absent.is_visible()
    page.keyboard.press("ArrowUp")
    broken.clear()
    page.evaluate(TRY_AGAIN)
    reader.wait(f"() => window.slicewise.slice === {start + 2}")
    page.keyboard.press("ArrowUp")
    reader.wait(f"() => window.slicewise.slice === {start + 1}")
    reader.settle()
    assert reader.told("notices") == ""
