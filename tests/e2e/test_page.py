"""The page around the picture: policy, missing graphics, a lost network, keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Playwright, Route

from tests.bench.chromium import ARGUMENTS, CHROMIUM
from tests.e2e.conftest import Account, LiveStack, seated
from tests.e2e.reader import Reader
from tests.e2e.test_planes import MARKS

pytestmark = pytest.mark.e2e


SAYS_OFFLINE = """
    () => document.querySelector('[data-testid=saved]').textContent
        .startsWith('offline')
"""


def test_the_policy_stops_nothing_and_nothing_fails(reader: Reader) -> None:
    reader.open("upright")
    reader.stroke([(reader.slice, 40, x) for x in range(30, 40)])
    reader.settle()
    assert reader.refused() == []
    assert reader.problems == []


def test_strokes_are_kept_while_the_server_is_silent_and_sent_on_its_return(
    reader: Reader, live_stack: LiveStack
) -> None:
    reader.open("upright")
    z = reader.slice
    (server,) = live_stack.product.children("daphne")
    server.suspend()
    try:
        reader.stroke([(z, 40, x) for x in range(30, 40)])
        assert reader.told("saved") == "saving"
        reader.wait(SAYS_OFFLINE)
        assert reader.told("saved") == "offline: 1 stroke kept"
    finally:
        server.resume()
    reader.settle()
    assert reader.mask((z, 40, 35)) == 1
    assert reader.told("saved").startswith("all saved")


def test_every_key_is_told(reader: Reader) -> None:
    reader.open("upright")
    reader.page.keyboard.press("?")
    said = reader.told("help-dialog")
    for words in ("Accept this slice", "Undo", "Narrower stroke", "Ctrl + wheel"):
        assert words in said
    reader.page.keyboard.press("Escape")
    assert not reader.page.get_by_test_id("help-dialog").is_visible()


def test_keys_choose_tools_labels_and_widths(reader: Reader) -> None:
    reader.open("upright")
    pressed = {
        "e": "tool-erase",
        "c": "tool-click",
        "b": "tool-box",
        "p": "tool-pan",
        "s": "tool-scribble",
        "2": "label-2",
        "1": "label-1",
    }
    for key, button in pressed.items():
        reader.page.keyboard.press(key)
        chosen = reader.page.get_by_test_id(button)
        assert chosen.get_attribute("aria-pressed") == "true", key
    reader.page.keyboard.press("]")
    assert reader.page.get_by_test_id("width").input_value() == "6"


def test_without_webgl_plain_canvases_take_over(
    live_stack: LiveStack, account: Account, playwright: Playwright
) -> None:
    with playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*ARGUMENTS[3:], "--disable-3d-apis"]
    ) as blind:
        reader = seated(blind.new_page(), live_stack, account)
        reader.open("upright")
        z = reader.slice
        reader.stroke([(z, 40, x) for x in range(30, 40)])
        reader.settle()
        assert reader.mask((z, 40, 35)) == 1
        reader.leave_picture()
        x, y = map(int, reader.point((z, 40, 60)))
        assert reader.screen()[y, x].sum() > 3 * 100
        reader.page.keyboard.press("Shift+S")
        reader.page.get_by_test_id("surface-said").wait_for()
        assert "WebGL 2 is missing" in reader.told("surface-said")
        assert reader.problems == []


ALL_HERE = """
() => !document.querySelector('footer').textContent.includes('slices here')
"""

KEEP_CONTEXTS = """
    window.contexts = [];
    const make = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
        const context = make.call(this, kind, ...more);
        if (kind === 'webgl2' && context) window.contexts.push(context);
        return context;
    };
"""


def test_a_graphics_card_that_is_lost_is_said_and_plain_canvases_take_over(
    sit_down: Callable[..., Reader],
) -> None:
    reader = sit_down(drawing="graphics")
    reader.page.add_init_script(KEEP_CONTEXTS)
    reader.open("upright")
    z = reader.slice + 1
    reader.page.keyboard.press("ArrowDown")
    reader.wait(f"() => window.slicewise.slice === {z}")
    reader.page.evaluate(
        """() => window.contexts.forEach((context) =>
            context.getExtension('WEBGL_lose_context')?.loseContext())"""
    )
    notices = reader.page.get_by_test_id("notices")
    notices.get_by_text("drawn plainly now").wait_for()
    reader.page.locator(".cornerstone-canvas").wait_for(state="detached")
    reader.wait(f"() => window.slicewise.canvasOfVoxel({z}, 40, 35) !== null")
    assert reader.slice == z
    reader.stroke([(z, 40, x) for x in range(30, 40)])
    reader.settle()
    assert reader.mask((z, 40, 35)) == 1
    reader.leave_picture()
    x, y = map(int, reader.point((z, 40, 60)))
    assert reader.screen()[y, x].sum() > 3 * 100


def test_a_case_of_nobody_is_refused_plainly(reader: Reader) -> None:
    answer = reader.page.goto(
        f"{reader.address}/cases/00000000-0000-4000-8000-000000000000/"
    )
    assert answer is not None
    assert answer.status == 404


@pytest.mark.parametrize("drawing", ["plain", "graphics"])
def test_a_slice_that_did_not_come_is_said_and_shown_once_it_is_here(
    sit_down: Callable[..., Reader], drawing: str
) -> None:
    reader = sit_down(drawing=drawing)
    gone, asked = [True], set()
    page = reader.page

    def answer(route: Route) -> None:
        asked.add(route.request.url)
        if gone[0] and len(asked) > 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/frames/1", answer)
    page.route("**/slices/*", answer)
    reader.open("flipped")
    start = reader.slice
    page.get_by_test_id("notices").get_by_text("could not be loaded").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(300)
    # It comes under a stroke, which stays where it began; then it is shown.
    here = reader.slice
    assert here != start + 2
    reader.stroke([(here, 40, x) for x in (30, 34)], release=False)
    gone[0] = False
    reader.wait(ALL_HERE)
    assert reader.slice == here
    page.mouse.move(*reader.point((here, 40, 38)))
    page.mouse.up()
    reader.wait(f"() => window.slicewise.slice === {start + 2}")
    reader.settle()
    assert [mark["voxels"] for mark in page.evaluate(MARKS)] == [
        [[here, 40, 30], [here, 40, 38]]
    ]


def test_without_web_assembly_plain_frames_are_shown_all_the_same(
    sit_down: Callable[..., Reader],
) -> None:
    reader = sit_down(drawing="graphics")
    reader.page.route("**/*.wasm", lambda route: route.abort())
    reader.open("upright")
    assert reader.page.get_by_test_id("notices").inner_text() == ""
    reader.leave_picture()
    x, y = map(int, reader.point((reader.slice, 40, 36)))
    assert reader.screen()[y, x].sum() > 3 * 100
