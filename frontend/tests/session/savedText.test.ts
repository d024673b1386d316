import { expect, test } from 'vitest';
import { t } from '../../src/language/language.svelte';
import type { SessionStatus } from '../../src/session/SessionStatus';
import { savedText } from '../../src/session/savedText';

const STATUS: SessionStatus = {
  connection: 'online',
  draftVersion: 12,
  unsent: 0,
  unsentStrokes: 0,
  durable: true,
  worker: null,
  latencyMs: null,
  working: false,
  fraction: null,
};

test.each([
  [{}, 'all saved v12'],
  [{ unsent: 1, unsentStrokes: 1 }, 'saving'],
  [
    { connection: 'offline', unsent: 3, unsentStrokes: 3 },
    'offline: 3 strokes kept',
  ],
  [
    { connection: 'offline', unsent: 1, unsentStrokes: 0 },
    'offline: 1 change kept',
  ],
  [
    { connection: 'offline', unsent: 2, unsentStrokes: 2, durable: false },
    'offline: 2 strokes kept until this page closes',
  ],
  [{ connection: 'offline' }, 'offline: all saved'],
  [{ connection: 'connecting' }, 'connecting'],
  [{ connection: 'refused' }, 'closed'],
] as const)('%j reads "%s"', (over, text) => {
  expect(savedText({ ...STATUS, ...over }, t)).toBe(text);
});
