import { expect, test } from 'vitest';
import { hotkeys } from '../../src/panels/hotkeys';
import { isAltKey, keyName } from '../../src/panels/keyName';

const NONE = { ctrlKey: false, metaKey: false, shiftKey: false };

test.each([
  [{ key: 's' }, 's'],
  [{ key: 'Z', ctrlKey: true }, 'ctrl+z'],
  [{ key: 'Z', metaKey: true, shiftKey: true }, 'ctrl+shift+z'],
  [{ key: '?', shiftKey: true }, '?'],
  [{ key: 'ArrowUp' }, 'arrowup'],
  [{ key: '[', ctrlKey: true, altKey: true }, '['],
  [{ key: '[', altKey: true }, '['],
])('%j is %s', (pressed, name) => {
  expect(keyName({ ...NONE, ...pressed })).toBe(name);
});

test.each([
  ['[', false],
  ['}', false],
  ['s', true],
  ['ArrowLeft', true],
])('Alt with %s is a key of its own: %s', (key, own) => {
  expect(isAltKey({ key, altKey: true })).toBe(own);
  expect(isAltKey({ key, altKey: false })).toBe(false);
});

test('no key does two things', () => {
  const keys = hotkeys.flatMap((hotkey) => hotkey.keys);
  expect(new Set(keys).size).toBe(keys.length);
});
