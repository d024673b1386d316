import { expect, test } from 'vitest';
import { MaskVolume } from '../../src/session/MaskVolume';

test('a region changes only its own voxels', () => {
  const mask = new MaskVolume([2, 3, 4]);
  mask.write(
    { start: [0, 0, 0], stop: [1, 3, 4], labels: new Uint8Array(12).fill(2) },
    1,
  );
  mask.write(
    { start: [0, 1, 1], stop: [1, 3, 3], labels: Uint8Array.of(1, 1, 0, 3) },
    2,
  );
  expect([...(mask.slice(0) ?? [])]).toEqual([
    2, 2, 2, 2, 2, 1, 1, 2, 2, 0, 3, 2,
  ]);
  expect(mask.valueAt([0, 2, 2])).toBe(3);
  expect(mask.slice(1)).toBeNull();
  expect(mask.valueAt([1, 0, 0])).toBe(0);
});

test('a region over several slices reaches each of them', () => {
  const mask = new MaskVolume([3, 1, 2]);
  const labels = Uint8Array.of(1, 2, 3, 4);
  expect(mask.write({ start: [1, 0, 0], stop: [3, 1, 2], labels }, 1)).toEqual([
    1, 2,
  ]);
  expect([...(mask.slice(2) ?? [])]).toEqual([3, 4]);
});

test('an older version is passed over', () => {
  const mask = new MaskVolume([1, 1, 1]);
  const region = { start: [0, 0, 0], stop: [1, 1, 1] } as const;
  mask.write({ ...region, labels: Uint8Array.of(2) }, 5);
  expect(mask.write({ ...region, labels: Uint8Array.of(1) }, 4)).toEqual([]);
  expect(mask.valueAt([0, 0, 0])).toBe(2);
});

test('a whole draft empties what it lacks, but nothing newer', () => {
  const mask = new MaskVolume([3, 1, 1]);
  const at = (z: number, label: number) => ({
    start: [z, 0, 0] as const,
    stop: [z + 1, 1, 1] as const,
    labels: Uint8Array.of(label),
  });
  mask.write(at(0, 1), 1);
  mask.write(at(1, 1), 9);
  const changed = mask.replace([at(1, 4), at(2, 4)], 3);
  expect([...changed].sort()).toEqual([0, 2]);
  expect([0, 1, 2].map((z) => mask.valueAt([z, 0, 0]))).toEqual([0, 1, 4]);
  expect(mask.known).toEqual(new Set([1, 2]));
});

test('a region outside is refused', () => {
  const mask = new MaskVolume([1, 2, 2]);
  expect(() =>
    mask.write(
      { start: [0, 0, 0], stop: [2, 2, 2], labels: new Uint8Array(8) },
      1,
    ),
  ).toThrow(/does not lie in/);
});
