"""Masks and prompts survive the wire; what no client of ours sends is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inference_worker.contract.errors import MessageError
from inference_worker.contract.geometry import Region
from inference_worker.contract.marks import lasso_mask, scribble_mask
from inference_worker.contract.prompts import Lasso, Paint, Scribble
from inference_worker.contract.wire import (
    pack_mask,
    prompt_from_json,
    prompt_to_json,
    unpack_mask,
)

GOLDENS = Path(__file__).parents[2] / "fixtures" / "wire"


def golden(name: str) -> list[dict]:
    return json.loads((GOLDENS / f"{name}.json").read_text())


@pytest.mark.parametrize("case", golden("masks"), ids=lambda case: case["name"])
def test_golden_masks_unpack_to_their_labels(case):
    region, labels = unpack_mask(case["packed"])
    assert list(region.shape) == case["shape"]
    assert labels.ravel().tolist() == case["labels"]


@pytest.mark.parametrize("case", golden("marks"), ids=lambda case: case["name"])
def test_golden_strokes_cover_their_voxels(case):
    prompt = prompt_from_json(case["prompt"])
    shape = tuple(case["slice_shape"])
    cover = {Scribble: scribble_mask, Lasso: lasso_mask}[type(prompt)]
    covered = np.zeros(shape, dtype=bool)
    covered[tuple(np.transpose(case["covered"]))] = True
    np.testing.assert_array_equal(cover(prompt, shape), covered)


@pytest.mark.parametrize("body", golden("prompts"), ids=lambda body: body["kind"])
def test_golden_prompts_travel_unchanged(body):
    assert prompt_to_json(prompt_from_json(body)) == body


@given(
    labels=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=9)),
    start=st.tuples(*[st.integers(0, 500)] * 3),
)
def test_any_mask_comes_back_as_it_went(labels, start):
    stop = tuple(a + n for a, n in zip(start, labels.shape, strict=True))
    region, unpacked = unpack_mask(
        json.loads(json.dumps(pack_mask(Region(start, stop), labels)))
    )
    assert region == Region(start, stop)
    np.testing.assert_array_equal(unpacked, labels)


def test_a_disk_of_512_travels_in_about_a_kilobyte():
    y, x = np.mgrid[0:512, 0:512]
    disk = ((y - 250) ** 2 + (x - 260) ** 2 < 90**2)[None]
    packed = pack_mask(Region.of_slice(0, disk.shape), disk)
    assert len(packed["data"]) < 2_000


@pytest.mark.parametrize(
    "spoil",
    [
        {"data": "not base64!"},
        {"data": "AAAA"},
        {"planes": 0},
        {"planes": 9},
        {"planes": "1"},
        {"start": [0, 0]},
        {"stop": [0, 0, 0]},
        {"start": [0, -1, 0]},
        {"stop": [9, 13, 11]},
        {"stop": [1 << 20, 1 << 20, 1 << 20]},
    ],
    ids=str,
)
def test_a_spoilt_mask_is_refused(spoil):
    packed = golden("masks")[2]["packed"] | spoil
    with pytest.raises(MessageError) as refused:
        unpack_mask(packed)
    assert refused.value.code == "message:malformed"


def test_a_mask_that_inflates_beyond_its_region_is_refused():
    bomb = pack_mask(
        Region((0, 0, 0), (1, 4096, 4096)), np.zeros((1, 4096, 4096), np.uint8)
    )
    with pytest.raises(MessageError):
        unpack_mask(bomb | {"stop": [1, 8, 8]})


def test_outermost_points_may_lie_in_a_plane_across_the_slices():
    body = {"kind": "extreme_points", "label": 1, "voxels": [[0, 7, 2], [3, 7, 5]]}
    assert prompt_to_json(prompt_from_json(body)) == body


def test_a_paint_says_that_it_was_interpolated_and_else_nothing():
    region = Region((1, 2, 3), (2, 4, 6))
    where = np.ones(region.shape, dtype=bool)
    made = Paint(region, where.astype(np.uint8), where, "interpolation")
    body = prompt_to_json(made)
    assert body["origin"] == "interpolation"
    assert prompt_to_json(prompt_from_json(body)) == body
    plain = prompt_to_json(Paint(region, where.astype(np.uint8), where))
    assert set(plain) == {"kind", "region", "where"}
    with pytest.raises(MessageError, match="origin"):
        prompt_from_json(plain | {"origin": "thin air"})


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"kind": ["click"]},
        {"kind": "wish"},
        {"kind": "click", "label": 1},
        {"kind": "click", "label": True, "voxel": [0, 0, 0]},
        {"kind": "click", "label": -1, "voxel": [0, 0, 0]},
        {"kind": "click", "label": 1, "voxel": [0, 0.5, 0]},
        {"kind": "click", "label": 1, "voxel": [0, 0, 1 << 40]},
        {"kind": "scribble", "label": 1, "voxels": []},
        {"kind": "scribble", "label": 1, "voxels": [[0, 0, 0], [1, 0, 0]]},
        {"kind": "scribble", "label": 1, "voxels": [[0, 0, 0]] * 20_001},
        {"kind": "scribble", "label": 1, "voxels": [[0, 0, 0]], "width": "5"},
        {"kind": "scribble", "label": 1, "voxels": [[0, 0, 0]], "width": 1e9},
        {"kind": "lasso", "label": 1, "voxels": [[0, 0, 0], [0, 1, 0]]},
        {"kind": "extreme_points", "label": 1, "voxels": [[0, 0, 0], [1, 1, 1]]},
        {"kind": "box", "label": 1, "start": [0, 0, 0], "stop": [0, 1, 1]},
        {"kind": "paint", "region": {}, "where": {}},
        {"kind": "propagate", "slice": 0, "direction": 2},
        {"kind": "propagate", "slice": 0, "direction": 0, "count": 0},
        {"kind": "visit"},
    ],
    ids=lambda body: str(body)[:60],
)
def test_what_is_no_prompt_is_refused(body):
    with pytest.raises(MessageError) as refused:
        prompt_from_json(body)
    assert refused.value.code == "message:malformed"
