"""The training script runs, continues to the last bit, and says whom it has seen."""

import csv
import json
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from inference_worker.nets import (
    Architecture,
    Frame,
    Intensity,
    Preprocessing,
    load_model,
)
from inference_worker.training import card, segmentation
from inference_worker.training.examples import Source
from inference_worker.training.recipes import RECIPES, Recipe
from inference_worker.training.study_models import train_study_models


@pytest.fixture
def root(tmp_path):
    """Two sets of four patients: discs labelled in one, squares in the other."""
    rng = np.random.default_rng(0)
    for name in ("discs", "squares"):
        for folder in ("images", "masks"):
            (tmp_path / name / folder).mkdir(parents=True)
        for patient in range(4):
            image = rng.normal(60, 5, (40, 40))
            rows, columns = np.mgrid[:40, :40]
            if name == "discs":
                mask = (rows - 20) ** 2 + (columns - 15) ** 2 < 60
            else:
                mask = (abs(rows - 15) < 6) & (abs(columns - 25) < 6)
            image[mask] += 90
            for folder, plane in (("images", image), ("masks", 255 * mask)):
                path = tmp_path / name / folder / f"{name}{patient:02}-1.png"
                Image.fromarray(plane.astype(np.uint8)).save(path)
    return tmp_path


RECIPE = Recipe(
    Architecture("unet", "resnet18", width=8, classes=3),
    ("background", "disc", "square"),
    Preprocessing(Intensity(mean=(0.3,), std=(0.2,)), Frame(48)),
    (Source("discs", {1: "disc"}, "made up"), Source("squares", {1: "square"})),
    batch=2,
    phases=((2, 32, 1.0), (2, 48, 1.0)),
)


def test_a_run_that_was_cut_continues_to_the_last_bit(root, tmp_path):
    whole = segmentation.train(RECIPE, root, tmp_path / "whole", seed=3)
    segmentation.train(RECIPE, root, tmp_path / "cut", seed=3, stop_after=3)
    again = segmentation.train(RECIPE, root, tmp_path / "cut", seed=3)
    assert whole.read_bytes() == again.read_bytes()
    left = load_file(whole.with_name("checkpoint.safetensors"))
    right = load_file(again.with_name("checkpoint.safetensors"))
    assert all(torch.equal(left[name], right[name]) for name in left)
    with again.with_name("losses.csv").open() as file:
        assert [row[0] for row in csv.reader(file)][1:] == ["0", "1", "2", "3"]
    assert again.with_name("losses.png").stat().st_size > 0


def test_the_model_says_whom_it_has_seen_and_they_are_not_those_held_out(
    root, tmp_path, monkeypatch
):
    read = []
    reading = segmentation.read_examples

    def noting(source, files, *rest):
        read.append(files.name)
        return reading(source, files, *rest)

    monkeypatch.setattr(segmentation, "read_examples", noting)
    path = segmentation.train(RECIPE, root, tmp_path / "out", stop_after=1)
    patients = json.loads(path.with_suffix(".json").read_text())["training"]["patients"]
    assert len(patients["train"]) == 6
    assert len(patients["held_out"]) == 2
    assert {name.rpartition("-")[0] for name in read} == set(patients["train"])
    assert not set(patients["train"]) & set(patients["held_out"])


def test_a_trained_model_loads(root, tmp_path):
    path = segmentation.train(RECIPE, root, tmp_path / "out", stop_after=1)
    model = load_model(path)
    assert model.classes == RECIPE.classes
    assert model.preprocessing == RECIPE.preprocessing


def test_an_interrupt_saves_and_stops(root, tmp_path, monkeypatch):
    making = segmentation._batch

    def interrupted(pools, recipe, step, rng):
        if step == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return making(pools, recipe, step, rng)

    monkeypatch.setattr(segmentation, "_batch", interrupted)
    path = segmentation.train(RECIPE, root, tmp_path / "out", seed=3)
    assert json.loads(path.with_suffix(".json").read_text())["training"]["steps"] == 2
    monkeypatch.setattr(segmentation, "_batch", making)
    again = segmentation.train(RECIPE, root, tmp_path / "out", seed=3)
    whole = segmentation.train(RECIPE, root, tmp_path / "whole", seed=3)
    assert again.read_bytes() == whole.read_bytes()


def test_training_lowers_the_loss_and_finds_what_each_set_labels(root, tmp_path):
    recipe = replace(
        RECIPE,
        architecture=Architecture("unet", "resnet18", width=8, classes=3),
        batch=8,
        phases=((60, 48, 1.0),),
        learning_rate=5e-3,
        ema=0.9,
    )
    path = segmentation.train(recipe, root, tmp_path / "out")
    with path.with_name("losses.csv").open() as file:
        losses = [float(row[1]) for row in list(csv.reader(file))[1:]]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])


def test_the_command_trains_on_any_folders(root, tmp_path):
    segmentation.main(
        [
            *("--data", f"{root}/discs:disc", "--data", f"{root}/squares:1=square"),
            *("--out", str(tmp_path / "out"), "--steps-share", "0.001"),
            *(
                "--encoder",
                "resnet18",
                "--width",
                "8",
                "--size",
                "48",
                "--threads",
                "1",
            ),
        ]
    )
    model = load_model(tmp_path / "out" / "model.safetensors")
    assert model.classes == ("background", "disc", "square")


def test_a_card_is_written_from_what_was_measured(root, tmp_path, monkeypatch):
    path = segmentation.train(RECIPE, root, tmp_path / "out", stop_after=1)
    monkeypatch.setattr(card, "REGISTERED", tmp_path / "weights")
    (tmp_path / "weights").mkdir()
    card.main(
        [str(path), "--data-root", str(root), "--install", "shapes", "--threads", "1"]
    )
    text = (tmp_path / "weights" / "shapes.md").read_text()
    digest = load_model(tmp_path / "weights" / "shapes.safetensors").digest
    assert digest in text
    assert "| discs | as stored | disc |" in text
    assert "made up" in text
    fields = json.loads((tmp_path / "weights" / "shapes.json").read_text())
    for patient in fields["training"]["patients"]["held_out"]:
        assert patient in text


def test_study_models_are_trained_once(root, tmp_path, monkeypatch):
    recipe = replace(RECIPE, phases=((4, 32, 1.0),))
    monkeypatch.setitem(RECIPES, "shapes", recipe)
    out = tmp_path / "study"
    (first,) = train_study_models(["shapes"], root, out, share=0.25)
    written = first.stat().st_mtime_ns
    (again,) = train_study_models(["shapes"], root, out, share=0.25)
    assert again.stat().st_mtime_ns == written
    steps = json.loads(first.with_suffix(".json").read_text())["training"]["steps"]
    assert steps == 1


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_fits_together(name):
    recipe = RECIPES[name]
    assert recipe.architecture.classes == len(recipe.classes)
    assert recipe.classes[0] == "background"
    labelled = {label for source in recipe.sources for label in source.labels.values()}
    assert labelled == set(recipe.classes[1:])
    assert all(side % 16 == 0 for _, side, _ in recipe.phases)


def test_only_models_of_free_data_may_be_given_away():
    free = {"nih_pancreas_ct_slices", "msd_liver_slices_256", "dsb2018_nuclei"}
    for recipe in RECIPES.values():
        if recipe.committed:
            assert {source.folder for source in recipe.sources} <= free


def test_a_second_round_starts_from_the_first_and_needs_it(root, tmp_path):
    first = segmentation.train(RECIPE, root, tmp_path / "first", stop_after=1)
    discs, squares = RECIPE.sources
    second = replace(
        RECIPE, sources=(discs, replace(squares, guessed=("disc",))), first_round="it"
    )
    with pytest.raises(ValueError, match="first round is it"):
        segmentation.train(second, root, tmp_path / "second")
    path = segmentation.train(
        second, root, tmp_path / "second", start=first, stop_after=1
    )
    training = json.loads(path.with_suffix(".json").read_text())["training"]
    assert training["first_round"] == load_model(first).digest
