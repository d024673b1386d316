import { expect, test } from 'vitest';
import type { Prompt } from '../../src/wire/Prompt';
import {
  type PaintedRegion,
  packPaint,
  paintedRegion,
} from '../../src/wire/paintedRegion';
import { splitPrompts } from '../../src/wire/splitPrompts';

const click = (x: number): Prompt => ({
  kind: 'click',
  label: 1,
  voxel: [0, 0, x],
});

/** A paint whose bits do not repeat, so that it is as large as can be. */
function ragged(rows: number, columns: number) {
  let seed = 7;
  const labels = Uint8Array.from({ length: rows * columns }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return (seed >> 16) & 1;
  });
  const where = new Uint8Array(labels.length).fill(1);
  return packPaint({
    start: [3, 10, 20],
    stop: [4, 10 + rows, 20 + columns],
    labels,
    where,
  });
}

test('what one turn can hold stays one', () => {
  const prompts = [click(1), click(2)];
  expect(splitPrompts(prompts)).toEqual([prompts]);
  expect(splitPrompts([])).toEqual([]);
});

test('more prompts than a turn takes are several turns, in order', () => {
  const prompts = Array.from({ length: 2345 }, (_, x) => click(x));
  const turns = splitPrompts(prompts);
  expect(turns.map(({ length }) => length)).toEqual([1000, 1000, 345]);
  expect(turns.flat()).toEqual(prompts);
});

test('more bytes than a message takes are several turns', () => {
  const paint = ragged(64, 64);
  const size = JSON.stringify(paint).length;
  const turns = splitPrompts([paint, paint, paint], 2.5 * size);
  expect(turns.map(({ length }) => length)).toEqual([2, 1]);
});

test('a paint too large for any turn is cut, and paints the same', () => {
  const paint = ragged(160, 64);
  const turns = splitPrompts([click(1), paint, click(2)], 800);
  expect(turns.length).toBeGreaterThan(2);
  expect(turns[0]?.[0]).toEqual(click(1));
  expect(turns.at(-1)?.at(-1)).toEqual(click(2));
  const shown = new Uint8Array(160 * 64).fill(9);
  for (const prompt of turns.flat()) {
    const region = prompt.kind === 'paint' ? paintedRegion(prompt) : null;
    if (!region) {
      continue;
    }
    expect(JSON.stringify(prompt).length).toBeLessThan(800);
    const width = region.stop[2] - region.start[2];
    region.labels.forEach((label, i) => {
      const row = region.start[1] - 10 + Math.floor(i / width);
      shown[row * 64 + region.start[2] - 20 + (i % width)] = label;
    });
  }
  expect([...shown]).toEqual([...(paintedRegion(paint)?.labels ?? [])]);
});

test('a paint that was interpolated says so in every piece', () => {
  const { start, stop, labels, where } = paintedRegion(
    ragged(64, 64),
  ) as PaintedRegion;
  const paint = packPaint({ start, stop, labels, where }, 'interpolation');
  const pieces = splitPrompts([paint], 600).flat();
  expect(pieces.length).toBeGreaterThan(1);
  expect(
    pieces.every((p) => p.kind === 'paint' && p.origin === 'interpolation'),
  ).toBe(true);
});

test('a paint that was never unpacked here stays whole', () => {
  const stored = JSON.parse(JSON.stringify(ragged(160, 64)));
  expect(splitPrompts([stored], 800)).toEqual([[stored]]);
});
