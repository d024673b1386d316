import { expect, test } from 'vitest';
import { changedVoxels } from '../../src/viewer/changedVoxels';

const LABELS = Uint8Array.of(0, 1, 2);

test('voxels whose label is another are marked', () => {
  expect(changedVoxels(LABELS, Uint8Array.of(0, 2, 2))).toEqual(
    Uint8Array.of(0, 1, 0),
  );
});

test('a mask that comes or goes changes what it covers', () => {
  expect(changedVoxels(null, LABELS)).toEqual(Uint8Array.of(0, 1, 1));
  expect(changedVoxels(LABELS, null)).toEqual(Uint8Array.of(0, 1, 1));
});

test('nothing is marked where nothing changed', () => {
  expect(changedVoxels(LABELS, LABELS.slice())).toBeNull();
  expect(changedVoxels(null, null)).toBeNull();
});
