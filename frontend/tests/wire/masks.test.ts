import { describe, expect, test } from 'vitest';
import masks from '../../../tests/fixtures/wire/masks.json';
import type { PackedRegion } from '../../src/wire/PackedRegion';
import { packLabels } from '../../src/wire/packLabels';
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
    const again = await packLabels(
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
  const packed = await packLabels([0, 0, 0], [1, 1, 256], labels);
  expect(packed.planes).toBe(8);
  expect(await unpackLabels(packed)).toEqual(labels);
});

test('a region that holds too little is refused', async () => {
  const packed = await packLabels([0, 0, 0], [1, 2, 8], new Uint8Array(16));
  await expect(unpackLabels({ ...packed, stop: [1, 9, 8] })).rejects.toThrow(
    RangeError,
  );
});

test('labels that do not fill their region are refused', async () => {
  await expect(
    packLabels([0, 0, 0], [1, 2, 2], new Uint8Array(3)),
  ).rejects.toThrow(RangeError);
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
