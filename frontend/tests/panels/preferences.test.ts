import { expect, test } from 'vitest';
import { Preferences } from '../../src/panels/Preferences.svelte';
import { memoryStorage } from '../session/memoryStorage';

const KEY = 'slicewise:preferences';

test('what is liked is there the next time', () => {
  const storage = memoryStorage();
  const preferences = new Preferences(storage);
  preferences.next('layout');
  preferences.like('leftHanded', true);
  const again = new Preferences(storage).liked;
  expect(again.layout).toBe('beside');
  expect(again.leftHanded).toBe(true);
});

test('the next after the last is the first', () => {
  const preferences = new Preferences(memoryStorage());
  for (let i = 0; i < 3; i += 1) {
    preferences.next('theme');
  }
  expect(preferences.liked.theme).toBe('dark');
});

test.each(['{', 'null', '{"layout": "spiral", "smooth": "yes", "x": true}'])(
  'odd things kept (%s) are left out',
  (kept) => {
    const storage = memoryStorage();
    storage.setItem(KEY, kept);
    const { liked } = new Preferences(storage);
    expect(liked.layout).toBe('single');
    expect(liked.smooth).toBe(true);
    expect(liked).not.toHaveProperty('x');
  },
);

test('a storage that refuses does not stop the reader', () => {
  const storage = memoryStorage();
  storage.setItem = () => {
    throw new Error('full');
  };
  const preferences = new Preferences(storage);
  preferences.like('theme', 'light');
  expect(preferences.liked.theme).toBe('light');
});
