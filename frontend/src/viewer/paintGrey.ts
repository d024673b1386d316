import type { Window } from './Viewer';

/** What a voxel that has not come yet looks like. */
const ABSENT = 24;

/**
 * Grey values as opaque pixels, black at `center - width / 2`, white at
 * `center + width / 2`; NaN is a dark grey of its own, -∞ (no voxel) black.
 *
 * @param pixels one RGBA pixel per value (little endian)
 */
export function paintGrey(
  values: Float32Array,
  { center, width }: Window,
  inverse: boolean,
  pixels: Uint32Array,
): void {
  const lower = center - width / 2;
  const scale = 255 / Math.max(width, Number.EPSILON);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    let grey = ABSENT;
    if (!Number.isNaN(value)) {
      const level = (value - lower) * scale;
      grey = level <= 0 ? 0 : level >= 255 ? 255 : Math.round(level);
      grey = inverse && value !== Number.NEGATIVE_INFINITY ? 255 - grey : grey;
    }
    pixels[i] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
  }
}
