import { describe, expect, test } from 'vitest';
import { blendMasks, signedDistance } from '../../src/tools/paint/blendMasks';
import { growMask, shrinkMask } from '../../src/tools/paint/growMask';
import { fillHoles, keepLargest } from '../../src/tools/paint/maskRegions';
import { smoothMask } from '../../src/tools/paint/smoothMask';

const COLUMNS = 7;

function mask(...rows: string[]): Uint8Array {
  return Uint8Array.from(rows.join(''), (sign) => (sign === '#' ? 1 : 0));
}

function rows(of: Uint8Array, columns = COLUMNS): string[] {
  return Array.from({ length: of.length / columns }, (_, y) =>
    [...of.subarray(y * columns, (y + 1) * columns)]
      .map((inside) => (inside ? '#' : '.'))
      .join(''),
  );
}

const RING = mask('.......', '.####..', '.#..#.#', '.####..', '.......');

test('holes are filled, bays are not', () => {
  expect(rows(fillHoles(RING, COLUMNS))).toEqual([
    '.......',
    '.####..',
    '.####.#',
    '.####..',
    '.......',
  ]);
  const bay = mask('#######', '#.....#', '#######', '#.#####', '#.#####');
  expect(rows(fillHoles(bay, COLUMNS))[1]).toBe('#######');
  expect(rows(fillHoles(bay, COLUMNS))[4]).toBe('#.#####');
});

test('the largest part is kept, and nothing of nothing', () => {
  expect(rows(keepLargest(RING, COLUMNS))[2]).toBe('.#..#..');
  expect(keepLargest(new Uint8Array(35), COLUMNS)).toEqual(new Uint8Array(35));
});

test('grown and shrunk by one voxel', () => {
  const one = mask('.......', '.......', '..#....', '.......', '.......');
  const grown = growMask(one, COLUMNS);
  expect(rows(grown)).toEqual([
    '.......',
    '..#....',
    '.###...',
    '..#....',
    '.......',
  ]);
  expect(shrinkMask(grown, COLUMNS)).toEqual(one);
  const whole = new Uint8Array(35).fill(1);
  expect(shrinkMask(whole, COLUMNS)).toEqual(whole);
});

test('smoothing takes specks and fills notches', () => {
  const rough = mask('#####..', '##.##.#', '#####..', '#####..', '#####..');
  const smooth = rows(smoothMask(rough, COLUMNS));
  expect(smooth[1]?.slice(0, 4)).toBe('####');
  expect(smooth[1]?.[6]).toBe('.');
});

describe('between two masks', () => {
  /** A disc of 21 × 21. */
  const disc = (radius: number, cx = 10): Uint8Array =>
    Uint8Array.from({ length: 441 }, (_, i) =>
      (Math.floor(i / 21) - 10) ** 2 + ((i % 21) - cx) ** 2 <= radius ** 2
        ? 1
        : 0,
    );
  const area = (of: Uint8Array): number => of.reduce((sum, v) => sum + v, 0);
  const between = (a: Uint8Array, b: Uint8Array, share: number): Uint8Array =>
    blendMasks(signedDistance(a, 21), signedDistance(b, 21), share);

  test('a disc grows to another disc', () => {
    const middle = between(disc(3), disc(7), 0.5);
    const differing = disc(5).filter((inside, i) => inside !== middle[i]);
    expect(differing.length).toBeLessThan(area(disc(5)) / 10);
  });

  test('the ends are the masks themselves', () => {
    expect(between(disc(3), disc(7), 0)).toEqual(disc(3));
    expect(between(disc(3), disc(7), 1)).toEqual(disc(7));
  });

  test('a disc that moves is about as large on its way', () => {
    const middle = between(disc(5, 8), disc(5, 12), 0.5);
    expect(middle[10 * 21 + 10]).toBe(1);
    expect(Math.abs(area(middle) - area(disc(5)))).toBeLessThan(20);
  });

  test('distances are Euclidean', () => {
    const point = new Uint8Array(441);
    point[10 * 21 + 10] = 1;
    const distances = signedDistance(point, 21);
    expect(distances[10 * 21 + 10]).toBe(-0.5);
    expect(distances[13 * 21 + 14]).toBeCloseTo(4.5);
  });
});
