import { expect, test } from 'vitest';
import { growMask, shrinkMask } from '../../src/tools/paint/growMask';
import { fillHoles, keepLargest } from '../../src/tools/paint/maskRegions';
import { smoothMask } from '../../src/tools/paint/smoothMask';
import { withinBox } from '../../src/tools/paint/withinBox';

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

test.each([
  ['fill', fillHoles],
  ['largest', keepLargest],
  ['smooth', smoothMask],
  ['grow', growMask],
  ['shrink', shrinkMask],
] as const)('%s is the same in the part that a mask lies on', (_, step) => {
  const columns = 24;
  const wide = new Uint8Array(columns * 20);
  // One piece in the corner of the image, a ring with a speck inside.
  for (let y = 0; y < 7; y += 1) {
    for (let x = 0; x < 9; x += 1) {
      const hole = y > 1 && y < 5 && x > 1 && x < 7;
      wide[y * columns + x] = hole && !(y === 3 && x === 4) ? 0 : 1;
    }
  }
  expect(withinBox(wide, columns, step)).toEqual(step(wide, columns));
  const empty = new Uint8Array(wide.length);
  expect(withinBox(empty, columns, step)).toEqual(empty);
});
