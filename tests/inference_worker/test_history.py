"""Whatever happens to workers and states, a session shows what its log says."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_worker.canvas import Canvas, painted_slices
from inference_worker.contract import names
from inference_worker.contract.engine import Label
from inference_worker.contract.geometry import Region
from inference_worker.contract.prompts import (
    Accept,
    Box,
    Click,
    Paint,
    Propagate,
    Scribble,
    Visit,
)
from inference_worker.contract.store import read_volume
from inference_worker.contract.wire import prompt_from_json
from inference_worker.work import Policy
from tests.inference_worker.engines.toy import Settings, Toy
from tests.inference_worker.webside import (
    LABELS,
    Outbox,
    Registry,
    WebSide,
    make_runtime,
    store_volume,
)

SHAPE = (3, 8, 7)
LAST = tuple(n - 1 for n in SHAPE)

slices = st.integers(0, LAST[0])
voxels = st.tuples(slices, st.integers(0, LAST[1]), st.integers(0, LAST[2]))
labels = st.sampled_from([0, 1, 3])


@st.composite
def scribbles(draw):
    z = draw(slices)
    path = draw(st.lists(voxels, min_size=1, max_size=3))
    width = draw(st.sampled_from([1.0, 3.0]))
    return Scribble(draw(labels), tuple((z, y, x) for _, y, x in path), width)


@st.composite
def paints(draw):
    z = draw(slices)
    region = Region((z, 1, 2), (z + 1, 5, 6))
    value, seed = draw(labels), draw(st.integers(0, 5))
    where = np.random.default_rng(seed).random(region.shape) < 0.5
    return Paint(region, np.full(region.shape, value, np.uint8), where)


prompts = st.one_of(
    scribbles(),
    paints(),
    st.builds(Click, labels, voxels),
    st.builds(Visit, slices),
    st.builds(Accept, slices),
    st.builds(Propagate, slices, st.sampled_from([-1, 0, 1]), st.just(1)),
    st.builds(Box, labels, st.just(Region((1, 2, 2), (2, 6, 6)))),
)
turns = st.lists(prompts, min_size=1, max_size=3).map(lambda found: ("take", found))
events = st.one_of(
    turns,
    turns,
    st.sampled_from(["undo", "undo", "redo", "sleep", "crash", "twice"]).map(
        lambda name: (name, None)
    ),
    st.tuples(st.just("cancel"), prompts),
    st.tuples(st.just("silent"), prompts),
)
stories = st.lists(st.tuples(st.integers(0, 1), events), max_size=14)


class Reference:
    """What a log shows, by the engine and the canvas alone."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[tuple[str, str], np.ndarray] = {}

    def shows(self, web: WebSide) -> np.ndarray:
        place = (web.session, web.digest)
        if place not in self._known:
            self._known[place] = self._replay(web)
        return self._known[place]

    def _replay(self, web: WebSide) -> np.ndarray:
        engine = Toy(Settings(seed=web.header["seed"]))
        volume = read_volume(self._root, web.header["volume_key"])
        state = engine.open(volume, [Label(**label) for label in LABELS])
        canvas = Canvas(volume.shape)
        for turn in web.log:
            said = [prompt_from_json(body) for body in turn["prompts"]]
            canvas.say(said)
            for prediction in engine.step(state, said):
                canvas.show(prediction, but=painted_slices(said))
        return canvas.labels()


class World:
    """Two readers in two volumes, and one worker after another."""

    def __init__(self, root: Path, policy: Policy) -> None:
        self.root, self.policy = root, policy
        self.outbox, self.registry = Outbox(), Registry()
        self.readers = [
            WebSide(
                root,
                store_volume(root, f"volume-{n}", shape=SHAPE, seed=n),
                session=f"session-{n}",
                seed=n,
                shape=SHAPE,
            )
            for n in range(2)
        ]
        self.workers = 0
        self.last: dict[int, dict] = {}
        self.hire()

    def hire(self) -> None:
        """A worker that knows nothing takes over; the one before is dead."""
        self.workers += 1
        self.registry.living.clear()
        self.runtime = make_runtime(
            self.root,
            outbox=self.outbox,
            registry=self.registry,
            worker=f"worker-{self.workers}",
            policy=self.policy,
            sessions_max=1 + self.workers % 2,
        )
        for reader in self.readers:
            reader.fence += 1

    def happen(self, number: int, event: str, given: object) -> None:
        web = self.readers[number]
        match event:
            case "take":
                self.send(number, web.take(*given))
            case "undo" | "redo":
                self.send(number, getattr(web, event)())
            case "sleep":
                self.runtime.put_to_sleep()
            case "crash":
                self.hire()
            case "twice":
                self.send(number, self.last.get(number))
            case "cancel":
                self.cancel(web, web.take(given))
            case "silent":
                # The worker dies over the turn: nobody hears its answers.
                self.runtime.take_turns(web.take(given))
                self.outbox.reports.clear()
                self.hire()
                self.send(number, web.tell_all())

    def send(self, number: int, message: dict | None) -> None:
        if message is not None:
            message = {**message, "fence": self.readers[number].fence}
            self.last[number] = message
            self.readers[number].exchange(self.runtime, self.outbox, message)
        for task, body in self.outbox.reports:
            self.readers[1 - number].report(task, body)

    def cancel(self, web: WebSide, message: dict) -> None:
        turn = message["log"]["turns"][0]["id"]
        self.registry.cancelled[web.session] = turn
        web.exchange(self.runtime, self.outbox, message)
        assert web.failed[turn] == "session:cancelled"
        web.exchange(self.runtime, self.outbox, web.ask_canvas())


@settings(max_examples=50, deadline=None)
@given(
    story=stories,
    snapshot_turns=st.integers(1, 4),
    undo_depth=st.integers(0, 3),
)
def test_every_history_shows_what_a_fresh_replay_of_its_log_shows(
    story, snapshot_turns, undo_depth
):
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        world = World(root, Policy(snapshot_turns, 10.0, undo_depth))
        reference = Reference(root)
        for number, (event, given) in story:
            world.happen(number, event, given)
            for web in world.readers:
                np.testing.assert_array_equal(web.draft, reference.shows(web))
                assert set(web.failed.values()) <= {"session:cancelled"}


@settings(max_examples=20, deadline=None)
@given(
    first=st.lists(prompts, min_size=1, max_size=4),
    second=st.lists(prompts, min_size=1, max_size=4),
)
def test_two_sessions_on_one_worker_show_what_each_shows_alone(first, second):
    with tempfile.TemporaryDirectory() as directory:
        together = World(Path(directory), Policy())
        for number, said in enumerate((first, second)):
            alone = Reference(Path(directory))
            for prompt in said:
                together.happen(number, "take", [prompt])
                # the other reader looks around in between
                together.happen(1 - number, "take", [Visit(0)])
            web = together.readers[number]
            np.testing.assert_array_equal(web.draft, alone.shows(web))
        states = [session.state for session in together.runtime.sessions]
        assert all(
            not np.shares_memory(a.weights, b.weights)
            for a in states
            for b in states
            if a is not b
        )


def test_reports_name_the_session_they_belong_to(tmp_path):
    world = World(tmp_path, Policy())
    for number, web in enumerate(world.readers):
        world.runtime.take_turns(
            {**web.take(Visit(number), Click(1, (0, 1, 1))), "fence": web.fence}
        )
        answers = world.outbox.take(names.PREDICTION_ARRIVED)
        assert {answer["session"] for answer in answers} == {web.session}
