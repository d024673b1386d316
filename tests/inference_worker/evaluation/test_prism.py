"""The protocol of PRISM asks in turns, by prompts in the errors, and reports."""

import json

import numpy as np
import pytest

from inference_worker.contract.engine import Prediction, Volume
from inference_worker.contract.geometry import Geometry, Region
from inference_worker.contract.prompts import Box, Click, Scribble
from inference_worker.evaluation.prism import (
    TURNS,
    Row,
    commits_of,
    main,
    prompts_for,
    regions_within,
    take_turns,
)
from inference_worker.evaluation.prism_report import _figure, dice_table
from inference_worker.simulate.clicks import click_in_volume
from inference_worker.simulate.truth import Truth, error_regions

SHAPE = (8, 24, 24)


def target() -> np.ndarray:
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:6, 6:16, 6:18] = 1
    return labels


def volume() -> Volume:
    voxels = 100 * target().astype(np.float32)
    return Volume(voxels, Geometry(SHAPE, np.eye(4)), "MR", (50, 100), "d")


def asked(shown, protocol="ultra", turn=1):
    rng = np.random.default_rng(0)
    return prompts_for(shown, target(), volume(), protocol, turn, rng)


def test_ultra_gives_a_box_once_then_points_and_a_scribble():
    first = asked(np.zeros(SHAPE, np.uint8))
    assert first[0] == Box(1, Region((2, 6, 6), (6, 16, 18)))
    later = asked(np.zeros(SHAPE, np.uint8), turn=2)
    assert [type(p) for p in later] == [*[Click] * 5, Scribble]
    assert all(target()[p.voxel] == 1 for p in later if isinstance(p, Click))
    (plain,) = asked(np.zeros(SHAPE, np.uint8), "plain")
    assert isinstance(plain, Click)


def test_errors_on_both_sides_are_marked_and_none_is_silence():
    everything = np.ones(SHAPE, np.uint8)
    assert {p.label for p in asked(everything, turn=2)} == {0}
    assert asked(target()) == []


def test_errors_are_those_of_the_whole_volume():
    rng = np.random.default_rng(3)
    shown = ((rng.random(SHAPE) > 0.8) | target()).astype(np.uint8)
    shown[3, 8:12, 8:14] = shown[:, :5] = shown[:, :, :3] = 0
    found, start = regions_within(shown, target())
    whole = error_regions(shown, target())
    assert len(found) == len(whole) > 10
    assert any(start)
    for part, other in zip(found, whole, strict=True):
        at = np.argwhere(part.mask) + start
        assert np.array_equal(at, np.argwhere(other.mask))
        assert (part.label, part.size) == (other.label, other.size)
    clicks = asked(shown, "plain", turn=2)
    assert clicks == [click_in_volume(whole[0], volume().geometry.spacing)]


class Obedient:
    """Shows the slice that was clicked as it truly is."""

    def open(self, volume, labels):
        return None

    def step(self, state, prompts):
        for z in sorted({p.voxel[0] for p in prompts if isinstance(p, Click)}):
            yield Prediction(Region.of_slice(z, SHAPE), target()[z : z + 1])


def test_every_turn_is_scored_and_a_finished_target_stays():
    rng = np.random.default_rng(0)
    truth = Truth(target(), [1])
    series = take_turns(Obedient(), volume(), truth, "ultra", rng, 1.0)
    assert all(len(values) == TURNS for values in series.values())
    assert series["dice"] == sorted(series["dice"])
    assert series["dice"][-1] == series["nsd"][-1] == 1


def row(arm, patient, dice, name="plain"):
    told = (arm, "hippocampus", name, patient, patient, "whole", 1.0)
    return vars(Row(*told, dice, dice, [0.5] * TURNS, [0.1] * TURNS))


def test_the_report_compares_arms_and_counts_falls(tmp_path):
    rising = [0.5 + 0.04 * turn for turn in range(TURNS)]
    falling = [*rising[:-1], 0.2]
    rows = [row("PRISM", p, rising) for p in "ab"]
    rows += [row("other", p, falling) for p in "ab"]
    table = dice_table("hippocampus", "plain", rows)
    own, other = table.rows
    assert own[1] == "2"
    assert own[2].startswith("0.500")
    assert (own[-2], other[-2]) == ("0%", "10%")
    assert own[-1] == "–"
    assert other[-1].startswith("-0.700")
    facts = {
        "parameters": 10,
        "steps": 1,
        "config": {},
        "sha256": "f" * 64,
        "commit": "c",
    }
    results = {"arms": {"PRISM": facts, "other": facts}, "rows": rows}
    (tmp_path / "r.json").write_text(json.dumps(results))
    main(["report", "--results", str(tmp_path / "r.json"), "--out", str(tmp_path)])
    text = (tmp_path / "README.md").read_text()
    assert "### hippocampus, plain" in text
    assert "against “PRISM” — lower: “other”." in text
    assert "## Encoders" not in text
    assert (tmp_path / "turns.png").stat().st_size > 1000


def test_short_trainings_are_compared_with_one_another_and_stay(tmp_path):
    dice = [0.5] * TURNS
    lower, level = [0.4] * TURNS, [0.5] * TURNS
    facts = {"parameters": 9, "steps": 7, "config": {}, "sha256": "a", "commit": "c"}
    own = {"arms": {"PRISM": facts}, "rows": [row("PRISM", p, dice) for p in "ab"]}
    short = {
        "arms": {"hybrid": facts, "CNN alone": facts, "ViT alone": facts},
        "rows": [
            row(arm, patient, series)
            for arm, series in zip(
                ("hybrid", "CNN alone", "ViT alone"), (dice, level, lower), strict=True
            )
            for patient in "ab"
        ],
    }
    for name, results in (("r", own), ("e", short)):
        (tmp_path / f"{name}.json").write_text(json.dumps(results))
    command = ["report", "--results", str(tmp_path / "r.json"), "--out", str(tmp_path)]
    main([*command, "--encoders", str(tmp_path / "e.json")])
    text = (tmp_path / "README.md").read_text()
    told = "“hybrid” — no difference shown: “CNN alone”; lower: “ViT alone”."
    assert told in text.partition("## Encoders")[2]
    main(command)
    assert (tmp_path / "README.md").read_text() == text


def test_an_arm_has_one_colour_whatever_comes_first():
    dice = [0.5] * TURNS
    arms = [("PRISM", "b", "c"), ("PRISM", "c", "b")]
    rows = [
        row(arm, "p", dice, name)
        for name, order in zip(("plain", "ultra"), arms, strict=True)
        for arm in order
    ]
    sets = [("hippocampus", "plain"), ("hippocampus", "ultra")]
    first, second = (
        {line.get_label(): line.get_color() for line in axes.lines}
        for axes in _figure(rows, sets).axes
    )
    assert first == second
    assert len(set(first.values())) == 3


def test_an_arm_that_was_measured_in_parts_names_every_commit():
    assert commits_of({}, {"commit": "b"}) == "b"
    assert commits_of({"commit": "a"}, {"commit": "b"}) == "a, b"
    assert commits_of({"commit": "a, b"}, {"commit": "a"}) == "a, b"


def test_a_command_without_results_says_what_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        main(["report", "--results", str(tmp_path / "no.json"), "--out", str(tmp_path)])
