"""The truth stays with the reader: nothing an engine is handed leads to it."""

import gc
import json

import nibabel as nib
import numpy as np
import pytest

from inference_worker.contract.engine import Label
from inference_worker.evaluation.cases import find_cases, read_case
from inference_worker.evaluation.replay import Replay, read_log
from inference_worker.evaluation.run import RunOptions, run
from inference_worker.evaluation.walk import Plan
from inference_worker.simulate.annotators import Reader
from inference_worker.simulate.styles import Scribbles
from inference_worker.simulate.truth import Truth
from tests.inference_worker.engines.cases import CASES
from tests.inference_worker.evaluation.scripted import ThresholdEngine

LABELS = (Label(1, "disk"), Label(2, "square"))


def reachable(roots):
    """Every object that can be reached from ``roots``, modules and classes apart."""
    found, queue = {}, list(roots)
    while queue:
        item = queue.pop()
        if id(item) in found or isinstance(item, type | type(gc)):
            continue
        found[id(item)] = item
        queue += gc.get_referents(item)
        if isinstance(item, np.ndarray) and item.base is not None:
            queue.append(item.base)
    return list(found.values())


def test_nothing_an_engine_is_handed_leads_to_the_truth(folder):
    (files, _) = find_cases(folder)
    case = read_case(files, [1, 2])
    engine = ThresholdEngine()
    options = RunOptions("geodesic", folder, LABELS, max_cases=1)
    run(options, engine=engine)
    truth = case.truth.reveal()
    handed = reachable(engine.seen)
    assert any(isinstance(item, np.ndarray) for item in handed)
    for item in handed:
        assert not isinstance(item, Truth | Reader)
        if isinstance(item, np.ndarray) and item.shape == truth.shape:
            assert not np.array_equal(item, truth)


def record(folder, tmp_path, engine) -> object:
    options = RunOptions(
        "geodesic", folder, LABELS, plan=Plan(rounds=1, slices_max=2), max_cases=1
    )
    result = run(options, engine=engine)
    log = tmp_path / "log.json"
    log.write_text(json.dumps([{"prompts": r["prompts"]} for r in result["turns"]]))
    return log


def poison(folder) -> None:
    """Another truth under the same images."""
    for path in folder.glob("*_label.nii.gz"):
        image = nib.load(path)
        labels = np.asarray(image.dataobj)
        nib.save(nib.Nifti1Image((2 - labels).astype(np.uint8), image.affine), path)


def shown_by(folder, log, engine) -> np.ndarray:
    files = find_cases(folder)[0]
    case = read_case(files, [1, 2])
    reader = Reader(case.truth, case.name, Scribbles())
    turns = read_log(log, [files.name])[files.name]
    walk = Replay(engine, case, LABELS, reader, Plan(), None, log=turns)
    walk.run()
    return walk.canvas.labels(), [row.scores.mean_dice for row in walk.turns]


def test_a_poisoned_truth_changes_the_scores_and_never_an_answer(folder, tmp_path):
    log = record(folder, tmp_path, ThresholdEngine())
    answer, scores = shown_by(folder, log, ThresholdEngine())
    poison(folder)
    poisoned, other_scores = shown_by(folder, log, ThresholdEngine())
    assert np.array_equal(answer, poisoned)
    assert scores != other_scores


@pytest.mark.parametrize("case", [c for c in CASES if c.name != "toy"], ids=str)
def test_no_engine_changes_its_answer_under_a_poisoned_truth(folder, tmp_path, case):
    log = record(folder, tmp_path, ThresholdEngine())
    answer, _ = shown_by(folder, log, case.build(tmp_path))
    poison(folder)
    poisoned, _ = shown_by(folder, log, case.build(tmp_path))
    assert answer.any()
    assert np.array_equal(answer, poisoned)
