import { expect, test } from 'vitest';
import { labelsOfPaint } from '../../src/wire/labelsOfPaint';
import { packPaint } from '../../src/wire/paintedRegion';

test('the labels of a paint are known, packed here or come from storage', async () => {
  const paint = packPaint({
    start: [0, 0, 0],
    stop: [1, 1, 4],
    labels: Uint8Array.from([3, 0, 2, 1]),
    where: Uint8Array.from([1, 1, 1, 0]),
  });
  expect(await labelsOfPaint(paint)).toEqual([0, 2, 3]);
  const stored = JSON.parse(JSON.stringify(paint));
  expect(await labelsOfPaint(stored)).toEqual([0, 2, 3]);
});
