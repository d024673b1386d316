import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { german } from '../../src/language/german';
import { speak, t } from '../../src/language/language.svelte';
import { hotkeys } from '../../src/panels/hotkeys';

const PANELS = new URL('../../src/panels/', import.meta.url);
const sources = readdirSync(PANELS).map((name) =>
  readFileSync(new URL(name, PANELS), 'utf8'),
);

/** Texts that the panels say literally. */
const said = sources.flatMap((source) =>
  [...source.matchAll(/\bt\(\s*'((?:[^'\\]|\\.)*)'/g)].map(
    ([, text = '']) => text,
  ),
);

afterEach(() => speak('en'));

test('every text of the panels, and every key, has a German one', () => {
  const texts = [...said, ...hotkeys.map(({ title }) => title)];
  expect(texts.length).toBeGreaterThan(100);
  expect(texts.filter((text) => !(text in german))).toEqual([]);
});

test('a translation keeps the places of the values', () => {
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].sort();
  for (const [english, text] of Object.entries(german)) {
    expect(places(text).map(String), english).toEqual(
      places(english).map(String),
    );
  }
});

test('texts are said in the language spoken, English where it lacks one', () => {
  expect(t('slice {n}', { n: 3 })).toBe('slice 3');
  speak('de');
  expect(t('slice {n}', { n: 3 })).toBe('Schicht 3');
  expect(t('Never said')).toBe('Never said');
});
