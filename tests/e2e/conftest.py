"""A whole stack of its own, with cases in it, and a browser for every test."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.bench.chromium import ARGUMENTS, CHROMIUM
from tests.bench.product import Product, served
from tests.e2e.cases import AFFINES, write_cases, write_ct
from tests.e2e.reader import Reader
from tests.inference_worker.engines.cases import tiny_mem3d, tiny_prism

PROJECTS = ("Browser", "Carried", "Solid", "Foreseen")

# A reader for every test: what one draws, accepts or submits, no other finds there.
# In one process: it is its start that takes long.
PREPARE = """
import io
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from annotation.models import Assignment, Membership, User

for arguments in imports:
    call_command(*arguments, stdout=io.StringIO())
first = User.objects.get(username="reader")
given = list(first.assignments.select_related("volume"))
people = User.objects.bulk_create(
    # One name on the screen, whoever it is: pictures are compared.
    User(username=f"reader-{number}", first_name="reader", password=first.password)
    for number in range(count)
)
Membership.objects.bulk_create(
    Membership(project_id=of.project_id, user=user, role=of.role)
    for of in first.memberships.all()
    for user in people
)
work = Assignment.objects.bulk_create(
    Assignment(volume=of.volume, reader=user, arm_id=of.arm_id, position=of.position)
    for user in people
    for of in given
)
accounts = dict()
for user in people:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    cookie = dict(name=settings.SESSION_COOKIE_NAME, value=session.session_key)
    accounts[user.username] = dict(cookie=cookie, cases=dict())
for each in work:
    accounts[each.reader.username]["cases"][each.volume.name] = f"/cases/{each.pk}/"
print(json.dumps(list(accounts.values())))
"""


@dataclass(frozen=True)
class Account:
    """A reader, logged in by a cookie, with a copy of all the work.

    Attributes
    ----------
    cookie: its name and value. cases: addresses by name.
    """

    cookie: dict[str, str]
    cases: dict[str, str]


@dataclass(frozen=True)
class LiveStack:
    """A served product and its readers whom no test has been yet."""

    product: Product
    accounts: list[Account]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.product.port}"


@pytest.fixture(scope="session")
def live_stack(request: pytest.FixtureRequest) -> Iterator[LiveStack]:
    """The product as ``make run`` serves it, on services and data of its own."""
    with ExitStack() as stack:
        # Not below pytest's folder, which the services' user may not enter.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="slicewise-"))
        directory = Path(folder)
        with pytest.MonkeyPatch.context() as patch:
            # Those lent to the suite belong to tests that empty them.
            for lent in ("DATABASE_URL", "REDIS_URL", "PYTEST_XDIST_WORKER"):
                patch.delenv(lent, raising=False)
            product = stack.enter_context(served(directory, seconds=300))
        folders = [directory / name for name in PROJECTS]
        for each in folders:
            each.mkdir()
        write_cases(folders[0])
        write_ct(folders[1] / "carried.nii.gz", AFFINES["upright"], seed=99)
        write_ct(folders[2] / "solid.nii.gz", AFFINES["flipped"], seed=98)
        write_ct(folders[3] / "foreseen.nii.gz", AFFINES["upright"], seed=97)
        engines = (
            ("geodesic",),
            ("mem3d", "--weights", tiny_mem3d(directory)),
            ("prism", "--weights", tiny_prism(directory)),
            ("copy_previous",),
        )
        imports = [
            [
                *("import_folder", str(folder), "--project", name),
                *("--labels", "organ=1,lesion=2" if name == "Browser" else "organ=1"),
                *("--modality", "MR" if name == "Foreseen" else "CT"),
                *("--reader", "reader", "--engine", *engine),
            ]
            for folder, name, engine in zip(folders, PROJECTS, engines, strict=True)
        ]
        tests = sum(
            item.get_closest_marker("e2e") is not None for item in request.session.items
        )
        script = f"imports, count = {imports!r}, {tests}\n{PREPARE}"
        accounts = json.loads(product.manage("shell", "-v", "0", "-c", script))
        yield LiveStack(product, [Account(**each) for each in accounts])


@pytest.fixture
def account(live_stack: LiveStack) -> Account:
    """One that no other test is given."""
    return live_stack.accounts.pop()


def seated(
    page: Page, stack: LiveStack, account: Account, *, port: int | None = None
) -> Reader:
    """Before the worklist, logged in; through another port, if given."""
    address = stack.address if port is None else f"http://127.0.0.1:{port}"
    page.context.add_cookies([{**account.cookie, "url": address}])
    reader = Reader(page, address, account.cases)
    page.goto(address)
    return reader


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """For the browser tests alone: while it lives it holds the event loop."""
    if CHROMIUM is None:
        pytest.skip("the browser tests need Debian's chromium")
    with sync_playwright() as playwright:
        yield playwright


class Screen:
    """A Chromium that is started when it is wanted, and again if it died."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._browser: Browser | None = None

    def browser(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._playwright.chromium.launch(
                executable_path=CHROMIUM, args=ARGUMENTS
            )
        return self._browser


@pytest.fixture(scope="package")
def screen(playwright: Playwright) -> Screen:
    """One for many tests: its start takes longer than most of them."""
    return Screen(playwright)


@pytest.fixture
def browser(screen: Screen) -> Iterator[Browser]:
    """A Chromium that shows nothing yet, and keeps nothing of a test."""
    browser = screen.browser()
    yield browser
    for context in browser.contexts:
        context.close()


@pytest.fixture
def sit_down(
    live_stack: LiveStack, account: Account, browser: Browser
) -> Callable[..., Reader]:
    """Seat a reader, logged in, before a screen of any density."""

    def seat(
        *,
        ratio: float = 1,
        width: int = 1200,
        height: int = 800,
        drawing: str = "auto",
    ) -> Reader:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=ratio,
            # Nothing flashes, so that what is on the screen is the mask.
            reduced_motion="reduce",
        )
        if drawing != "auto":
            context.add_init_script(
                "localStorage['slicewise:preferences'] ??= "
                f"JSON.stringify({{drawing: '{drawing}'}})"
            )
        return seated(context.new_page(), live_stack, account)

    return seat


@pytest.fixture
def reader(sit_down: Callable[..., Reader]) -> Reader:
    """A reader before an ordinary screen."""
    return sit_down()
