import csv
import json

import pytest

from inference_worker.contract.engine import Label
from inference_worker.contract.errors import ImportRefused
from inference_worker.evaluation import cli
from inference_worker.evaluation.results import (
    Run,
    carried,
    read_result,
    slice_series,
)
from inference_worker.evaluation.run import RunOptions, run
from inference_worker.evaluation.tables import (
    clicks_table,
    curve_by_patient,
    dice_table,
    machine_table,
)
from inference_worker.evaluation.time_tables import (
    paired_table,
    time_table,
    touched_by_part,
    user_seconds,
)
from inference_worker.evaluation.walk import Plan
from tests.inference_worker.evaluation.scripted import ThresholdEngine


def turn(patient, index, number, dice, kind="correct", **more):
    return {
        "case": patient,
        "patient": patient,
        "slice": index,
        "turn": number,
        "kind": kind if number else "visit",
        "dice": dice,
        "dice_per_label": {"1": dice},
        "machine_s": 0.5,
        "seconds": {"final": 0.4},
        **more,
    }


def case(patient, user_s, slices=2):
    return {
        "case": patient,
        "patient": patient,
        "slices": slices,
        "open_s": 0.1,
        "simulated_user_s": user_s,
        "waiting_s": 1.0,
        "slices_finished_by_hand": 1,
        "simulated_user_s_by_action": {"look": 10.0, "trace": user_s - 10.0},
    }


def made(arm, turns, cases, **meta) -> Run:
    given = {
        "arm": arm,
        "cases": "set",
        "until_dice": 0.95,
        "planar": True,
        "look_s": 5.0,
    }
    return Run({**given, **meta}, turns, cases)


@pytest.fixture
def good() -> Run:
    turns = [
        turn("a", 1, 0, 0.5),
        turn("a", 1, 1, 0.8),
        turn("a", 1, 2, 0.92),
        turn("a", 2, 0, 0.96),
        turn("b", 1, 0, 0.7),
        turn("b", 1, 1, 0.86),
        turn("b", 1, 2, 0.99, "finish"),
    ]
    return made("good", turns, [case("a", 60.0), case("b", 40.0, slices=1)])


@pytest.fixture
def slow() -> Run:
    turns = [turn("a", 1, 0, 0.1), turn("a", 1, 1, 0.2), turn("b", 1, 0, 0.1)]
    return made("slow", turns, [case("a", 120.0), case("b", 160.0, slices=1)])


def test_a_slice_that_is_left_keeps_its_last_value():
    assert carried([0.5, 0.8], 3) == [0.5, 0.8, 0.8, 0.8]
    assert carried([0.5, 0.8, 0.9], 1) == [0.5, 0.8]


def test_what_is_finished_by_brush_is_not_the_engine_s(good):
    assert slice_series([good]) == {"a": [[0.5, 0.8, 0.92], [0.96]], "b": [[0.7, 0.86]]}


def test_slices_are_averaged_within_a_patient_first(good):
    curves = curve_by_patient([good], 2)
    assert curves["a"] == pytest.approx([0.73, 0.88, 0.94])
    assert curves["b"] == pytest.approx([0.7, 0.86, 0.86])
    (row,) = dice_table([good]).rows
    assert row[:3] == ("good", "2", "3")
    assert row[3].startswith("0.715 [0.700, 0.730]")


def test_interactions_are_counted_until_the_goal(good):
    (row,) = clicks_table([good]).rows
    # Dice 0.90: patient a 2 and 0, patient b never, so the limit of 2.
    assert row[4].startswith("1.50")
    assert row[5] == "67%"


def test_a_slice_without_labels_has_no_dice():
    empty = turn("a", 5, 0, 1.0)
    empty["dice_per_label"] = {}
    assert slice_series([made("x", [empty], [])]) == {}


def test_time_is_in_minutes_per_volume_and_against_an_arm(good, slow):
    table = time_table([good, slow], "slow")
    first, second = table.rows
    assert first[1].startswith("0.83")
    assert second[1].startswith("2.33")
    calibrated = table.columns.index("× slow (looking calibrated)")
    assert first[calibrated].startswith("0.38")
    assert second[calibrated].startswith("1.00")


def test_times_can_be_had_for_another_time_of_looking(good):
    assert user_seconds([good]) == {"a": 60.0, "b": 40.0}
    # 10 s of looking at 5 s a slice are two looks.
    assert user_seconds([good], 1.0) == {"a": 52.0, "b": 32.0}


def test_without_a_target_there_is_no_time_to_it(good):
    free = made("free", good.turns, good.cases, until_dice=None)
    assert time_table([free], "free") is None


def test_paired_differences_are_by_patient(good, slow):
    rows = paired_table([good, slow], "slow").rows
    assert {row[0] for row in rows} == {"good"}
    last = next(row for row in rows if row[1] == "simulated user min")
    assert last[2].startswith("-1.50")
    assert last[3] == "2"
    assert paired_table([good], "slow") is None


def test_machine_time_leaves_the_brush_out(good):
    (row,) = machine_table([good]).rows
    assert row[1] == "0.40 / 0.40"
    assert row[2] == row[3] == "0.50 / 0.50"


def test_touched_slices_are_shared_out_along_the_volume():
    turns = [turn("a", z, 0, 0.9) for z in range(8)]
    turns += [turn("a", z, 1, 0.95) for z in (0, 1, 2)]
    assert touched_by_part([made("x", turns, [case("a", 20.0)])]) == [
        [1.0, 0.5, 0.0, 0.0]
    ]


def test_the_command_writes_markdown_csv_and_figures(folder, tmp_path):
    labels = (Label(1, "disk"), Label(2, "square"))
    plan = Plan(rounds=2, until_dice=0.95)
    files = []
    for name, above in (("copy_previous", 400.0), ("geodesic", 120.0)):
        options = RunOptions(name, folder, labels, plan=plan)
        files.append(tmp_path / f"{name}.json")
        run(options, files[-1], engine=ThresholdEngine(above=above))
    out = tmp_path / "report"
    arguments = ["report", *map(str, files), "--out", str(out), "--title", "T"]
    assert cli.main(arguments) == 0
    text = (out / "README.md").read_text()
    assert text.startswith("# T\n")
    for wanted in ("NoC@90", "95 %", "Wilcoxon", "imulated user time", "Machine time"):
        assert wanted in text
    assert {path.name for path in out.glob("*.png")} == {
        "cases-dice.png",
        "cases-time.png",
        "cases-touched.png",
    }
    for figure in out.glob("*.png"):
        assert f"({figure.name})" in text
    with (out / "cases-dice.csv").open() as file:
        assert [row["arm"] for row in csv.DictReader(file)] == [
            "copy_previous",
            "geodesic",
        ]


def test_a_file_that_is_no_result_is_refused(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"turns": []}))
    with pytest.raises(ImportRefused, match=r"x\.json"):
        read_result(path)
