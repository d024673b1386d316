import type { Shape } from '../geometry/frames';
import type { ObliqueGrid } from '../geometry/ObliquePlane';
import type { SliceValues } from './cutPlane';

/**
 * Grey values of a plane that lies anyhow in the volume, trilinear between
 * voxel centres: -∞ outside the volume, NaN where a slice has not come.
 *
 * @returns C order (row, column) of the grid
 */
export function sampleValues(
  shape: Shape,
  grid: ObliqueGrid,
  slice: (z: number) => SliceValues | null,
): Float32Array {
  const [depth, height, width] = shape;
  const slices = Array.from({ length: depth }, (_, z) => slice(z));
  const values = new Float32Array(grid.rows * grid.columns).fill(
    Number.NEGATIVE_INFINITY,
  );
  /** bilinear in one slice */
  const within = (
    z: number,
    y: number,
    x: number,
    fy: number,
    fx: number,
  ): number => {
    const source = slices[z];
    if (!source) {
      return Number.NaN;
    }
    const { values: stored, channels, slope, intercept } = source;
    const down = y + 1 < height ? width : 0;
    const right = x + 1 < width ? 1 : 0;
    const at = y * width + x;
    const v = (offset: number): number => stored[offset * channels] as number;
    const top = v(at) + fx * (v(at + right) - v(at));
    const low = at + down;
    const bottom = v(low) + fx * (v(low + right) - v(low));
    return (top + fy * (bottom - top)) * slope + intercept;
  };
  eachSample(shape, grid, (place, z, y, x) => {
    const [cz, cy, cx] = [
      Math.min(Math.max(z, 0), depth - 1),
      Math.min(Math.max(y, 0), height - 1),
      Math.min(Math.max(x, 0), width - 1),
    ];
    const [iz, iy, ix] = [Math.floor(cz), Math.floor(cy), Math.floor(cx)];
    const fz = cz - iz;
    const here = within(iz, iy, ix, cy - iy, cx - ix);
    values[place] =
      fz === 0
        ? here
        : here + fz * (within(iz + 1, iy, ix, cy - iy, cx - ix) - here);
  });
  return values;
}

/** The labels of the same plane: of the voxel that a sample lies in. */
export function sampleLabels(
  shape: Shape,
  grid: ObliqueGrid,
  slice: (z: number) => Uint8Array | null,
): Uint8Array {
  const [depth, , width] = shape;
  const slices = Array.from({ length: depth }, (_, z) => slice(z));
  const labels = new Uint8Array(grid.rows * grid.columns);
  eachSample(shape, grid, (place, z, y, x) => {
    labels[place] =
      slices[Math.floor(z + 0.5)]?.[
        Math.floor(y + 0.5) * width + Math.floor(x + 0.5)
      ] ?? 0;
  });
  return labels;
}

/** Every sample in the volume: half a voxel around its outer centres too. */
function eachSample(
  [depth, height, width]: Shape,
  { origin, across, along, rows, columns }: ObliqueGrid,
  visit: (place: number, z: number, y: number, x: number) => void,
): void {
  for (let row = 0; row < rows; row += 1) {
    let z = origin[0] + row * along[0];
    let y = origin[1] + row * along[1];
    let x = origin[2] + row * along[2];
    for (let column = 0; column < columns; column += 1) {
      if (
        z >= -0.5 &&
        z < depth - 0.5 &&
        y >= -0.5 &&
        y < height - 0.5 &&
        x >= -0.5 &&
        x < width - 0.5
      ) {
        visit(row * columns + column, z, y, x);
      }
      z += across[0];
      y += across[1];
      x += across[2];
    }
  }
}
