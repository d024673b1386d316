import { expect, test } from 'vitest';
import { slicesHere } from '../../src/panels/slicesHere';

test('loading a series changes what is told of it a few times only', () => {
  const told = Array.from({ length: 135 }, (_, n) => slicesHere(n, 135));
  expect(new Set(told).size).toBe(10);
  expect(told.every((here, n) => here <= n && n - here < 14)).toBe(true);
});

test('of a short series each slice is told', () => {
  expect([0, 1, 2, 3].map((n) => slicesHere(n, 4))).toEqual([0, 1, 2, 3]);
});
