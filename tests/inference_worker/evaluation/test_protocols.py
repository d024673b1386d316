"""The protocols of PE-MED and Mem3D, run small by tiny random networks."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from inference_worker import engines
from inference_worker.contract.engine import Label
from inference_worker.evaluation import mem3d, mem3d_memory, mem3d_time, pemed
from inference_worker.evaluation.cases import find_cases, read_case
from inference_worker.evaluation.results import Run
from inference_worker.evaluation.run import RunOptions
from inference_worker.evaluation.walk import Plan
from inference_worker.training.prompted_card import card
from tests.inference_worker.engines.cases import tiny_mem3d, tiny_pemed


def described(weights):
    """Tiny weights that say whom they have seen: nobody of these."""
    path = weights.with_suffix(".json")
    body = json.loads(path.read_text())
    body["training"] = {
        "patients": {"train": ["other_1"], "held_out": ["case_9"]},
        "parameters": 1,
        "sources": [{"folder": "somewhere", "labels": 1, "licence": "CC0"}],
        "steps": 1,
        "seed": 0,
        "batch": 1,
        "commit": "abc",
        "runs": [],
    }
    path.write_text(json.dumps(body))
    return weights


@pytest.fixture
def click_run(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(pemed, "POINTS", (1, 2))
    base = RunOptions(
        "pemed",
        folder,
        (Label(1, "liver"),),
        weights=str(described(Path(tiny_pemed(tmp_path)))),
        annotator="click",
        plan=Plan(2, None, 1),
    )
    arms = (pemed.ARMS[0], pemed.ARMS[2])
    return base, arms, pemed.measure(base, tmp_path / "results", arms)


def test_every_arm_of_pemed_clicks_on_every_label(click_run, tmp_path):
    base, arms, runs = click_run
    assert [each.arm for each in runs] == ["PE-MED", "− PALM-I"]
    assert runs[1].meta["config"] == {"palm_i": False}
    again = pemed.measure(base, tmp_path / "results", arms)
    assert [each.turns for each in again] == [each.turns for each in runs]


def test_the_report_of_pemed_compares_each_arm_with_the_first(click_run, tmp_path):
    _, arms, runs = click_run
    text = pemed.report(runs, tmp_path / "docs", arms).read_text()
    rows = [line for line in text.splitlines() if line.startswith("| − PALM-I")]
    assert rows
    assert "2 patients" in text
    assert "Not measured here: − Self-Loop, − PALM-O" in text
    assert pemed._missing(pemed.ARMS) == ""
    assert "Dice after 2 points against “PE-MED” — " in text


def test_the_csv_of_pemed_has_a_row_for_each_arm(click_run, tmp_path):
    _, arms, runs = click_run
    pemed.report(runs, tmp_path / "docs", arms)
    assert (tmp_path / "docs" / "points.csv").read_text().count("\n") == 3


def test_a_card_says_what_was_measured_on_whom(click_run):
    base, _, runs = click_run
    found = Run(runs[0].meta, runs[0].turns, runs[0].cases)
    text = card("pemed", Path(base.weights), [found])
    assert "| somewhere | 1 | CC0 |" in text
    assert "Trained on 1 patients, 1 held out" in text


def test_mem3d_marks_another_slice_every_round(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(mem3d, "ROUNDS", 3)
    weights = described(Path(tiny_mem3d(tmp_path)))
    found = mem3d.measure(folder, [Label(1, "liver")], str(weights), max_cases=1)
    assert list(found) == [arm.title for arm in mem3d.ARMS]
    assert all(len(made[0].dice) == 3 for made in found.values())
    by_hand = found["same slices by hand, no propagation"][0]
    assert by_hand.propagated_s == []
    text = mem3d.report({"phantoms": found}, str(weights), tmp_path).read_text()
    assert "## phantoms: 1 patients, 1 targets" in text
    assert "suggested by quality" in text
    assert "Dice after round 3 against “suggested by quality” — too few" in text


def test_mem3d_is_compared_with_itself_without_memory(folder, tmp_path):
    models = tmp_path / "models"
    for name in ("with", "without"):
        (models / name).mkdir(parents=True)
        made = described(Path(tiny_mem3d(models / name)))
        for suffix in (".safetensors", ".json"):
            made.with_suffix(suffix).rename(
                (models / name / "model").with_suffix(suffix)
            )
    header = models / "without" / "model.json"
    body = json.loads(header.read_text())
    body["shape"]["matched"] = False
    body["training"]["sequences"] = 4
    header.write_text(json.dumps(body))
    committed = str(described(Path(tiny_mem3d(tmp_path))))
    found, weights = mem3d_memory.measure(
        folder, [Label(1, "liver")], models, patients=2, committed=committed
    )
    assert all(len(made) == 2 for made in found.values())
    first = [made[0].dice for made in found.values()]
    # The same weights with a memory say the same, without one something else.
    assert first[0] == first[2] != first[1]
    assert len(first[0]) == 3
    headers = {arm: mem3d_memory.read_header(path) for arm, path in weights.items()}
    text = mem3d_memory.report("phantoms", found, headers, tmp_path).read_text()
    assert "phantoms: 2 patients, 2 targets" in text
    table = mem3d_memory.differences_table(found)
    assert [row[0] for row in table.rows] == ["without memory", mem3d_memory.COMMITTED]
    assert table.rows[1][-1] == "no difference shown"
    rounds = mem3d.report({"phantoms": found}, committed, tmp_path).read_text()
    assert "[without it](memory.md)" in rounds


def test_a_round_is_timed_on_volumes_of_any_size(tmp_path):
    table = mem3d_time.time_table(tiny_mem3d(tmp_path), [(8, 128, 256)])
    (row,) = table.rows
    assert row[0] == "128 × 256 × 8"
    assert int(row[1]) <= 7
    assert float(row[2]) > 0


def test_the_round_that_is_timed_goes_through_the_whole_volume():
    _, seconds = mem3d_time.time_round(engines.build("mem3d"), (24, 128, 128))
    assert len(seconds) == 23


@dataclass
class Rated:
    quality: dict[int, float]


def test_the_oracle_chooses_the_worst_slice_not_yet_marked(folder):
    case = read_case(find_cases(folder)[0], [1])
    truth = case.truth.reveal() == 1
    shown = truth.copy()
    holding = np.flatnonzero(truth.any(axis=(1, 2))).tolist()
    shown[holding[1]] = False
    chosen = mem3d._next(
        mem3d.Arm("worst", "oracle"),
        None,
        shown,
        truth,
        holding,
        [holding[0]],
        np.random.default_rng(0),
    )
    assert chosen == holding[1]


@pytest.mark.parametrize(
    ("quality", "chosen"),
    [({1: 0.7, 2: 0.4, 3: 0.9, 5: 0.8}, 2), ({2: 0.4, 3: 0.9}, 5)],
    ids=["lowest", "never reached"],
)
def test_the_lowest_quality_is_suggested_and_where_no_walk_came_the_nearest(
    quality, chosen
):
    shown = np.zeros((6, 4, 4), dtype=np.uint8)
    told = (shown, shown, [1, 2, 3, 4, 5], [4], np.random.default_rng(0))
    assert mem3d._next(mem3d.Arm("own"), Rated(quality), *told) == chosen
