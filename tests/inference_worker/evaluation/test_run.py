import json
import math
import time
from dataclasses import replace

import numpy as np
import pytest

from inference_worker.contract.engine import Label
from inference_worker.contract.prompts import Accept, Paint, Visit
from inference_worker.evaluation import cli
from inference_worker.evaluation.run import RunOptions, run
from inference_worker.evaluation.walk import Plan
from inference_worker.simulate.styles import Scribbles
from inference_worker.simulate.timing import Action
from tests.inference_worker.evaluation.scripted import StubbornEngine, ThresholdEngine

LABELS = (Label(1, "disk"), Label(2, "square"))


def options(folder, **changes) -> RunOptions:
    return RunOptions(
        **{"engine": "geodesic", "folder": folder, "labels": LABELS, **changes}
    )


def rows_of(result, case="case_1"):
    return [row for row in result["turns"] if row["case"] == case]


def test_a_row_per_turn_and_a_row_per_case(folder, tmp_path):
    out = tmp_path / "deep" / "result.json"
    result = run(options(folder, plan=Plan(rounds=2)), out, engine=ThresholdEngine())
    assert json.loads(out.read_text()) == result
    assert [case["case"] for case in result["cases"]] == ["case_1", "case_2"]
    rows = rows_of(result)
    assert [(r["slice"], r["turn"]) for r in rows] == [
        (s, t) for s in (1, 2, 3, 4) for t in (0, 1, 2)
    ]
    first = rows[0]
    assert first["dice_per_label"]["1"] > 0.9
    assert first["dice_per_label"]["2"] == 0.0
    assert first["dice"] == pytest.approx(
        np.mean(list(first["dice_per_label"].values())), abs=1e-5
    )
    assert first["hd95_mm_per_label"]["2"] is None
    assert first["seconds"].keys() == {"first"}
    assert result["meta"]["arm"] == "geodesic"
    assert result["meta"]["user_time"] == "simulated"


def test_slices_come_in_order_and_each_is_accepted_with_the_next_visit(folder):
    engine = ThresholdEngine()
    run(options(folder, plan=Plan(rounds=1), max_cases=1), engine=engine)
    walk = [
        prompt
        for prompt in engine.states[0].prompts
        if isinstance(prompt, Accept | Visit)
    ]
    expected = [Visit(1)]
    for index in (1, 2, 3):
        expected += [Accept(index), Visit(index + 1)]
    assert walk == [*expected, Accept(4)]


def test_marks_improve_what_is_shown_though_the_engine_ignores_them(folder):
    result = run(options(folder, plan=Plan(rounds=3)), engine=ThresholdEngine())
    for index in (1, 2, 3, 4):
        first, *_, last = (r for r in rows_of(result) if r["slice"] == index)
        assert last["dice"] > first["dice"]
        assert last["voxels_scribbled"] > 0


def test_a_target_is_reached_on_every_slice_by_brush_if_need_be(folder):
    plan = Plan(rounds=2, until_dice=0.95)
    result = run(options(folder, plan=plan), engine=ThresholdEngine())
    for index in (1, 2, 3, 4):
        rows = [r for r in rows_of(result) if r["slice"] == index]
        assert rows[-1]["dice"] >= 0.95
        assert all(row["dice"] < 0.95 for row in rows[:-1])
        assert rows[-1]["kind"] == "finish"
    assert result["cases"][0]["slices_finished_by_hand"] == 4
    assert result["cases"][0]["final_slice_dice"] >= 0.95


def test_a_reader_with_a_target_tries_an_engine_that_is_deaf_once_a_slice(folder):
    plan = Plan(rounds=6, until_dice=0.95)
    hopeless = run(options(folder, plan=plan, max_cases=1), engine=StubbornEngine())
    corrected = [row for row in hopeless["turns"] if row["kind"] == "correct"]
    assert [row["slice"] for row in corrected] == [1, 2, 3, 4]
    free = replace(plan, until_dice=None)
    patient = run(options(folder, plan=free, max_cases=1), engine=StubbornEngine())
    corrected = [row for row in patient["turns"] if row["kind"] == "correct"]
    assert len(corrected) == 6 * 4


def test_a_reader_with_a_target_does_not_mark_what_is_sooner_painted(
    folder, monkeypatch
):
    quick = Scribbles.mark

    def slow(self, regions, sight):
        prompts, actions = quick(self, regions, sight)
        return prompts, [*actions, *[Action("look")] * 100]

    monkeypatch.setattr(Scribbles, "mark", slow)

    def kinds(until_dice):
        plan = Plan(rounds=2, until_dice=until_dice)
        given = options(folder, plan=plan, max_cases=1)
        return {row["kind"] for row in run(given, engine=ThresholdEngine())["turns"]}

    assert kinds(0.95) == {"visit", "finish"}
    assert kinds(None) == {"visit", "correct"}


def test_no_engine_undoes_what_was_finished_by_brush(folder):
    plan = Plan(rounds=1, until_dice=0.95)
    result = run(options(folder, plan=plan, max_cases=1), engine=StubbornEngine())
    last = {row["slice"]: row for row in result["turns"]}
    assert all(row["kind"] == "finish" for row in last.values())
    assert all(row["dice"] >= 0.95 for row in last.values())
    assert all(0 < row["voxels_scribbled"] < 48 * 48 / 2 for row in last.values())


def test_slices_that_are_good_at_once_are_not_touched(folder):
    disk = options(folder, labels=LABELS[:1], plan=Plan(None, 0.9))
    case = run(disk, engine=ThresholdEngine())["cases"][0]
    assert case["slices_untouched"] == case["slices"] == 4
    assert case["interactions"] == 0
    assert case["simulated_user_s"] > 0


def test_by_hand_everything_is_painted(folder):
    engine = ThresholdEngine(above=math.inf)
    engine.spec = engine.spec.__class__(
        "manual", "By hand", engine.spec.prompts, True, False, False, ""
    )
    plan = Plan(rounds=None, until_dice=0.95)
    result = run(options(folder, engine="manual", plan=plan), engine=engine)
    assert result["meta"]["annotator"] == "brush"
    assert {type(p) for p in engine.states[0].prompts} == {Accept, Paint, Visit}
    rows = [row for row in rows_of(result) if row["slice"] == 1]
    assert [row["dice"] for row in rows] == [0.0, pytest.approx(0.5), 1.0]


def test_time_is_the_sum_of_its_turns(folder):
    result = run(options(folder, max_cases=1), engine=ThresholdEngine())
    (case,) = result["cases"]
    turns = sum(row["user_s"] for row in result["turns"])
    accepting = 4 * (1.35 + 0.28)
    assert case["simulated_user_s"] == pytest.approx(turns + accepting, abs=1e-3)
    assert sum(case["simulated_user_s_by_action"].values()) == pytest.approx(
        case["simulated_user_s"], abs=1e-3
    )


def test_the_same_seed_gives_the_same_result_but_for_the_clock(folder):
    def without_clock(result):
        timed = ("seconds", "machine_s", "waiting_s", "open_s")
        return [
            {k: v for k, v in row.items() if k not in timed} for row in result["turns"]
        ]

    first, again = (run(options(folder), engine=ThresholdEngine()) for _ in range(2))
    other = run(options(folder, seed=1), engine=ThresholdEngine())
    assert without_clock(first) == without_clock(again)
    assert without_clock(first) != without_clock(other)


def test_only_the_middle_slices_of_a_volume_where_so_many_are_asked_for(folder):
    plan = Plan(rounds=1, slices_max=2)
    result = run(options(folder, plan=plan), engine=ThresholdEngine())
    assert {row["slice"] for row in rows_of(result)} == {2, 3}
    assert result["cases"][0]["slices"] == 2


def test_what_was_learnt_is_carried_only_where_asked(folder):
    fresh, carrying = ThresholdEngine(), ThresholdEngine()
    run(options(folder), engine=fresh)
    run(options(folder, carry=True), engine=carrying)
    assert [state.carry for state in fresh.states] == [None, None]
    assert carrying.states[0].carry is None
    assert carrying.states[1].carry is not None


def test_an_engine_of_volumes_is_corrected_by_rounds(folder):
    engine = ThresholdEngine(planar=False)
    plan = Plan(rounds=3)
    result = run(options(folder, plan=plan, annotator="click"), engine=engine)
    rows = rows_of(result)
    assert [row["turn"] for row in rows] == [0, 1, 2, 3]
    assert rows[0]["dice_per_label"]["1"] < 0.5, "one slice of four was predicted"
    assert rows[3]["dice"] >= rows[0]["dice"]
    assert result["cases"][0]["interactions"] == 3


def test_an_engine_of_volumes_that_is_deaf_is_tried_once(folder):
    engine = ThresholdEngine(above=math.inf, planar=False)
    plan = Plan(rounds=3, until_dice=0.95)
    rows = run(options(folder, plan=plan, max_cases=1), engine=engine)["turns"]
    assert [row["kind"] for row in rows] == ["visit", "correct", *["finish"] * 4]


def test_of_a_volume_only_the_slices_of_the_plan_are_marked_and_scored(folder):
    engine = ThresholdEngine(above=math.inf, planar=False)
    plan = Plan(rounds=3, until_dice=0.95, slices_max=2)
    given = options(folder, plan=plan, max_cases=1)
    result = run(given, engine=engine)
    assert {row["slice"] for row in result["turns"]} == {2, 3}
    assert result["turns"][-1]["dice"] >= 0.95
    assert result["cases"][0]["final_slice_dice"] >= 0.95
    assert result["cases"][0]["dice"] == result["turns"][-1]["dice"]


@pytest.mark.parametrize("annotator", ["scribble", "click", "box", "extreme"])
def test_every_annotator_marks_in_its_own_way(folder, annotator):
    plan = Plan(rounds=1, slices_max=1)
    kind = {"extreme": "extreme_points"}.get(annotator, annotator)
    result = run(
        options(folder, plan=plan, annotator=annotator),
        engine=ThresholdEngine(above=math.inf),
    )
    row = next(row for row in result["turns"] if row["turn"] == 1)
    assert {prompt["kind"] for prompt in row["prompts"]} == {kind}


def test_the_command_says_in_words_what_is_wrong(folder, tmp_path, caplog):
    wrong = ["run", "--engine", "geodesic", "--labels", "1", "--out", "x.json"]
    assert cli.main([*wrong, "--cases", str(tmp_path / "none")]) == 2
    assert "is no folder" in caplog.text


@pytest.mark.parametrize(
    "argument",
    [["--rounds", "0"], ["--until-dice", "1.5"], ["--config", "x"], ["--engine", "y"]],
)
def test_the_command_refuses_arguments_that_mean_nothing(folder, argument, capsys):
    given = ["run", "--engine", "manual", "--labels", "1", "--out", "x.json"]
    with pytest.raises(SystemExit):
        cli.main([*given, "--cases", str(folder), *argument])
    assert argument[0] in capsys.readouterr().err


def test_rounds_are_four_unless_a_number_or_a_target_is_given():
    def plan(*arguments):
        parsed = cli.parser().parse_args(
            [
                "run",
                "--engine",
                "manual",
                "--cases",
                "d",
                "--labels",
                "1:liver",
                "--out",
                "o",
                "--config",
                "gamma=2.5",
                "--config",
                "name=x",
                *arguments,
            ]
        )
        return cli.options_from(parsed)

    assert plan().plan == Plan(4, None, None)
    assert plan("--until-dice", "0.9").plan == Plan(None, 0.9, None)
    assert plan("--rounds", "2", "--until-dice", "0.9").plan == Plan(2, 0.9, None)
    assert plan().config == {"gamma": 2.5, "name": "x"}


def test_cpu_seconds_leave_out_the_time_without_a_core(folder):
    class Sleepy(ThresholdEngine):
        def step(self, state, prompts):
            time.sleep(0.3)
            yield from super().step(state, prompts)

    labels = (Label(1, "disk"), Label(2, "square"))
    options = RunOptions(
        "grabcut", folder, labels, plan=Plan(1, slices_max=1), max_cases=1
    )
    seconds = {}
    for timer in ("wall", "cpu"):
        result = run(replace(options, timer=timer), engine=Sleepy())
        seconds[timer] = result["turns"][0]["machine_s"]
        assert result["meta"]["timer"] == timer
    assert seconds["cpu"] < 0.3 <= seconds["wall"]
