import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import masks from '../../../tests/fixtures/wire/masks.json';
import { deflateRuns } from '../../src/wire/deflateRuns';
import type { PackedRegion } from '../../src/wire/PackedRegion';
import type { Paint } from '../../src/wire/Prompt';
import { packLabels } from '../../src/wire/packLabels';
import {
  packPaint,
  paintedRegion,
  unpackPaint,
} from '../../src/wire/paintedRegion';
import { unpackLabels } from '../../src/wire/unpackLabels';

interface Golden {
  readonly name: string;
  readonly labels: readonly number[];
  readonly packed: PackedRegion;
}

const goldens = masks as unknown as readonly Golden[];

describe('the goldens that the server reads too', () => {
  test('there are some', () => {
    expect(goldens.length).toBeGreaterThan(3);
  });

  test.each(goldens)('$name unpacks', async ({ labels, packed }) => {
    expect([...(await unpackLabels(packed))]).toEqual(labels);
  });

  test.each(goldens)('$name packs and unpacks', async ({ labels, packed }) => {
    const again = packLabels(
      packed.start,
      packed.stop,
      Uint8Array.from(labels),
    );
    expect(again.planes).toBe(packed.planes);
    expect([...(await unpackLabels(again))]).toEqual(labels);
  });
});

test('255 labels need all eight planes', async () => {
  const labels = Uint8Array.from({ length: 256 }, (_, i) => i);
  const packed = packLabels([0, 0, 0], [1, 1, 256], labels);
  expect(packed.planes).toBe(8);
  expect(await unpackLabels(packed)).toEqual(labels);
});

test('a region that holds too little is refused', async () => {
  const packed = packLabels([0, 0, 0], [1, 2, 8], new Uint8Array(16));
  await expect(unpackLabels({ ...packed, stop: [1, 9, 8] })).rejects.toThrow(
    RangeError,
  );
});

test('labels that do not fill their region are refused', () => {
  expect(() => packLabels([0, 0, 0], [1, 2, 2], new Uint8Array(3))).toThrow(
    RangeError,
  );
});

test('a paint is known unpacked, and packs only what it says', async () => {
  const region = {
    start: [1, 0, 0],
    stop: [2, 1, 4],
    labels: Uint8Array.of(3, 3, 3, 3),
    where: Uint8Array.of(0, 1, 1, 0),
  } as const;
  const paint = packPaint(region);
  expect(paintedRegion(paint)).toBe(region);
  expect([...(await unpackLabels(paint.region))]).toEqual([0, 3, 3, 0]);
  const kept = JSON.parse(JSON.stringify(paint)) as Paint;
  expect(paintedRegion(kept)).toBeNull();
  await unpackPaint(kept);
  expect(paintedRegion(kept)?.labels).toEqual(Uint8Array.of(0, 3, 3, 0));
});

describe('run-length zlib', () => {
  const cases = {
    nothing: [],
    'every byte': Array.from({ length: 256 }, (_, i) => i),
    'runs of every length': Array.from({ length: 600 }, (_, n) =>
      new Array<number>(n).fill(n & 0xff),
    ).flat(),
    'an empty plane': new Array<number>(32_768).fill(0),
  };

  test.each(Object.entries(cases))('%s comes back', (_, values) => {
    const bytes = Uint8Array.from(values);
    const packed = deflateRuns(bytes);
    expect(inflateSync(packed).equals(bytes)).toBe(true);
  });

  test('an empty slice of 512² is as good as nothing', () => {
    expect(deflateRuns(new Uint8Array(32_768)).length).toBeLessThan(300);
  });
});

test('data that is no zlib is refused', async () => {
  await expect(
    unpackLabels({
      start: [0, 0, 0],
      stop: [1, 1, 8],
      planes: 1,
      data: 'AAAA',
    }),
  ).rejects.toThrow();
});
