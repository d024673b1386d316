"""Between two slices: a shape between two shapes, or a sentence that says why not."""

import numpy as np
import pytest

from annotation.services.interpolation import interpolated, interpolation_make
from inference_worker.contract.errors import MessageError, PromptError, SessionRefused
from inference_worker.contract.geometry import Region
from inference_worker.contract.wire import pack_mask, unpack_mask

PIXEL = (0.8, 0.8)


def disc(radius, centre=(20, 20), size=41):
    y, x = np.mgrid[:size, :size]
    return (y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2


def packed(z, y, x, mask):
    region = Region((z, y, x), (z + 1, y + mask.shape[0], x + mask.shape[1]))
    return pack_mask(region, mask[None])


def test_between_two_discs_are_discs_of_the_radii_between():
    first, second = disc(4), disc(16)
    areas = [shape.sum() for shape in interpolated(first, second, 3, PIXEL)]
    for area, radius in zip(areas, (7, 10, 13), strict=True):
        assert area == pytest.approx(np.pi * radius**2, rel=0.12)


def test_a_disc_that_moves_is_about_as_large_on_its_way():
    ends = disc(9, centre=(20, 17)), disc(9, centre=(20, 23))
    (middle,) = interpolated(*ends, 1, PIXEL)
    assert middle[20, 20]
    assert middle.sum() == pytest.approx(disc(9).sum(), rel=0.15)


def test_the_same_shape_stays_what_it_is():
    for shape in interpolated(disc(9), disc(9), 2, (1.0, 3.0)):
        assert np.array_equal(shape, disc(9))


def test_a_mask_that_fills_its_box_has_a_border_all_the_same():
    full = np.ones((6, 6), dtype=bool)
    (shape,) = interpolated(full, full, 1, PIXEL)
    assert shape.all()


def test_millimetres_count_not_voxels():
    """From a square to its middle row: where columns are far apart, none is near its
    left and right sides, and every one of them narrows alike."""
    square = np.ones((9, 9), dtype=bool)
    row = np.zeros_like(square)
    row[4] = True
    near, far = (
        next(interpolated(square, row, 1, pixel)) for pixel in ((1.0, 1.0), (1.0, 9.0))
    )
    assert near[:, 0].sum() < near[:, 4].sum()
    assert 1 < far[:, 0].sum() == far[:, 4].sum() < 9


@pytest.mark.django_db
class TestOverTheWire:
    def test_slices_come_where_the_masks_were(self, session, reader):
        found = interpolation_make(
            user=reader,
            session_id=session.pk,
            first=packed(0, 4, 8, np.ones((8, 8), dtype=bool)),
            second=packed(3, 6, 8, np.ones((8, 8), dtype=bool)),
        )
        regions = [unpack_mask(part) for part in found]
        assert [region.start[0] for region, _ in regions] == [1, 2]
        for region, mask in regions:
            volume = np.zeros((32, 48), dtype=np.uint8)
            volume[region.slices[1:]] = mask[0]
            assert volume[6:12, 8:16].all()
            assert not volume[:4].any()
            assert not volume[14:].any()

    def test_what_touches_nowhere_leaves_slices_empty(self, session, reader):
        found = interpolation_make(
            user=reader,
            session_id=session.pk,
            first=packed(0, 0, 0, np.ones((3, 3), dtype=bool)),
            second=packed(2, 28, 44, np.ones((3, 3), dtype=bool)),
        )
        assert found == []

    @pytest.mark.parametrize(
        ("first", "second", "says"),
        [
            ((0, 0, 0, 4), (1, 0, 0, 4), "no slice between"),
            ((3, 0, 0, 4), (0, 0, 0, 4), "no slice between"),
            ((0, 0, 0, 0), (3, 0, 0, 4), "empty"),
        ],
    )
    def test_what_cannot_be_is_refused(self, session, reader, first, second, says):
        def mask(z, y, x, side):
            square = np.zeros((4, 4), dtype=bool)
            square[:side] = True
            return packed(z, y, x, square)

        with pytest.raises(MessageError, match=says):
            interpolation_make(
                user=reader,
                session_id=session.pk,
                first=mask(*first),
                second=mask(*second),
            )

    def test_masks_of_several_slices_or_elsewhere_are_refused(self, session, reader):
        good = packed(0, 0, 0, np.ones((4, 4), dtype=bool))
        with pytest.raises(MessageError, match="not one slice"):
            interpolation_make(
                user=reader,
                session_id=session.pk,
                first=good | {"stop": [2, 4, 4]},
                second=good,
            )
        with pytest.raises(PromptError, match="outside"):
            interpolation_make(
                user=reader,
                session_id=session.pk,
                first=good,
                second=packed(9, 0, 0, np.ones((4, 4), dtype=bool)),
            )

    def test_a_submitted_case_is_not_worked_on(self, session, reader):
        session.state = "submitted"
        session.save()
        mask = np.ones((4, 4), dtype=bool)
        with pytest.raises(SessionRefused):
            interpolation_make(
                user=reader,
                session_id=session.pk,
                first=packed(0, 0, 0, mask),
                second=packed(3, 0, 0, mask),
            )
