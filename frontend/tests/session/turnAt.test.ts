import { expect, test } from 'vitest';
import type { LogTurn } from '../../src/session/LogState';
import { turnAt } from '../../src/session/turnAt';
import type { Prompt } from '../../src/wire/Prompt';

const turn = (id: string, ...prompts: Prompt[]): LogTurn => ({
  id,
  seq: 1,
  state: 'active',
  undoneAt: null,
  prompts,
  stage: null,
  final: true,
  fraction: null,
  failure: null,
});
const stroke = turn('stroke', {
  kind: 'scribble',
  label: 1,
  voxels: [
    [2, 10, 10],
    [2, 10, 30],
  ],
  width: 3,
});
const box = turn('box', {
  kind: 'box',
  label: 1,
  start: [2, 5, 5],
  stop: [3, 21, 21],
});
const click = turn('click', { kind: 'click', label: 1, voxel: [2, 10, 20] });
const turns = [stroke, box, click];
const found = (z: number, row: number, column: number, reach = 1) =>
  turnAt(turns, z, [row, column], reach)?.id ?? null;

test('a stroke is hit as wide as it is, and a little beside', () => {
  expect(found(2, 12.4, 25)).toBe('stroke');
  expect(found(2, 12.6, 25)).toBeNull();
  expect(found(2, 10, 32)).toBe('stroke');
  expect(found(3, 10, 25)).toBeNull();
});

test('of several the newest', () => {
  expect(found(2, 10, 19.5)).toBe('click');
  expect(found(2, 10, 17)).toBe('stroke');
});

test('a box is hit on its frame, not within', () => {
  expect(found(2, 20.5, 12)).toBe('box');
  expect(found(2, 15, 12)).toBeNull();
});

test('what is taken back, or has no lines, is not hit', () => {
  const gone = { ...stroke, state: 'undone' as const };
  const accept = turn('accept', { kind: 'accept', slice: 2 });
  expect(turnAt([gone, accept], 2, [10, 25], 1)).toBeNull();
});
