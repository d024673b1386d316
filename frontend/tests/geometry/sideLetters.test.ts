import { expect, test } from 'vitest';
import { sideLetters } from '../../src/geometry/sideLetters';

test.each([
  [[1, 0, 0], 'L'],
  [[-2, 0, 0], 'R'],
  [[0, 1, 0], 'P'],
  [[0, -1, 0], 'A'],
  [[0, 0, 1], 'S'],
  [[0, 0, -9], 'I'],
  [[0.1, 0, -1], 'I'],
  [[0.6, 0.8, 0], 'PL'],
  [[0, 0, 0], ''],
] as const)('%j points to %s', (direction, letters) => {
  expect(sideLetters(direction)).toBe(letters);
});
