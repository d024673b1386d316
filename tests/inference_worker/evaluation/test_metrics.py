"""The figures against MONAI's own, and against SciPy by their definitions."""

import numpy as np
import pytest
import torch
from monai.metrics.hausdorff_distance import compute_hausdorff_distance
from monai.metrics.meandice import compute_dice
from monai.metrics.surface_dice import compute_surface_dice
from scipy import ndimage

from inference_worker.evaluation.metrics import score_slice, score_volume
from inference_worker.simulate.truth import Truth


def surface(mask: np.ndarray) -> np.ndarray:
    """Voxels of a mask that touch its outside by a face."""
    return mask & ~ndimage.binary_erosion(mask)


def surface_distances(a, b, spacing):
    """mm from each surface voxel of ``a`` to the surface of ``b``."""
    to_b = ndimage.distance_transform_edt(~surface(b), sampling=spacing)
    return to_b[surface(a)]


def second_opinion(a, b, spacing, tolerance):
    there, back = surface_distances(a, b, spacing), surface_distances(b, a, spacing)
    close = (there <= tolerance).sum() + (back <= tolerance).sum()
    nsd = close / (len(there) + len(back))
    hd95 = max(np.percentile(there, 95), np.percentile(back, 95))
    dice = 2 * (a & b).sum() / (a.sum() + b.sum())
    return dice, nsd, hd95


def blob(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    noise = ndimage.gaussian_filter(rng.normal(size=shape), 4)
    grid = np.stack(np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij"))
    return noise / noise.std() + 4 * (0.5 - np.linalg.norm(grid, axis=0)) > 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tolerance", [1.0, 2.5])
def test_a_slice_agrees_with_scipy(seed, tolerance):
    rng = np.random.default_rng(seed)
    a, b = blob(rng, (60, 48)), blob(rng, (60, 48))
    spacing = (5.0, 0.8, 1.3)
    scores = score_slice(
        a.astype(np.uint8), Truth(b[None], [1]), 0, [1], spacing, tolerance
    )
    dice, nsd, hd95 = second_opinion(a, b, spacing[1:], tolerance)
    assert scores.dice[1] == pytest.approx(dice, abs=1e-6)
    assert scores.nsd[1] == pytest.approx(nsd, abs=1e-6)
    assert scores.hd95_mm[1] == pytest.approx(hd95, abs=1e-4)


# MONAI 1.6 passes itself an argument that it has deprecated.
@pytest.mark.filterwarnings("ignore:monai.metrics.utils get_mask_edges:FutureWarning")
@pytest.mark.parametrize("shape", [(60, 48), (12, 30, 34)])
def test_the_figures_are_those_of_monai(shape):
    rng = np.random.default_rng(3)
    a, b = blob(rng, shape), blob(rng, shape)
    spacing = (3.0, 0.9, 1.1)
    if len(shape) == 2:
        sealed = Truth(b[None], [1])
        ours = score_slice(a.astype(np.uint8), sealed, 0, [1], spacing, 2.0)
    else:
        ours = score_volume(a.astype(np.uint8), Truth(b, [1]), [1], spacing, 2.0)
    first, second = (torch.from_numpy(m[None, None].astype(np.float32)) for m in (a, b))
    options = {"include_background": True, "spacing": list(spacing[-len(shape) :])}
    nsd = compute_surface_dice(first, second, [2.0], **options)
    hd95 = compute_hausdorff_distance(first, second, percentile=95, **options)
    assert ours.dice[1] == pytest.approx(compute_dice(first, second).item(), abs=1e-6)
    assert ours.nsd[1] == pytest.approx(nsd.item(), abs=1e-6)
    assert ours.hd95_mm[1] == pytest.approx(hd95.item(), abs=1e-4)


def test_a_volume_agrees_with_scipy():
    rng = np.random.default_rng(7)
    a, b = blob(rng, (14, 40, 44)), blob(rng, (14, 40, 44))
    spacing = (3.0, 0.9, 0.9)
    scores = score_volume(a.astype(np.uint8), Truth(b, [1]), [1], spacing, 2.0)
    dice, nsd, hd95 = second_opinion(a, b, spacing, 2.0)
    assert scores.dice[1] == pytest.approx(dice, abs=1e-6)
    assert scores.nsd[1] == pytest.approx(nsd, abs=1e-6)
    assert scores.hd95_mm[1] == pytest.approx(hd95, abs=1e-4)


def test_a_shift_of_two_voxels_is_two_voxels_in_millimetres():
    mask = np.zeros((1, 40, 40), np.uint8)
    mask[0, 10:30, 10:30] = 1
    shown = np.roll(mask[0], 2, axis=1)
    spacing = (1.0, 0.5, 0.5)
    near = score_slice(shown, Truth(mask, [1]), 0, [1], spacing, 1.0)
    far = score_slice(shown, Truth(mask, [1]), 0, [1], spacing, 0.9)
    assert near.hd95_mm[1] == pytest.approx(1.0)
    assert near.nsd[1] == 1.0
    assert far.nsd[1] < 1.0
    assert near.dice[1] == pytest.approx(0.9)


def test_the_right_mask_is_perfect_and_a_missing_label_is_nothing():
    truth = np.zeros((1, 20, 20), np.uint8)
    truth[0, 2:8, 2:8] = 1
    truth[0, 12:18, 12:18] = 2
    shown = np.where(truth[0] == 1, 1, 0).astype(np.uint8)
    scores = score_slice(shown, Truth(truth, [1, 2]), 0, [1, 2], (1, 1, 1))
    assert (scores.dice[1], scores.nsd[1], scores.hd95_mm[1]) == (1.0, 1.0, 0.0)
    assert (scores.dice[2], scores.nsd[2], scores.hd95_mm[2]) == (0.0, 0.0, np.inf)
    assert scores.mean_dice == 0.5


def test_dice_is_averaged_over_labels_present_and_strays_are_counted():
    truth = np.zeros((1, 20, 20), np.uint8)
    truth[0, 2:8, 2:8] = 1
    shown = truth[0].copy()
    shown[10:12, 10:12] = 2
    scores = score_slice(shown, Truth(truth, [1, 2]), 0, [1, 2], (1, 1, 1))
    assert scores.mean_dice == 1.0
    assert scores.stray == 4


def test_a_volume_s_scores_may_be_of_a_run_of_its_slices():
    truth = np.zeros((6, 20, 20), np.uint8)
    truth[1:5, 5:15, 5:15] = 1
    shown = truth.copy()
    shown[4] = 0
    sealed = Truth(truth, [1])
    assert score_volume(shown, sealed, [1], (1, 1, 1)).mean_dice < 1
    assert score_volume(shown, sealed, [1], (1, 1, 1), slices=[1, 2]).mean_dice == 1
