import { beforeEach, expect, test, vi } from 'vitest';
import { MaskLook } from '../../src/panels/MaskLook.svelte';
import { Preferences } from '../../src/panels/Preferences.svelte';
import { EventRecorder } from '../../src/session/EventRecorder';
import { memoryStorage } from '../session/memoryStorage';

const place = { restyle: vi.fn(), redraw: vi.fn() };

function sit(): MaskLook {
  return new MaskLook(
    [
      { value: 1, name: 'liver', color: '#ff0000' },
      { value: 4, name: 'spleen', color: '#00ff00' },
    ],
    new Preferences(memoryStorage()),
    new EventRecorder('tab', () => 0),
    place,
  );
}

beforeEach(() => {
  vi.clearAllMocks();
});

test('labels change to colours that everybody tells apart, and back', () => {
  const look = sit();
  look.choosePalette('safe');
  expect(look.colorOf(1)).not.toBe('#ff0000');
  expect(look.colorOf(1)).not.toBe(look.colorOf(4));
  look.choosePalette('project');
  expect([1, 4].map((value) => look.colorOf(value))).toEqual([
    '#ff0000',
    '#00ff00',
  ]);
  expect(place.restyle).toHaveBeenCalledTimes(2);
});

test('a label is hidden alone, and the style says so', () => {
  const look = sit();
  const spleen = look.labelOf(4);
  expect(spleen?.name).toBe('spleen');
  if (spleen) {
    look.toggleVisible(spleen);
  }
  expect(look.style().labels.map(({ visible }) => visible)).toEqual([
    true,
    false,
  ]);
});

test('opacity stays between nothing and all', () => {
  const look = sit();
  look.setOpacity(1.7);
  expect(look.style().opacity).toBe(1);
  look.setOpacity(-0.1);
  expect(look.style().opacity).toBe(0);
});

test('outlines, dashes and marks are drawn anew when they are toggled', () => {
  const look = sit();
  look.toggleOutline();
  look.chooseDashes(true);
  expect(look.style()).toMatchObject({ outline: false, dashes: true });
  expect(place.restyle).toHaveBeenCalledTimes(2);
  look.toggleMarks();
  expect(look.marksShown).toBe(false);
  expect(place.redraw).toHaveBeenCalledOnce();
});
