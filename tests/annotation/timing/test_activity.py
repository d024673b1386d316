"""Every instant belongs to exactly one activity, whatever the tabs do."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.timing.activity import Rules, pieces, seconds_by_activity
from annotation.timing.clocks import Recorded
from annotation.timing.machine import browser_seconds, server_seconds
from annotation.timing.timeline import timeline
from annotation.timing.vocabulary import Activity

EPOCH = 1_700_000_000.0


def tab(name, *events, started=0.0, delay=0.01):
    """Events ``(seconds, kind[, data])`` of a tab that was opened at ``started``."""
    return [
        Recorded(
            tab=name,
            seq=seq,
            t=at * 1000,
            kind=kind,
            received=EPOCH + started + at + delay,
            data=data[0] if data else {},
        )
        for seq, (at, kind, *data) in enumerate(events, start=1)
    ]


def seconds(*tabs, **rules):
    events = [event for events in tabs for event in events]
    return seconds_by_activity(timeline(events), Rules(**rules))


def test_a_stroke_is_drawing_from_down_to_up():
    parts = seconds(
        tab("a", (0, "load"), (2, "pointer_down"), (5, "pointer_up"), (6, "unload"))
    )
    assert parts[Activity.DRAWING] == pytest.approx(3)
    assert parts[Activity.LOOKING] == pytest.approx(3)


def test_scrolling_counts_for_its_burst_and_then_is_looking():
    parts = seconds(
        tab("a", (0, "load"), (1, "scroll"), (1.5, "scroll"), (8, "unload"))
    )
    assert parts[Activity.NAVIGATING] == pytest.approx(1.5)
    assert parts[Activity.LOOKING] == pytest.approx(6.5)


def test_the_idle_rule_is_a_parameter_of_the_analysis():
    events = tab("a", (0, "load"), (100, "unload"))
    assert seconds(events, idle_after_s=30)[Activity.IDLE] == pytest.approx(70)
    assert seconds(events, idle_after_s=1000)[Activity.IDLE] == 0


def test_waiting_ends_with_the_first_answer_or_the_final_one():
    events = tab(
        "a",
        (0, "load"),
        (1, "turn_sent", {"turn": "t"}),
        (2, "prediction_rendered", {"turn": "t", "final": False}),
        (4, "prediction_rendered", {"turn": "t", "final": True}),
        (5, "unload"),
    )
    assert seconds(events)[Activity.WAITING] == pytest.approx(1)
    assert seconds(events, wait_for_final=True)[Activity.WAITING] == pytest.approx(3)


def test_who_draws_while_the_machine_works_is_not_waiting():
    parts = seconds(
        tab(
            "a",
            (0, "turn_sent", {"turn": "t"}),
            (0, "pointer_down"),
            (3, "pointer_up"),
            (4, "prediction_rendered", {"turn": "t", "final": True}),
        )
    )
    assert parts[Activity.DRAWING] == pytest.approx(3)
    assert parts[Activity.WAITING] == pytest.approx(1)


def test_a_failed_turn_keeps_nobody_waiting():
    parts = seconds(
        tab(
            "a",
            (0, "turn_sent", {"turn": "t"}),
            (1, "turn_failed", {"turn": "t"}),
            (5, "unload"),
        )
    )
    assert parts[Activity.WAITING] == pytest.approx(1)


def test_a_hidden_page_is_nobodys_time():
    parts = seconds(
        tab(
            "a",
            (0, "load"),
            (2, "visibility", {"state": "hidden"}),
            (50, "visibility", {"state": "visible"}),
            (51, "unload"),
        )
    )
    assert parts[Activity.HIDDEN] == pytest.approx(48)
    assert parts[Activity.LOOKING] == pytest.approx(3)


def test_two_tabs_do_not_count_twice():
    one = tab("a", (0, "load"), (10, "pointer_move"), (20, "unload"))
    two = tab("b", (0, "load"), (10, "pointer_move"), (15, "unload"), started=2)
    assert sum(seconds(one, two).values()) == pytest.approx(20)
    assert sum(seconds(one).values()) == pytest.approx(20)


def test_the_time_between_two_loads_of_the_page_is_hidden():
    before = tab("a", (0, "load"), (10, "unload"))
    after = tab("b", (0, "load"), (5, "unload"), started=3600)
    parts = seconds(before, after)
    assert parts[Activity.HIDDEN] == pytest.approx(3590)
    assert parts[Activity.LOOKING] == pytest.approx(15)


def test_a_machine_that_slept_counts_nothing_and_is_reported():
    # the monotonic clock stood still while the lid was closed
    events = tab("a", (0, "load"), (10, "pointer_move"))
    woke = Recorded("a", 3, 12_000, "pointer_move", EPOCH + 4000)
    line = timeline([*events, woke])
    assert sum(seconds_by_activity(line).values()) == pytest.approx(12)
    assert "3988 s passed outside the clock" in line.oddities[0]


def test_gaps_and_backward_clocks_are_reported_not_repaired():
    events = tab("a", (0, "load"), (3, "scroll"), (2, "scroll"), (4, "unload"))
    line = timeline([event for event in events if event.seq != 2])
    assert line.oddities == ["tab a: 1 missing after event 1"]
    assert timeline(events).oddities == ["tab a: event 3 is before 2"]


def test_clock_samples_place_a_tab_better_than_slow_arrivals():
    slow = tab("a", (0, "load"), (10, "unload"), delay=7.0)
    sample = Recorded(
        "a",
        3,
        11_000,
        "clock",
        EPOCH + 18,
        {"rtt_ms": 40, "server_ms": (EPOCH + 10.98) * 1000},
    )
    line = timeline([*slow, sample])
    assert line.happenings[0].at == pytest.approx(EPOCH, abs=0.001)


def test_an_answer_seen_in_two_tabs_travels_once():
    answer = {"turn": "t", "version": 3, "sent_at": EPOCH + 1.0}
    shown = [
        (1.1, "prediction_received", answer),
        (1.15, "prediction_rendered", answer | {"final": True}),
        (2, "unload"),
    ]
    line = timeline([*tab("a", *shown, delay=0), *tab("b", *shown, delay=0)])
    parts = browser_seconds(line)
    assert parts["transfer"] == pytest.approx(0.1, abs=1e-3)
    assert parts["render"] == pytest.approx(0.05, abs=1e-3)


def test_undone_turns_cost_machine_time_too():
    stamps = [{"queue_s": 0.5, "compute_s": 1.0}, {"compute_s": 0.25}, {}]
    assert server_seconds(stamps) == {
        "queue": 0.5,
        "load": 0.0,
        "compute": 1.25,
        "store": 0.0,
    }


kinds = st.sampled_from(
    ["scroll", "window", "pointer_down", "pointer_up", "pointer_move", "unload"]
)
turns = st.sampled_from(["turn_sent", "prediction_rendered"]).map(
    lambda kind: (kind, {"turn": "t"})
)
visibility = st.sampled_from(["hidden", "visible"]).map(
    lambda state: ("visibility", {"state": state})
)
steps = st.lists(
    st.tuples(
        st.floats(0, 50), st.one_of(kinds.map(lambda k: (k, {})), turns, visibility)
    ),
    min_size=1,
    max_size=15,
)


@given(
    tabs=st.lists(st.tuples(st.floats(0, 100), steps), min_size=1, max_size=3),
    idle=st.floats(0.5, 60),
)
def test_the_parts_add_up_to_the_whole_and_never_overlap(tabs, idle):
    events = []
    for number, (started, walk) in enumerate(tabs):
        at, rows = 0.0, []
        for pause, (kind, data) in walk:
            at += pause
            rows.append((at, kind, data))
        events += tab(f"tab{number}", *rows, started=started)
    line = timeline(events)
    cut = list(pieces(line, Rules(idle_after_s=idle)))
    whole = line.happenings[-1].at - line.happenings[0].at
    assert sum(piece.stop - piece.start for piece in cut) == pytest.approx(
        whole, abs=1e-3
    )
    for before, after in itertools.pairwise(cut):
        assert before.stop <= after.start + 1e-9
