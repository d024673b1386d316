import type { Affine } from './frames';

/**
 * The inverse of an affine 4×4 matrix.
 *
 * @throws RangeError when its linear part is singular
 */
export function invertAffine(affine: Affine): Affine {
  const at = (i: number, j: number): number => affine[i]?.[j] ?? Number.NaN;
  const minor = (i: number, j: number): number => {
    const [r0, r1] = others(i);
    const [c0, c1] = others(j);
    return at(r0, c0) * at(r1, c1) - at(r0, c1) * at(r1, c0);
  };
  const cofactor = (i: number, j: number): number =>
    ((i + j) % 2 === 0 ? 1 : -1) * minor(i, j);
  const determinant =
    at(0, 0) * cofactor(0, 0) +
    at(0, 1) * cofactor(0, 1) +
    at(0, 2) * cofactor(0, 2);
  if (!Number.isFinite(determinant) || determinant === 0) {
    throw new RangeError(
      `The volume's affine cannot be inverted: its determinant is ${determinant}`,
    );
  }
  const rows = [0, 1, 2].map((i) => {
    const linear = [0, 1, 2].map((j) => cofactor(j, i) / determinant);
    const offset = linear.reduce((sum, value, j) => sum - value * at(j, 3), 0);
    return [...linear, offset];
  });
  return [...rows, [0, 0, 0, 1]];
}

function others(i: number): readonly [number, number] {
  return i === 0 ? [1, 2] : i === 1 ? [0, 2] : [0, 1];
}
