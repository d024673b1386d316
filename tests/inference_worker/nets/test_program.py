"""Exported programs are loaded for their graph and numbers; nothing in them runs."""

import io
import json
import zipfile

import pytest
import torch
from torch import nn

from inference_worker.contract.errors import WeightsRefused
from inference_worker.nets import (
    Description,
    Frame,
    Preprocessing,
    build_network,
    load_model,
)
from inference_worker.nets.program import load_program

GRAPH = "models/model.json"


@pytest.fixture(scope="module")
def network():
    """As little as exports like a segmentation network."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, 2, 1),
        nn.BatchNorm2d(8),
        nn.ReLU(inplace=True),
        nn.Upsample(scale_factor=2.0),
        nn.Conv2d(8, 2, 1),
    ).eval()


@pytest.fixture(scope="module")
def program(network):
    """A program for any batch and any sides that are multiples of 16."""
    dim = torch.export.Dim
    shapes = {
        0: dim("batch", min=1, max=64),
        2: 16 * dim("rows", min=1, max=64),
        3: 16 * dim("columns", min=1, max=64),
    }
    exported = torch.export.export(
        network, (torch.zeros(2, 1, 64, 64),), dynamic_shapes=(shapes,)
    )
    content = io.BytesIO()
    torch.export.save(exported, content)
    return content.getvalue()


def changed(program, inner, change):
    """The archive with one member put through ``change`` (bytes → bytes)."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(program)) as old,
        zipfile.ZipFile(content, "w") as new,
    ):
        for name in old.namelist():
            member = old.read(name)
            new.writestr(name, change(member) if name.endswith(inner) else member)
    return content.getvalue()


def with_graph(program, change):
    def rewrite(member):
        fields = json.loads(member)
        change(fields)
        return json.dumps(fields).encode()

    return changed(program, GRAPH, rewrite)


def test_a_program_answers_as_the_network_it_was_made_of(network, program):
    module = load_program(program, "model.pt2")
    image = torch.randn(1, 1, 32, 48)
    torch.testing.assert_close(module(image), network(image))


def test_a_program_learns(program):
    module = load_program(program, "model.pt2")
    weights = {
        n: p.detach().clone().requires_grad_(True) for n, p in module.named_parameters()
    }
    logits = torch.func.functional_call(module, weights, (torch.randn(1, 1, 32, 32),))
    logits.square().mean().backward()
    assert all(w.grad is not None for w in weights.values())


def test_a_program_is_a_base_model(program, network, tmp_path):
    path = tmp_path / "liver.pt2"
    path.write_bytes(program)
    description = Description(
        ("background", "liver"), 1, Preprocessing(frame=Frame(64))
    )
    path.with_suffix(".json").write_text(json.dumps(description.to_json()))
    model = load_model(path)
    assert model.name == "liver"
    image = torch.randn(1, 1, 64, 64)
    torch.testing.assert_close(model.module(image), network(image))


def refused(content, code="weights:unsafe-format"):
    with pytest.raises(WeightsRefused) as refusal:
        load_program(content, "model.pt2")
    assert refusal.value.code == code


def first_target(fields):
    return fields["graph_module"]["graph"]["nodes"][0]


EVIL = "open('detonated','w')"


@pytest.mark.parametrize(
    "target",
    [
        "torch.utils.cpp_extension.load_inline",
        "torch.ops.aten.from_file.default",
        "torch.hub.load",
        "_operator.attrgetter",
        "#custom.thing",
        "torch.ops.load_library",
    ],
)
def test_operators_that_are_not_arithmetic_are_refused(program, target):
    refused(with_graph(program, lambda g: first_target(g).update(target=target)))


def test_names_that_would_become_source_are_refused(program):
    def change(fields):
        node = first_target(fields)
        node["name"] = f"x = {EVIL} #"

    refused(with_graph(program, change))


def test_dunder_paths_are_refused(program):
    def change(fields):
        first_target(fields)["name"] = "a.__class__.b"

    refused(with_graph(program, change))


def test_sizes_that_would_be_evaluated_are_refused(program):
    def change(fields):
        argument = {"as_sym_int": {"as_expr": {"expr_str": EVIL, "hint": None}}}
        first_target(fields)["inputs"][0]["arg"] = argument

    refused(with_graph(program, change))


def test_names_of_ranges_that_would_be_evaluated_are_refused(program):
    def change(fields):
        fields["range_constraints"][EVIL] = {"min_val": 0, "max_val": 1}

    refused(with_graph(program, change))


@pytest.mark.parametrize("text", ["9**9**9", "Pow(Integer(9), Integer(99999))"])
def test_sizes_that_would_take_forever_are_refused(program, text):
    def change(fields):
        argument = {"as_sym_int": {"as_expr": {"expr_str": text, "hint": None}}}
        first_target(fields)["inputs"][0]["arg"] = argument

    refused(with_graph(program, change))


def test_guards_are_left_behind(program, network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = with_graph(
        program, lambda g: g.update(guards_code=[f"{EVIL} is not None"])
    )
    image = torch.zeros(1, 1, 32, 32)
    torch.testing.assert_close(
        load_program(content, "model.pt2")(image), network(image)
    )
    assert not (tmp_path / "detonated").exists()


def test_pickled_weights_are_refused(program):
    def change(member):
        fields = json.loads(member)
        next(iter(fields["config"].values()))["use_pickle"] = True
        return json.dumps(fields).encode()

    refused(changed(program, "model_weights_config.json", change))


class Bomb:
    def __reduce__(self):
        return (open, ("detonated", "w"))


def test_pickled_sample_inputs_are_left_behind(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bomb = io.BytesIO()
    torch.save(((Bomb(),), {}), bomb)
    content = changed(program, "sample_inputs/model.pt", lambda _: bomb.getvalue())
    load_program(content, "model.pt2")
    assert not (tmp_path / "detonated").exists()


def test_a_truncated_program_does_not_fit(program):
    refused(program[: len(program) // 2], "weights:does-not-fit")


def test_a_program_for_square_images_is_taken(network):
    """Its areas are squares of one symbol."""
    side = 16 * torch.export.Dim("side", min=2, max=64)
    exported = torch.export.export(
        network, (torch.zeros(1, 1, 64, 64),), dynamic_shapes=({2: side, 3: side},)
    )
    content = io.BytesIO()
    torch.export.save(exported, content)
    image = torch.randn(1, 1, 48, 48)
    module = load_program(content.getvalue(), "model.pt2")
    torch.testing.assert_close(module(image), network(image))


def test_a_real_networks_program_is_taken():
    network = build_network("unet", encoder="resnet18", width=8, seed=0)
    content = io.BytesIO()
    torch.export.save(
        torch.export.export(network, (torch.zeros(1, 1, 32, 32),)), content
    )
    image = torch.randn(1, 1, 32, 32)
    module = load_program(content.getvalue(), "model.pt2")
    torch.testing.assert_close(module(image), network(image))
