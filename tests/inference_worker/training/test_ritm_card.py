"""A click network's card takes one slice of each patient held out, and no other."""

import json

import numpy as np
from PIL import Image

from inference_worker.nets.architecture import Architecture
from inference_worker.nets.preprocessing import Frame, Preprocessing
from inference_worker.nets.weights_file import Description, save_model
from inference_worker.training import ritm_card
from inference_worker.training.examples import Source


def write_slices(root, names):
    rows, columns = np.mgrid[:48, :48]
    disk = (rows - 24) ** 2 + (columns - 24) ** 2 < 12**2
    for folder, plane in (("images", 60 + 120 * disk), ("masks", 255 * disk)):
        (root / folder).mkdir(parents=True)
        for name in names:
            image = Image.fromarray(plane.astype(np.uint8))
            image.save(root / folder / f"{name}.png")


def write_model(path, network, classes):
    architecture = Architecture(network, "resnet18", width=8, classes=len(classes))
    description = Description(
        classes, 1, Preprocessing(frame=Frame(longest=48)), architecture
    )
    facts = {
        "training": {
            "parameters": 1,
            "start": "0" * 64,
            "patients": {"train": ["p1"], "held_out": ["p2", "p3"]},
            "regions": 0.5,
            "steps": 1,
            "batch": 8,
            "learning_rate": 0.1,
            "fusion_rate": 0.1,
            "seed": 0,
            "commit": "none",
        }
    }
    save_model(path, architecture.build().eval(), description, facts=facts)


def test_figures_are_of_one_slice_of_each_patient_held_out(tmp_path, monkeypatch):
    write_slices(tmp_path / "set", ["p1_1", "p2_1", "p2_2", "p2_3", "p3_1"])
    source = Source("set", {1: "target"}, "ours")
    recipe = type("Recipe", (), {"sources": (source,)})
    monkeypatch.setattr(ritm_card, "RECIPES", {"ct-abdomen": recipe})
    files = ritm_card._first_slices(source, tmp_path, {"p2", "p3"})
    assert [case.name for case in files] == ["p2_2", "p3_1"]

    ears, start = tmp_path / "ritm.safetensors", tmp_path / "start.safetensors"
    write_model(ears, "guided_unet", ("background", "target"))
    write_model(start, "unet", ("background", "target"))
    card = ritm_card.write_card(ears, tmp_path, str(start)).read_text()
    for title, _, _ in ritm_card.ARMS:
        assert f"| set | {title} | 2 | " in card
    digest = json.loads(ears.with_suffix(".json").read_text())["sha256"]
    assert digest in card
