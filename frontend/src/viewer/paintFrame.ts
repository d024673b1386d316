import type { SliceValues } from './cutPlane';
import type { Window } from './Viewer';

/** A pixel (RGBA, little endian) for each 16-bit pattern that may be stored. */
export type GreyTable = Uint32Array;

const STORED = 65_536;

/**
 * The table for a window: black at `center - width / 2`, white at
 * `center + width / 2`.
 *
 * @param signed whether the stored values are
 */
export function greyTable(
  { slope, intercept }: Pick<SliceValues, 'slope' | 'intercept'>,
  signed: boolean,
  { center, width }: Window,
  inverse: boolean,
): GreyTable {
  const table = new Uint32Array(STORED);
  const scale = 255 / Math.max(width, Number.EPSILON);
  const lower = center - width / 2;
  for (let pattern = 0; pattern < STORED; pattern += 1) {
    const stored = signed && pattern >= STORED / 2 ? pattern - STORED : pattern;
    const level = (stored * slope + intercept - lower) * scale;
    const grey = level <= 0 ? 0 : level >= 255 ? 255 : Math.round(level);
    const seen = inverse ? 255 - grey : grey;
    table[pattern] = 0xff000000 | (seen << 16) | (seen << 8) | seen;
  }
  return table;
}

/** Grey values `from` … as pixels: one look into the table each. */
export function paintGreyFrame(
  values: ArrayLike<number>,
  from: number,
  table: GreyTable,
  pixels: Uint32Array,
): void {
  for (let i = 0; i < pixels.length; i += 1) {
    pixels[i] = table[(values[from + i] as number) & 0xffff] as number;
  }
}

/** Colours `from` … (red, green, blue) as pixels. */
export function paintColorFrame(
  values: ArrayLike<number>,
  from: number,
  inverse: boolean,
  pixels: Uint32Array,
): void {
  const flip = inverse ? 0xffffff : 0;
  for (let i = 0, at = 3 * from; i < pixels.length; i += 1, at += 3) {
    const color =
      ((values[at + 2] as number) << 16) |
      ((values[at + 1] as number) << 8) |
      (values[at] as number);
    pixels[i] = 0xff000000 | (color ^ flip);
  }
}
