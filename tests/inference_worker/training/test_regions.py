"""A region that looks alike is the thing under the seed, or nothing."""

import numpy as np

from inference_worker.training.regions import alike_region


def picture() -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[:64, :64]
    disk = (rows - 20) ** 2 + (columns - 24) ** 2 < 12**2
    return np.where(disk, 0.8, 0.0).astype(np.float32), disk


def test_the_region_lies_on_the_only_thing_in_the_picture():
    image, disk = picture()
    rng = np.random.default_rng(0)
    found = [alike_region(image, rng, 20) for _ in range(20)]
    regions = [region for region in found if region is not None]
    assert regions
    for region in regions:
        assert (region & disk).sum() > 0.6 * region.sum()


def test_neither_everything_nor_a_speck_nor_darkness_is_a_region():
    rng = np.random.default_rng(0)
    bright = np.full((32, 32), 0.5, np.float32)
    assert alike_region(bright, rng, 20) is None
    assert alike_region(np.zeros((32, 32), np.float32), rng, 20) is None
    image, disk = picture()
    assert alike_region(image, rng, int(disk.sum()) * 2) is None
