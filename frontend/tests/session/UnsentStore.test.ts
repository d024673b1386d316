import { expect, test } from 'vitest';
import { type Errand, UnsentStore } from '../../src/session/UnsentStore';
import { memoryStorage } from './memoryStorage';

const UNDO: Errand = { type: 'undo', id: 'u' };
const CANCEL: Errand = { type: 'cancel', turn: 't' };

test('errands are there in order for the next page', () => {
  const storage = memoryStorage();
  const store = new UnsentStore('a', storage);
  store.add(UNDO);
  store.add(CANCEL);
  expect(new UnsentStore('a', storage).errands).toEqual([UNDO, CANCEL]);
  store.remove((errand) => errand === UNDO);
  expect(new UnsentStore('a', storage).errands).toEqual([CANCEL]);
});

test('sessions do not see one another', () => {
  const storage = memoryStorage();
  new UnsentStore('a', storage).add(UNDO);
  expect(new UnsentStore('b', storage).errands).toEqual([]);
});

test('storage that refuses is told, and memory goes on', () => {
  const full = {
    ...memoryStorage(),
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError');
    },
  };
  const store = new UnsentStore('a', full);
  store.add(UNDO);
  expect(store.errands).toEqual([UNDO]);
  expect(store.durable).toBe(false);
});

test('storage that holds rubbish counts as empty', () => {
  const storage = memoryStorage();
  storage.setItem('slicewise:unsent:a', '{');
  expect(new UnsentStore('a', storage).errands).toEqual([]);
});
