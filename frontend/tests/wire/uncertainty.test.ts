import { expect, test } from 'vitest';
import maps from '../../../tests/fixtures/wire/uncertainty.json';
import {
  paintUncertainty,
  uncertaintyColor,
} from '../../src/viewer/paintUncertainty';
import type { UncertaintyMessage } from '../../src/wire/ServerMessage';
import { unpackUncertainty } from '../../src/wire/unpackUncertainty';

interface Golden {
  readonly name: string;
  readonly levels: readonly (readonly number[])[];
  readonly map: NonNullable<UncertaintyMessage['map']>;
}

const goldens = maps as unknown as readonly Golden[];

test.each(goldens)('$name unpacks', async ({ levels, map }) => {
  const found = await unpackUncertainty(map);
  expect([...found.levels]).toEqual(levels.flat());
  expect([found.rows, found.columns]).toEqual([
    levels.length,
    levels[0]?.length,
  ]);
  expect(found.step).toBe(map.step);
});

test('what is sure is clear; the less sure, the denser and the lighter', () => {
  const pixels = new Uint32Array(16);
  paintUncertainty(
    Uint8Array.from({ length: 16 }, (_, level) => level),
    pixels,
  );
  const alpha = [...pixels].map((pixel) => pixel >>> 24);
  const light = [...pixels].map(
    (pixel) =>
      0.3 * (pixel & 0xff) +
      0.6 * ((pixel >>> 8) & 0xff) +
      0.1 * ((pixel >>> 16) & 0xff),
  );
  expect(alpha[0]).toBe(0);
  for (let level = 1; level < 16; level += 1) {
    expect(alpha[level]).toBeGreaterThan(alpha[level - 1] as number);
    expect(light[level]).toBeGreaterThan(light[level - 1] as number);
  }
  expect(uncertaintyColor(15)).toBe('rgb(254 232 56 / 0.90)');
});
