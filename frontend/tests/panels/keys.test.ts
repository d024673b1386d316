import { expect, test } from 'vitest';
import { hotkeys } from '../../src/panels/hotkeys';
import { keyName } from '../../src/panels/keyName';

const NONE = { ctrlKey: false, metaKey: false, shiftKey: false };

test.each([
  [{ key: 's' }, 's'],
  [{ key: 'Z', ctrlKey: true }, 'ctrl+z'],
  [{ key: 'Z', metaKey: true, shiftKey: true }, 'ctrl+shift+z'],
  [{ key: '?', shiftKey: true }, '?'],
  [{ key: 'ArrowUp' }, 'arrowup'],
])('%j is %s', (pressed, name) => {
  expect(keyName({ ...NONE, ...pressed })).toBe(name);
});

test('no key does two things', () => {
  const keys = hotkeys.flatMap((hotkey) => hotkey.keys);
  expect(new Set(keys).size).toBe(keys.length);
});
