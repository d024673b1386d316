import type { CanvasPoint } from './frames';

/**
 * Where one slice lies in the pane: the affine map from (column, row) indices,
 * integer = voxel centre, to canvas points.
 */
export class SlicePlacement {
  /** canvas x = a·column + c·row + e; canvas y = b·column + d·row + f */
  readonly matrix: readonly [
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
  ];

  /**
   * @param origin canvas point of the centre of voxel (row 0, column 0)
   * @param nextColumn canvas point of the centre of (row 0, column 1)
   * @param nextRow canvas point of the centre of (row 1, column 0)
   */
  constructor(
    origin: CanvasPoint,
    nextColumn: CanvasPoint,
    nextRow: CanvasPoint,
  ) {
    this.matrix = [
      nextColumn[0] - origin[0],
      nextColumn[1] - origin[1],
      nextRow[0] - origin[0],
      nextRow[1] - origin[1],
      origin[0],
      origin[1],
    ];
  }

  canvasOf(row: number, column: number): CanvasPoint {
    const [a, b, c, d, e, f] = this.matrix;
    return [a * column + c * row + e, b * column + d * row + f];
  }

  /** [row, column] with fractions under a canvas point. */
  indexAt(point: CanvasPoint): readonly [row: number, column: number] {
    const [a, b, c, d, e, f] = this.matrix;
    const determinant = a * d - b * c;
    const x = point[0] - e;
    const y = point[1] - f;
    return [(a * y - b * x) / determinant, (d * x - c * y) / determinant];
  }

  /**
   * The map for `drawImage`/`putImageData` pictures of the slice, whose (0, 0)
   * is the corner of the first voxel, not its centre: half a voxel apart.
   */
  pictureMatrix(
    ratio: number,
  ): [number, number, number, number, number, number] {
    const [a, b, c, d, e, f] = this.matrix;
    return [
      a * ratio,
      b * ratio,
      c * ratio,
      d * ratio,
      (e - (a + c) / 2) * ratio,
      (f - (b + d) / 2) * ratio,
    ];
  }

  /** CSS pixels per voxel, the mean of both directions. */
  get scale(): number {
    const [a, b, c, d] = this.matrix;
    return (Math.hypot(a, b) + Math.hypot(c, d)) / 2;
  }
}
