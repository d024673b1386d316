"""The synthetic abdomen: the same for one seed, with organs where its truth says."""

import numpy as np
import pytest

from annotation.synthetic.abdomen import LABELS, SyntheticCt, abdomen

SMALL = {"shape": (15, 128, 128), "spacing": (12.0, 2.96, 2.96)}


@pytest.fixture(scope="module")
def ct() -> SyntheticCt:
    return abdomen(3, **SMALL)


def test_one_seed_makes_one_abdomen(ct: SyntheticCt) -> None:
    again = abdomen(3, **SMALL)
    assert np.array_equal(ct.voxels, again.voxels)
    assert np.array_equal(ct.labels, again.labels)
    assert not np.array_equal(ct.voxels, abdomen(4, **SMALL).voxels)


def test_the_truth_covers_organs_of_their_density(ct: SyntheticCt) -> None:
    hu = {name: np.median(ct.voxels[ct.labels == v]) for name, v in LABELS.items()}
    assert 85 < hu["liver"] < 115
    assert 70 < hu["pancreas"] < 100
    assert 90 < hu["spleen"] < 125
    assert 140 < hu["kidneys"] < 190


@pytest.mark.parametrize("seed", range(4))
def test_every_organ_has_a_plausible_size(seed: int) -> None:
    ct = abdomen(seed, **SMALL)
    ml = {name: (ct.labels == v).sum() * 0.105 for name, v in LABELS.items()}
    assert 600 < ml["liver"] < 1400
    assert 35 < ml["pancreas"] < 120
    assert 40 < ml["spleen"] < 250
    assert 180 < ml["kidneys"] < 420


def test_air_fat_and_bone_have_their_hounsfield_units(ct: SyntheticCt) -> None:
    assert ct.voxels.dtype == np.int16
    assert -1024 <= ct.voxels.min() < -950
    assert ct.voxels.max() > 300
    fat = (ct.voxels > -130) & (ct.voxels < -70)
    assert fat.mean() > 0.08


def test_a_surface_fades_over_its_voxels_instead_of_jumping(ct: SyntheticCt) -> None:
    liver = ct.labels == LABELS["liver"]
    rim = liver & ~np.roll(liver, 1, axis=1)
    inside = liver & np.roll(liver, 2, axis=1) & np.roll(liver, -2, axis=1)
    assert ct.voxels[rim].std() > ct.voxels[inside].std()


def test_the_middle_of_the_image_is_the_middle_of_the_couch(ct: SyntheticCt) -> None:
    middle = ct.affine @ [*(np.array(ct.voxels.shape) - 1) / 2, 1]
    assert middle == pytest.approx([0, 8, 0, 1])
    assert ct.affine[:3, 0] == pytest.approx([0, 0, 12.0])
