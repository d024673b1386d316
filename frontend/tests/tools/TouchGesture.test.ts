import { expect, test } from 'vitest';
import { TouchGesture } from '../../src/tools/TouchGesture';

test('one finger moves, and brings nothing nearer', () => {
  const touch = new TouchGesture();
  touch.down(1, [10, 10]);
  expect(touch.move(1, [14, 7])).toEqual({
    right: 4,
    down: -3,
    factor: 1,
    middle: [10, 10],
  });
});

test('two fingers going apart bring their middle nearer', () => {
  const touch = new TouchGesture();
  touch.down(1, [10, 0]);
  touch.down(2, [20, 0]);
  expect(touch.count).toBe(2);
  expect(touch.move(2, [30, 0])).toEqual({
    right: 5,
    down: 0,
    factor: 2,
    middle: [15, 0],
  });
  touch.up(1);
  expect(touch.count).toBe(1);
});

test('a pointer that never came down is no finger', () => {
  expect(new TouchGesture().move(7, [0, 0])).toBeNull();
});
