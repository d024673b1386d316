import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { TEXTS } from '../../src/api/errorText';
import { german } from '../../src/language/german';
import { speak, t } from '../../src/language/language.svelte';
import { hotkeys } from '../../src/panels/hotkeys';

const SOURCES = new URL('../../src/', import.meta.url);
const sources = ['panels', 'session'].flatMap((room) =>
  readdirSync(new URL(`${room}/`, SOURCES)).map((name) =>
    readFileSync(new URL(`${room}/${name}`, SOURCES), 'utf8'),
  ),
);
/** Texts that are chosen by what is so, not said literally. */
const CHOSEN = [
  ...Object.values(TEXTS),
  ...['untouched', 'predicted', 'scribbled', 'accepted'],
];

/** Texts that the panels say literally, or beside a key. */
const said = sources.flatMap((source) =>
  [
    ...source.matchAll(/\b(?:t|say)\(\s*'((?:[^'\\]|\\.)*)'/g),
    ...source.matchAll(/\bhinted\(\s*'[^']*',\s*t,\s*'([^']*)'/g),
  ].map(([, text = '']) => text),
);

/** Actions that the panels name to show their keys. */
const hinted = sources.flatMap((source) =>
  [...source.matchAll(/\bhint(?:ed)?\(\s*'([^']*)'/g)].map(
    ([, title = '']) => title,
  ),
);

afterEach(() => speak('en'));

test('every text of the panels, and every key, has a German one', () => {
  const texts = [...said, ...CHOSEN, ...hotkeys.map(({ title }) => title)];
  expect(texts.length).toBeGreaterThan(100);
  expect(texts.filter((text) => !(text in german))).toEqual([]);
});

test('no panel says a text in one language alone', () => {
  const attributes = sources.flatMap((source) =>
    [
      ...source.matchAll(
        /\b(?:aria-label|title|placeholder|alt)="([^"]*?[A-Za-z]{3}[^"]*)"/g,
      ),
    ]
      .map(([, text = '']) => text.replaceAll(/\{[^}]*\}/g, ''))
      .filter((text) => /[A-Za-z]{3}/.test(text)),
  );
  expect(attributes).toEqual([]);
});

test('what panels list to be said has a German one', () => {
  const listed = sources.flatMap((source) =>
    [...source.matchAll(/\b(?:title|text): '([A-Z][^']*)'/g)].map(
      ([, text = '']) => text,
    ),
  );
  expect(listed.length).toBeGreaterThan(100);
  expect(listed.filter((text) => !(text in german))).toEqual([]);
});

test('every key that a panel shows is that of an action', () => {
  const titles = new Set(hotkeys.map(({ title }) => title));
  expect(hinted.length).toBeGreaterThan(20);
  expect(hinted.filter((title) => !titles.has(title))).toEqual([]);
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
