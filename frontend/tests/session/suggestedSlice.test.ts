import { describe, expect, test } from 'vitest';
import { nextOpenSlice } from '../../src/session/nextOpenSlice';
import { suggestedSlice } from '../../src/session/suggestedSlice';

const STATES = ['accepted', 'predicted', 'scribbled', 'accepted'] as const;

describe('the suggested slice', () => {
  test('is the worst of those not accepted', () => {
    const quality = new Map([
      [0, 0.1],
      [1, 0.8],
      [2, 0.6],
    ]);
    expect(suggestedSlice(STATES, quality)).toBe(2);
  });

  test('is none where nothing is rated or all is accepted', () => {
    expect(suggestedSlice(STATES, new Map())).toBe(null);
    expect(suggestedSlice(['accepted'], new Map([[0, 0.2]]))).toBe(null);
  });
});

test('the next open slice passes over accepted ones, then turns back', () => {
  expect(nextOpenSlice(STATES, 0)).toBe(1);
  expect(nextOpenSlice(STATES, 2)).toBe(1);
  expect(nextOpenSlice(['accepted', 'predicted', 'accepted'], 1)).toBe(null);
  expect(nextOpenSlice(['predicted', 'accepted', 'untouched'], 0)).toBe(2);
});
