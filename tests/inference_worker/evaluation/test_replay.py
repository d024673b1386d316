import json

import pytest

from inference_worker.contract.engine import Label
from inference_worker.contract.errors import MessageError, PromptError
from inference_worker.evaluation.replay import read_log
from inference_worker.evaluation.run import RunOptions, run
from tests.inference_worker.evaluation.scripted import ThresholdEngine

TURNS = [
    {"id": "a", "seq": 1, "prompts": [{"kind": "visit", "slice": 2}]},
    {
        "id": "b",
        "seq": 2,
        "prompts": [
            {
                "kind": "scribble",
                "label": 2,
                "width": 5,
                "voxels": [[2, 30, 30], [2, 38, 38]],
            }
        ],
    },
    {
        "id": "x",
        "seq": 3,
        "state": "undone",
        "prompts": [{"kind": "click", "label": 1, "voxel": [2, 0, 0]}],
    },
    {
        "id": "c",
        "seq": 4,
        "prompts": [{"kind": "accept", "slice": 2}, {"kind": "visit", "slice": 3}],
    },
]


def options(folder, log, **changes):
    labels = (Label(1, "disk"), Label(2, "square"))
    return RunOptions("geodesic", folder, labels, log=log, **changes)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"case_2": TURNS}))
    return path


def test_a_recorded_log_is_replayed_turn_by_turn(folder, log):
    engine = ThresholdEngine()
    result = run(options(folder, log), engine=engine)
    assert [case["case"] for case in result["cases"]] == ["case_2"]
    assert [(r["slice"], r["turn"]) for r in result["turns"]] == [
        (2, 0),
        (2, 1),
        (3, 0),
    ]
    assert result["turns"][1]["dice"] > result["turns"][0]["dice"]
    assert len(engine.states[0].prompts) == 4


def test_nobody_s_time_is_simulated_in_a_replay(folder, log):
    result = run(options(folder, log), engine=ThresholdEngine())
    assert result["meta"]["user_time"] is None
    assert result["cases"][0]["simulated_user_s"] is None
    assert result["cases"][0]["machine_s"] > 0


def test_a_list_of_turns_belongs_to_the_only_case(folder, tmp_path):
    path = tmp_path / "turns.json"
    path.write_text(json.dumps(TURNS))
    result = run(options(folder, path, max_cases=1), engine=ThresholdEngine())
    assert {row["case"] for row in result["turns"]} == {"case_1"}
    with pytest.raises(MessageError, match="max-cases"):
        read_log(path, ["case_1", "case_2"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"nobody": []}', "message:no-case"),
        ("[1]", "message:malformed"),
        ("7", "message:malformed"),
        ("{", "message:malformed"),
    ],
)
def test_a_log_that_cannot_be_read_is_refused(tmp_path, body, code):
    path = tmp_path / "log.json"
    path.write_text(body)
    with pytest.raises(MessageError) as refusal:
        read_log(path, ["case_1"])
    assert refusal.value.code == code


def test_a_mark_outside_the_volume_is_refused_before_the_engine_sees_it(
    folder, tmp_path
):
    path = tmp_path / "log.json"
    click = {"kind": "click", "label": 1, "voxel": [2, 0, 4000]}
    path.write_text(json.dumps({"case_1": [{"prompts": [click]}]}))
    engine = ThresholdEngine()
    with pytest.raises(PromptError):
        run(options(folder, path), engine=engine)
    assert engine.states[0].prompts == []
