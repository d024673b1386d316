"""A synthetic abdominal CT in the portal venous phase, with the truth of its organs.

Nobody's body: sizes and places are those of a textbook, bent and jittered by a seed.
Coordinates are LPS in mm about the middle of the body, as in `shapes`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.synthetic.canvas import Canvas, Texture
from annotation.synthetic.shapes import (
    Field,
    Point,
    column,
    ellipsoid,
    join,
    meet,
    trunk,
    tube,
    without,
)

LABELS = {"liver": 1, "pancreas": 2, "spleen": 3, "kidneys": 4}

FAT = Texture(-102, 7, 12)
MUSCLE = Texture(58, 7, 5)
BLOOD = Texture(152, 2, 20)
GAS = Texture(-930, 15, 20)


@dataclass(frozen=True)
class SyntheticCt:
    """voxels: int16 HU; labels: uint8 of ``LABELS``; both (z, y, x). affine to LPS."""

    voxels: NDArray[np.int16]
    labels: NDArray[np.uint8]
    affine: NDArray[np.float64]


def abdomen(
    seed: int = 0,
    *,
    shape: tuple[int, int, int] = (60, 512, 512),
    spacing: tuple[float, float, float] = (3.0, 0.74, 0.74),
) -> SyntheticCt:
    """Make an abdomen; the same seed makes the same one.

    Parameters
    ----------
    seed : int
        Chooses the build, the places of organs, the textures and the noise.
    shape : (z, y, x); in plane, multiples of four.
    spacing : mm along (z, y, x).
    """
    centre = (0.0, 8.0, 0.0)
    canvas = Canvas(shape, spacing, centre, np.random.default_rng(seed))
    canvas.paint(table(canvas), Texture(-350))
    canvas.warp(3.5, 130)
    cavity = paint_wall(canvas)
    paint_bowel(canvas, cavity)
    paint_upper_organs(canvas, cavity)
    paint_kidneys(canvas)
    paint_vessels(canvas)
    paint_pancreas(canvas)
    paint_lungs(canvas, cavity)
    paint_skeleton(canvas, cavity)
    affine = np.eye(4)
    # Column i of the affine is the step along index (z, y, x), in LPS.
    affine[:3, :3] = np.diag(spacing)[::-1]
    middle = affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    affine[:3, 3] = np.array(centre[::-1]) - middle
    return SyntheticCt(canvas.expose(13, 0.75), canvas.labels, affine)


def jitter(canvas: Canvas, point: Point, spread_mm: float = 3.0) -> Point:
    """Return a point near ``point``."""
    x, y, z = np.asarray(point) + canvas.rng.uniform(-spread_mm, spread_mm, 3)
    return (float(x), float(y), float(z))


def rough(
    canvas: Canvas, solid: Field, height_mm: float, wavelength_mm: float
) -> Field:
    """Return ``solid`` with bumps of about ``height_mm``."""
    return solid + np.float32(height_mm) * canvas.roughness(wavelength_mm)


def table(canvas: Canvas) -> Field:
    """The couch: a curved shell behind the back."""
    outer = column(canvas.grid, (0, -260), (400, 400))
    shell = meet(outer, -column(canvas.grid, (0, -260), (396, 396)))
    return meet(shell, np.abs(canvas.grid.x) - 170)


def paint_wall(canvas: Canvas) -> Field:
    """Skin, fat and muscle; returns the cavity they enclose."""
    width, depth = 160 + canvas.rng.uniform(-8, 8), 112 + canvas.rng.uniform(-5, 5)
    body = trunk(canvas.grid, width, depth)
    canvas.paint(body, Texture(20))
    canvas.paint(body + 2.5, Texture(-104))
    fat_mm = np.float32(canvas.rng.uniform(14, 20))
    muscle = rough(canvas, body + fat_mm, 1.2, 40)
    canvas.paint(muscle, MUSCLE)
    cavity = rough(canvas, muscle + 12, 0.8, 28)
    canvas.paint(cavity, FAT)
    return cavity


def paint_bowel(canvas: Canvas, cavity: Field) -> None:
    """Loops of gut in the lower half, and both sides of the colon."""
    rng, grid = canvas.rng, canvas.grid
    loops = []
    for _ in range(26):
        start = (rng.uniform(-80, 85), rng.uniform(-78, 0), rng.uniform(-100, -15))
        ends = [jitter(canvas, start, 30), jitter(canvas, start, 30)]
        loops.append(([ends[0], start, ends[1]], [rng.uniform(8, 13)] * 3))
    loops.append(([(-108, 5, -110), (-104, 8, -20)], [20, 19]))
    loops.append(([(112, 18, -110), (106, 22, -10)], [15, 14]))
    loops.append(([(-80, -58, -52), (0, -78, -30), (92, -40, -4)], [17, 16, 15]))
    for path, radii in loops:
        wall = meet(rough(canvas, tube(grid, path, radii), 1.2, 15), cavity + 3)
        canvas.paint(wall, Texture(68, 6, 6), 0)
        canvas.paint(wall + 2.8, Texture(rng.uniform(8, 45), 9, 9))
        if rng.random() < 0.45:
            # Gas rises: it fills the front of the lumen down to a level.
            level = grid.y - np.float32(path[0][1] - rng.uniform(0, 6))
            canvas.paint(meet(wall + 3.2, level), GAS)


def paint_upper_organs(canvas: Canvas, cavity: Field) -> None:
    """Stomach, spleen, liver and gallbladder."""
    grid = canvas.grid
    stomach = ellipsoid(grid, jitter(canvas, (52, -38, 42)), (48, 36, 44), 0.5)
    stomach = meet(rough(canvas, stomach, 2.5, 40), cavity + 4)
    canvas.paint(stomach, Texture(72, 6, 7), 0)
    canvas.paint(stomach + 4.5, Texture(24, 8, 10))
    bubble = grid.y + np.float32(canvas.rng.uniform(48, 60))
    canvas.paint(meet(stomach + 5, bubble), GAS)

    spleen = ellipsoid(grid, jitter(canvas, (102, 34, 42)), (34, 54, 50), 0.35)
    hilum = ellipsoid(grid, (66, 4, 40), (26, 30, 44))
    spleen = meet(without(rough(canvas, spleen, 1.5, 40), hilum), cavity + 5)
    canvas.paint(spleen, Texture(118, 4, 7), LABELS["spleen"])

    right = ellipsoid(grid, jitter(canvas, (-76, 2, 26)), (72, 78, 74), -0.25)
    left = ellipsoid(grid, jitter(canvas, (-2, -50, 48)), (70, 32, 36), 0.15)
    liver = join(right, left, 16)
    fossa = ellipsoid(grid, (-42, -44, -30), (24, 30, 36))
    hollow = ellipsoid(grid, (-20, 28, -12), (44, 40, 60))
    liver = without(without(rough(canvas, liver, 2.2, 40), fossa), hollow)
    liver = meet(liver, cavity + 5)
    canvas.paint(liver, Texture(106, 4, 6), LABELS["liver"])
    paint_liver_vessels(canvas, liver)

    gallbladder = ellipsoid(grid, jitter(canvas, (-46, -42, -18)), (15, 19, 24), 0.3)
    gallbladder = rough(canvas, gallbladder, 0.8, 28)
    canvas.paint(gallbladder, Texture(62, 3, 6), 0)
    canvas.paint(gallbladder + 1.8, Texture(9, 2, 12))


def paint_liver_vessels(canvas: Canvas, liver: Field) -> None:
    """Hepatic veins from the dome, portal branches from the hilum, and a few cysts."""
    for root, twigs, radius in (((-28, 18, 58), 4, 5.0), ((-34, -6, 10), 6, 5.5)):
        for _ in range(twigs):
            middle = jitter(canvas, (root[0] - 28, root[1] - 6, root[2] + 4), 22)
            end = jitter(canvas, (middle[0] - 30, middle[1], middle[2]), 26)
            vein = tube(canvas.grid, [root, middle, end], [radius, 0.6 * radius, 1.2])
            canvas.paint(meet(vein, liver + 3), BLOOD)
    for _ in range(2):
        place = jitter(canvas, (-90, 0, 25), 34)
        size = float(canvas.rng.uniform(4, 9))
        cyst = ellipsoid(canvas.grid, place, (size, size, 1.2 * size))
        canvas.paint(meet(cyst, liver + 3), Texture(14))


def paint_kidneys(canvas: Canvas) -> None:
    """Both kidneys: bright cortex, darker pyramids, fat and urine in the sinus."""
    for side, height in ((-1, -34), (1, -22)):
        centre = jitter(canvas, (side * 66, 46, height))
        x, y, z = centre
        kidney = ellipsoid(canvas.grid, centre, (29, 27, 52), side * 0.5)
        kidney = rough(canvas, kidney, 1.0, 28)
        fascia = ellipsoid(canvas.grid, centre, (40, 37, 64), side * 0.5)
        canvas.paint(fascia, FAT, 0)
        canvas.paint(kidney, Texture(182, 7, 8), LABELS["kidneys"])
        canvas.paint(meet(kidney + 7, canvas.roughness(15) * 6), Texture(140, 6, 8))
        sinus = ellipsoid(
            canvas.grid, (x - side * 17, y - 6, z), (17, 10, 24), side * 0.5
        )
        sinus = rough(canvas, sinus, 2.0, 15)
        canvas.paint(sinus, Texture(-70, 12, 8), 0)
        canvas.paint(sinus + 4, Texture(16, 3, 10))


def paint_vessels(canvas: Canvas) -> None:
    """Aorta and vena cava, portal and splenic vein, superior mesenteric vessels."""
    grid = canvas.grid
    canvas.paint(tube(grid, [(8, 28, -110), (10, 26, 110)], [9.5, 11.5]), BLOOD, 0)
    cava = column(grid, (-24, 28), (13, 10))
    canvas.paint(rough(canvas, cava, 0.8, 40), Texture(138, 4, 25), 0)
    portal = tube(grid, [(-6, -4, -12), (-16, -4, 2), (-34, -6, 12)], [6.5, 7, 6])
    splenic = tube(grid, [(-6, -4, -4), (28, 2, 12), (74, 22, 30)], [5, 4.5, 3.5])
    mesenteric = tube(grid, [(-6, -8, -110), (-6, -6, -10)], [5.5, 6.5])
    canvas.paint(join(portal, splenic, 3), BLOOD, 0)
    canvas.paint(mesenteric, BLOOD, 0)
    canvas.paint(tube(grid, [(8, -6, -110), (9, 14, 2)], [3.6, 4.5]), BLOOD, 0)


def paint_pancreas(canvas: Canvas) -> None:
    """Duodenum, and the pancreas from its head in it to its tail at the spleen."""
    head = jitter(canvas, (-30, 0, -22), 2)
    x, y, z = head
    loop = [(x + 2, y - 16, z + 24), (x - 22, y - 2, z + 8), (x - 18, y + 6, z - 24)]
    duodenum = rough(canvas, tube(canvas.grid, loop, [11, 12, 12]), 1, 15)
    canvas.paint(duodenum, Texture(66, 6, 6), 0)
    canvas.paint(duodenum + 3, Texture(20, 9, 8))
    path = [
        (x + 4, y + 8, z - 16),
        head,
        jitter(canvas, (-8, -16, 0), 2),
        jitter(canvas, (22, -16, 10), 3),
        jitter(canvas, (52, 2, 20), 3),
        jitter(canvas, (78, 22, 26), 3),
    ]
    pancreas = tube(canvas.grid, path, [11, 15, 10, 11, 11, 8])
    pancreas = rough(canvas, pancreas, 1.6, 11)
    canvas.paint(pancreas, Texture(94, 9, 5), LABELS["pancreas"])


def paint_lungs(canvas: Canvas, cavity: Field) -> None:
    """Lung bases above two domes, and the lower edge of the heart between them."""
    grid = canvas.grid
    across = np.abs(grid.x) - 62
    ahead = grid.y + 12
    dome = np.float32(82) - np.float32(0.0065) * (across * across + ahead * ahead)
    lungs = meet((dome - grid.z) * np.float32(0.7), cavity + 2)
    lungs = without(lungs, column(grid, (2, 22), (34, 42)))
    canvas.paint(lungs, Texture(-840, 25, 9), 0)
    heart = ellipsoid(grid, (26, -36, 104), (58, 44, 26))
    canvas.paint(meet(heart, cavity + 6), Texture(128, 5, 25), 0)


def paint_skeleton(canvas: Canvas, cavity: Field) -> None:
    """Muscles of the back, spine and ribs."""
    grid, bone = canvas.grid, Texture(205, 35, 4)
    for side in (-1, 1):
        canvas.paint(column(grid, (side * 36, 82), (27, 19)), MUSCLE, 0)
        psoas = [(side * 30, 44, 40), (side * 38, 48, -110)]
        canvas.paint(tube(grid, psoas, [7, 19]), MUSCLE, 0)
    body = column(grid, (0, 56), (23, 18))
    canvas.paint(body, Texture(88, 6, 8), 0)
    # Discs stand between vertebrae every 36 mm.
    phase = np.abs(np.mod(grid.z + 18, np.float32(36)) - 18)
    vertebra = meet(body, phase - 13.5)
    canvas.paint(vertebra, Texture(430, 30, 6))
    canvas.paint(vertebra + 2.2, bone)
    arch = meet(column(grid, (0, 80), (17, 15)), phase - 11)
    spine = tube(grid, [(0, 88, 0), (0, 112, 0)], [5, 4])
    spine = meet(np.broadcast_to(spine.min(axis=0), spine.shape), phase - 9)
    canvas.paint(join(arch, spine, 3), Texture(360, 40, 5), 0)
    canvas.paint(column(grid, (0, 80), (10, 8)), Texture(28, 3, 10), 0)
    paint_ribs(canvas, cavity)


def paint_ribs(canvas: Canvas, cavity: Field) -> None:
    """Six pairs of ribs in the wall, falling from the spine towards the front."""
    grid = canvas.grid
    within = np.abs(cavity - 5) - 3.2
    turn = np.arctan2(np.abs(grid.x), grid.y + 10)
    for number in range(6):
        height = np.float32(118 - 30 * number) - np.float32(44) * turn
        reach = turn - np.float32(2.3 - 0.22 * number)
        rib = meet(meet(within, np.abs(grid.z - height) * 0.8 - 4.2), reach * 60)
        rib = meet(rib, (np.float32(0.25) - turn) * 60)
        canvas.paint(rib, Texture(420, 30, 6), 0)
        canvas.paint(rib + 1.6, Texture(190, 30, 4))
