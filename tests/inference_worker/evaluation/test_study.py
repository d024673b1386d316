import json
from dataclasses import replace

import numpy as np
import pytest

from inference_worker import engines
from inference_worker.contract.engine import Label
from inference_worker.evaluation import cli
from inference_worker.evaluation.ablation import ablate
from inference_worker.evaluation.ablation_plan import OWN_SETTINGS, VARIANTS
from inference_worker.evaluation.cases import CaseFiles
from inference_worker.evaluation.phantom import LABELS, phantom
from inference_worker.evaluation.results import read_result
from inference_worker.evaluation.run import RunOptions
from inference_worker.evaluation.study import Study, _by_patient
from inference_worker.evaluation.study_plan import ARMS, QUICK, SETS
from inference_worker.evaluation.walk import Plan
from inference_worker.training.examples import split_patients
from inference_worker.training.recipes import RECIPES
from tests.inference_worker.evaluation.scripted import ThresholdEngine

TINY = replace(QUICK, cases=1, slices=2, rounds=1)


@pytest.fixture
def scripted(monkeypatch):
    """Every engine of the registry answers like the scripted one."""
    built = []

    def build(name, **options):
        built.append((name, options))
        return ThresholdEngine()

    monkeypatch.setattr(engines, "build", build)
    return built


def test_a_phantom_is_the_same_for_the_same_seed_and_holds_every_label():
    voxels, labels = phantom(3)
    again, _ = phantom(3)
    other, _ = phantom(4)
    assert np.array_equal(voxels, again)
    assert not np.array_equal(voxels, other)
    assert set(np.unique(labels)) == {0, *LABELS}
    assert voxels[labels == 1].mean() > voxels[labels == 0].mean()


def test_without_data_a_study_runs_on_phantoms_and_says_so(tmp_path, scripted):
    results = tmp_path / "results"
    study = Study(TINY, tmp_path / "nowhere", tmp_path / "models", results)
    study.run(None, ["manual", "geodesic"])
    report = study.report(tmp_path / "report", "--quick").read_text()
    assert "say nothing of patients" in report
    assert "| manual |" in report
    assert "| geodesic |" in report
    assert [name for name, _ in scripted] == ["manual", "geodesic"] * 2


def test_a_study_that_was_broken_off_goes_on_where_it_was(tmp_path, scripted):
    results = tmp_path / "results"
    for arms in (["manual"], ["manual", "geodesic"], ["geodesic"]):
        study = Study(TINY, tmp_path / "no", tmp_path / "models", results)
        study.run(None, arms)
    made = [name for name, _ in scripted]
    assert made == ["manual", "manual", "geodesic", "geodesic"]
    older = results / "generated-phantom--manual--rounds.json"
    kept = json.loads(older.read_text())
    kept["meta"]["commit"] = "0123456789ab"
    older.write_text(json.dumps(kept))
    text = study.report(tmp_path / "report", "--quick").read_text()
    assert "manual: not asked for" not in text, "an earlier command ran it"
    assert "grabcut: not asked for" in text
    assert "0123456789ab (Dice of generated phantom)" in text


def test_one_reader_has_a_target_and_one_a_number_of_rounds(tmp_path, scripted):
    results = tmp_path / "results"
    study = Study(TINY, tmp_path / "no", tmp_path / "models", results)
    study.run(None, ["geodesic"], ["time"])
    study.run(None, ["geodesic"])
    assert [name for name, _ in scripted] == ["geodesic"] * 2, "each once"
    found = {
        path.stem.split("--")[-1]: read_result(path) for path in results.glob("*.json")
    }
    assert found["time"].meta["until_dice"] == TINY.until_dice
    assert not found["rounds"].has_target
    assert all(row["kind"] != "finish" for row in found["rounds"].turns)


def test_arms_that_cannot_be_run_are_named_with_the_reason(
    tmp_path, scripted, monkeypatch
):
    monkeypatch.setattr(engines, "available", lambda: ["manual"])
    study = Study(TINY, tmp_path / "no", tmp_path / "models", tmp_path / "results")
    study.run(None, ["manual", "geodesic"])
    report = study.report(tmp_path / "report", "--quick").read_text()
    assert (
        "- generated phantom, geodesic: this installation has no such engine" in report
    )


def test_an_arm_that_fails_is_named_and_loses_no_other(tmp_path, monkeypatch):
    def build(name, **options):
        if name == "geodesic":
            raise RuntimeError("broken on purpose")
        return ThresholdEngine()

    monkeypatch.setattr(engines, "build", build)
    study = Study(TINY, tmp_path / "no", tmp_path / "models", tmp_path / "results")
    study.run(None, ["geodesic", "grabcut"])
    report = study.report(tmp_path / "report", "--quick").read_text()
    assert "geodesic: failed with RuntimeError: broken on purpose" in report
    assert "| grabcut |" in report


def test_results_of_other_sources_or_another_plan_are_made_anew(tmp_path, scripted):
    def run(amount, sources):
        study = Study(
            amount, tmp_path / "no", tmp_path / "models", tmp_path / "results"
        )
        study.commit = sources or study.commit
        study.run(None, ["manual"])

    for amount, sources, runs in (
        (TINY, None, 2),
        (TINY, None, 2),
        (replace(TINY, rounds=2), None, 4),
        (replace(TINY, rounds=2), "another", 6),
    ):
        run(amount, sources)
        assert len(scripted) == runs


def test_a_late_run_walks_one_case_only(tmp_path, scripted):
    amount = replace(TINY, cases=2, minutes=0.0)
    study = Study(amount, tmp_path / "no", tmp_path / "models", tmp_path / "results")
    study.run(None, ["manual"])
    for result in (tmp_path / "results").glob("*--manual--*.json"):
        assert len(read_result(result).cases) == 1


def test_the_study_has_every_arm_and_kind_of_data_that_is_asked_for():
    assert set(engines.MODULES) <= {arm.engine for arm in ARMS}
    assert [s.name.split(":")[0] for s in SETS] == ["CT", "MR", "microscopy", "shift"]


def test_no_patient_that_settings_may_be_chosen_on_is_in_the_study(tmp_path):
    chosen = SETS[0]
    folder = tmp_path / chosen.folder
    folder.mkdir(parents=True)
    names = [f"btcv_{number:02d}" for number in range(16)]
    for name in names:
        for part in ("image", "label"):
            (folder / f"{name}_{part}.nii.gz").touch()
    study = Study(replace(TINY, cases=99), tmp_path, tmp_path / "models", tmp_path)
    held_out = RECIPES["btcv"].held_out_share
    used, _ = split_patients(names, held_out, seed=0)
    taken = {case.name for case in study._cases(chosen, "ct-abdomen")}
    assert taken == set(names) - set(used)
    assert 0 < len(taken) < len(names)


def test_patients_come_before_second_cases_of_the_same(tmp_path):
    names = ["p1_1", "p1_2", "p2_1", "p3_1", "p3_2"]
    files = [CaseFiles(name, tmp_path, tmp_path) for name in names]
    assert [f.name for f in _by_patient(files)] == [
        "p1_1",
        "p2_1",
        "p3_1",
        "p1_2",
        "p3_2",
    ]


def test_an_ablation_changes_one_setting_at_a_time(folder, tmp_path, scripted):
    base = RunOptions(
        "constrained",
        folder,
        (Label(1, "disk"), Label(2, "square")),
        plan=Plan(rounds=1, slices_max=1),
        max_cases=1,
    )
    results = tmp_path / "results"
    path = ablate(base, results, tmp_path / "report", ["gradient", "length"])
    settings = [
        {k: v for k, v in options["config"].items() if k != "seed"}
        for _, options in scripted
    ]
    # The own gradient and the own length are the first row's, and not run again.
    assert settings == [{}, {"gradient": "cross-entropy"}, {}, {}]
    lengths = {
        read_result(file).meta["stroke_length"] for file in results.glob("*.json")
    }
    assert lengths == {0.25, 0.5, 1.0}
    text = path.read_text()
    assert "### gradient" in text
    assert "gradient = lagrangian" in text
    assert "gradient = cross-entropy" in text
    older = results / "constrained--gradient-gradient-cross-entropy.json"
    kept = json.loads(older.read_text())
    kept["meta"]["commit"] = "0123456789ab"
    older.write_text(json.dumps(kept))
    again = ablate(base, results, tmp_path / "report", ["gradient"]).read_text()
    assert len(scripted) == 4, "finished variants are not run again"
    assert "0123456789ab" in again, "rows of other sources are named"


def test_every_ablated_setting_is_one_the_engine_knows(tmp_path):
    for name, variants in VARIANTS.items():
        if name not in engines.available():
            continue
        module = __import__(f"{engines.MODULES[name]}.config", fromlist=["Config"])
        module.read_config(module.Config(), OWN_SETTINGS[name])
        for variant in variants:
            module.read_config(module.Config(), variant.config)


def test_the_study_and_the_ablation_are_commands(folder, tmp_path, scripted):
    arguments = [
        "study",
        "--quick",
        "--data",
        str(tmp_path / "no"),
        "--models",
        str(tmp_path / "models"),
        "--results",
        str(tmp_path / "results"),
        "--out",
        str(tmp_path / "study"),
        "--processes",
        "1",
        "--only-arm",
        "manual",
    ]
    assert cli.main(arguments) == 0
    assert (tmp_path / "study" / "README.md").is_file()
    arguments = [
        "ablate",
        "constrained",
        "--cases",
        str(folder),
        "--labels",
        "1:disk",
        "--rounds",
        "1",
        "--volume-cap",
        "1",
        "--max-cases",
        "1",
        "--only",
        "own settings",
        "--results",
        str(tmp_path / "ablation"),
        "--report",
        str(tmp_path / "tables"),
    ]
    assert cli.main(arguments) == 0
    assert (tmp_path / "tables" / "constrained.md").is_file()
    meta = json.loads(
        (tmp_path / "ablation" / "constrained--own-settings-as-it-is.json").read_text()
    )["meta"]
    assert meta["finished"]
