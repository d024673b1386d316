import { describe, expect, test } from 'vitest';
import { burnMarks } from '../../src/viewer/burnMarks';
import { occupiedBox } from '../../src/viewer/occupiedBox';
import { outlinePath } from '../../src/viewer/outlinePath';
import { parseColor } from '../../src/viewer/parseColor';
import { scaleBar } from '../../src/viewer/scaleBar';
import { shareWindows, windowPresets } from '../../src/viewer/windowPresets';
import type { Prompt } from '../../src/wire/Prompt';

describe('marks without an answer', () => {
  const mark: Prompt = {
    kind: 'scribble',
    label: 2,
    voxels: [
      [1, 0, 0],
      [1, 0, 2],
    ],
    width: 1,
  };

  test('are burned into a copy of their slice', () => {
    const labels = Uint8Array.of(1, 1, 1, 1, 0, 0);
    const burned = burnMarks(labels, [mark], 1, [2, 2, 3]);
    expect([...(burned ?? [])]).toEqual([2, 2, 2, 1, 0, 0]);
    expect([...labels]).toEqual([1, 1, 1, 1, 0, 0]);
  });

  test('make a slice where there was none', () => {
    const click: Prompt = { kind: 'click', label: 3, voxel: [0, 1, 1] };
    expect([...(burnMarks(null, [click], 0, [1, 2, 2]) ?? [])]).toEqual([
      0, 0, 0, 3,
    ]);
  });

  test('of other slices change nothing', () => {
    const labels = new Uint8Array(6);
    expect(burnMarks(labels, [mark], 0, [2, 2, 3])).toBe(labels);
  });

  test('come in order: the later one wins', () => {
    const erase: Prompt = { kind: 'click', label: 0, voxel: [1, 0, 1] };
    const burned = burnMarks(null, [mark, erase], 1, [2, 1, 3]);
    expect([...(burned ?? [])]).toEqual([2, 0, 2]);
  });
});

describe('the occupied box', () => {
  test('is the smallest around all labels', () => {
    const labels = Uint8Array.of(0, 0, 0, 0, 0, 3, 0, 1, 0, 0, 0, 0);
    expect(occupiedBox(labels, 4)).toEqual({ x: 1, y: 1, width: 3, height: 1 });
  });

  test('of an empty slice is none', () => {
    expect(occupiedBox(new Uint8Array(12), 4)).toBeNull();
  });

  test('is as wide as the widest of several rows', () => {
    // biome-ignore format: a picture of 5 × 4 voxels
    const labels = Uint8Array.from([
      0, 0, 0, 0, 0,
      0, 0, 1, 0, 0,
      0, 1, 0, 2, 0,
      0, 0, 1, 0, 0,
    ]);
    const box = { x: 1, y: 1, width: 3, height: 3 };
    expect(occupiedBox(labels, 5)).toEqual(box);
    for (const label of [1, 2]) {
      expect(outlinePath(labels, 5, label, box)).toEqual(
        outlinePath(labels, 5, label),
      );
    }
  });
});

describe('the outline', () => {
  test('of one voxel is its four edges', () => {
    const labels = new Uint8Array(9);
    labels[4] = 1;
    const edges = outlinePath(labels, 3, 1);
    expect(edges).toEqual([1, 1, 2, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 1, 2, 2]);
  });

  test('runs along a whole side in one piece, the border included', () => {
    expect(outlinePath(new Uint8Array(6).fill(2), 3, 2)).toEqual([
      0, 0, 3, 0, 0, 2, 3, 2, 0, 0, 0, 2, 3, 0, 3, 2,
    ]);
  });

  test('between two labels belongs to both', () => {
    const labels = Uint8Array.of(1, 2);
    expect(outlinePath(labels, 2, 1)).toContain(1);
    expect(outlinePath(labels, 2, 2).length).toBe(16);
  });
});

test('colours are read, others refused', () => {
  expect(parseColor('#12aB9f')).toEqual([0x12, 0xab, 0x9f]);
  expect(() => parseColor('red')).toThrow(RangeError);
});

test.each([
  [0.5, '5 cm', 100],
  [1.1, '10 cm', 90.9],
  [0.02, '2 mm', 100],
  [0.0005, '50 µm', 100],
])('at %d mm per pixel the bar says %s', (mm, text, pixels) => {
  const bar = scaleBar(mm);
  expect(bar.text).toBe(text);
  expect(bar.cssPixels).toBeCloseTo(pixels, 1);
});

test('windows fit the modality', () => {
  const own = { center: 40, width: 350 };
  expect(windowPresets('CT', own).map(({ name }) => name)).toEqual([
    'Default',
    'Abdomen',
    'Liver',
    'Lung',
    'Bone',
    'Brain',
  ]);
  expect(windowPresets('MR', own).map(({ name }) => name)).toEqual(['Default']);
  expect(windowPresets('SM', null)).toEqual([]);
  expect(shareWindows('CT').map(({ name }) => name)).toEqual(['Auto']);
  expect(shareWindows('MR').map(({ name }) => name)).toEqual([
    'Auto',
    'Narrow',
    'Wide',
  ]);
});
