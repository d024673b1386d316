import { describe, expect, test } from 'vitest';
import type { Hotkey } from '../../src/panels/hotkeys';
import { hotkeys } from '../../src/panels/hotkeys';
import { Keymap, shownKey } from '../../src/panels/Keymap.svelte';
import { memoryStorage } from '../session/memoryStorage';

const named = (title: string): Hotkey =>
  hotkeys.find((hotkey) => hotkey.title === title) as Hotkey;
const undo = named('Undo');
const fit = named('Fit the picture into the window');

describe('keys', () => {
  test('do what they are said to until they are bound anew', () => {
    const keymap = new Keymap(hotkeys, memoryStorage());
    expect(keymap.actionOf('ctrl+z')).toBe(undo);
    keymap.bind(undo, 'ctrl+q');
    expect(keymap.actionOf('ctrl+q')).toBe(undo);
    expect(keymap.actionOf('ctrl+z')).toBeUndefined();
  });

  test('besides the first stay, and hints name the one that holds', () => {
    const keymap = new Keymap(hotkeys, memoryStorage());
    const next = named('Next slice');
    expect(keymap.hint('Next slice')).toBe('↓');
    keymap.bind(next, 'ctrl+q');
    expect(keymap.keysOf(next)).toEqual(['ctrl+q', 'pagedown']);
    expect(keymap.hinted('Next slice', (text) => text)).toBe(
      'Next slice (Ctrl+Q)',
    );
    keymap.bind(fit, 'ctrl+z');
    expect(keymap.hinted('Undo', (text) => text)).toBe('Undo');
  });

  test('are taken from whatever had them', () => {
    const keymap = new Keymap(hotkeys, memoryStorage());
    keymap.bind(undo, 'f');
    expect(keymap.actionOf('f')).toBe(undo);
    expect(keymap.keysOf(fit)).toEqual([]);
    keymap.reset();
    expect(keymap.actionOf('f')).toBe(fit);
  });

  test('are kept for the next time, and travel as a file', () => {
    const storage = memoryStorage();
    const keymap = new Keymap(hotkeys, storage);
    keymap.bind(undo, 'ctrl+q');
    expect(new Keymap(hotkeys, storage).actionOf('ctrl+q')).toBe(undo);
    const elsewhere = new Keymap(hotkeys, memoryStorage());
    elsewhere.import(keymap.exported());
    expect(elsewhere.actionOf('ctrl+q')).toBe(undo);
  });

  test.each([
    ['{', SyntaxError],
    ['{}', RangeError],
    ['{"slicewise": "keys", "bound": {"Undo": "ctrl+q"}}', RangeError],
    ['{"slicewise": "keys", "bound": {"Undo": ["f"]}}', RangeError],
  ])('are not taken from %s', (text, error) => {
    const keymap = new Keymap(hotkeys, memoryStorage());
    expect(() => keymap.import(text)).toThrow(error);
    expect(keymap.actionOf('ctrl+z')).toBe(undo);
  });

  test('of actions that this version lacks are left out', () => {
    const keymap = new Keymap(hotkeys, memoryStorage());
    keymap.import('{"slicewise": "keys", "bound": {"Make tea": ["ctrl+q"]}}');
    expect(keymap.actionOf('ctrl+q')).toBeUndefined();
  });
});

test('every action has a title of its own', () => {
  const titles = hotkeys.map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
});

test.each([
  ['ctrl+shift+z', 'Ctrl+Shift+Z'],
  ['shift+arrowup', 'Shift+↑'],
  ['+', '+'],
  ['escape', 'Esc'],
  ['s', 'S'],
])('%s is written %s', (key, shown) => {
  expect(shownKey(key)).toBe(shown);
});
