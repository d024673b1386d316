import { beforeEach, expect, test, vi } from 'vitest';
import { MarkCollector } from '../../src/panels/MarkCollector.svelte';
import { EventRecorder } from '../../src/session/EventRecorder';
import type { Session } from '../../src/session/Session';
import type { Refusal } from '../../src/session/SessionEvents';
import { Shelf } from '../../src/session/Shelf';
import type { Prompt } from '../../src/wire/Prompt';
import { memoryStorage } from '../session/memoryStorage';

const click = (x: number): Prompt => ({
  kind: 'click',
  label: 1,
  voxel: [0, 0, x],
});

let taken: (readonly Prompt[])[];
let storage: ReturnType<typeof memoryStorage>;

function collector(): MarkCollector {
  const session = {
    take: (prompts: readonly Prompt[]) => [`t${taken.push(prompts)}`],
  } as unknown as Session;
  const recorder = new EventRecorder('tab', () => 0);
  return new MarkCollector(session, recorder, 's', new Shelf(storage), vi.fn());
}

beforeEach(() => {
  taken = [];
  storage = memoryStorage();
});

test('live marks are sent one by one', () => {
  collector().take([click(1)]);
  expect(taken).toEqual([[click(1)]]);
});

test('on demand, marks are one turn, and outlive the page', () => {
  const first = collector();
  first.setOnDemand(true);
  first.take([click(1)]);
  first.take([click(2)]);
  expect(taken).toEqual([]);
  const second = collector();
  expect(second.onDemand).toBe(true);
  expect(second.marks.length).toBe(2);
  second.send();
  expect(taken).toEqual([[click(1), click(2)]]);
  expect(collector().marks).toEqual([]);
});

test('the mark collected last is dropped first', () => {
  const marks = collector();
  marks.setOnDemand(true);
  marks.take([click(1)]);
  marks.take([click(2)]);
  expect(marks.dropLast()).toBe(true);
  expect(marks.prompts).toEqual([click(1)]);
  marks.dropLast();
  expect(marks.dropLast()).toBe(false);
});

test('going live sends what is collected', () => {
  const marks = collector();
  marks.setOnDemand(true);
  marks.take([click(1)]);
  marks.setOnDemand(false);
  expect(taken).toEqual([[click(1)]]);
});

function refusal(turn: string, code: string): Refusal {
  const prompts = taken[Number(turn.slice(1)) - 1] ?? [];
  return { turn, prompts, error: { code, message: 'm', extra: {} } };
}

test('more marks than a turn holds are sent in several turns', () => {
  const marks = collector();
  marks.setOnDemand(true);
  const row = (z: number): Prompt[] =>
    Array.from({ length: 600 }, (_, x) => ({
      kind: 'click',
      label: 1,
      voxel: [z, 0, x],
    }));
  marks.take(row(1));
  marks.take(row(2));
  marks.send();
  expect(taken).toEqual([row(1), row(2)]);
  expect(marks.marks).toEqual([]);
});

test('marks that are not taken are collected again', () => {
  const marks = collector();
  marks.setOnDemand(true);
  marks.take([click(1), click(2)]);
  marks.take([click(3)]);
  marks.send();
  marks.take([click(4)]);
  marks.takeBack(refusal('t1', 'service:unexpected'));
  const all = [[click(1), click(2)], [click(3)], [click(4)]];
  expect(marks.marks).toEqual(all);
  expect(collector().marks).toEqual(all);
});

test('a mark that is wrong does not hold up the others', () => {
  const marks = collector();
  marks.setOnDemand(true);
  marks.take([click(1)]);
  marks.take([click(2)]);
  marks.send();
  marks.takeBack(refusal('t1', 'prompt:outside-volume'));
  expect(marks.marks.length).toBe(2);
  marks.send();
  expect(taken.slice(1)).toEqual([[click(1)], [click(2)]]);
  marks.takeBack(refusal('t2', 'prompt:outside-volume'));
  expect(marks.marks).toEqual([]);
});

test('a live mark that the server could not take is kept, too', () => {
  const marks = collector();
  marks.take([click(1)]);
  marks.takeBack(refusal('t1', 'message:too-large'));
  expect(marks.marks).toEqual([[click(1)]]);
  marks.takeBack({
    ...refusal('t9', 'access:read-only'),
    prompts: [{ kind: 'accept', slice: 1 }],
  });
  expect(marks.marks).toEqual([[click(1)]]);
});

test('what was written is not held any longer', () => {
  const marks = collector();
  marks.take([click(1), click(2)]);
  const late = { ...refusal('t1', 'service:unexpected'), prompts: [click(1)] };
  marks.written([{ id: 't1', seq: null }]);
  marks.takeBack(late);
  expect(marks.marks).toEqual([[click(1), click(2)]]);
  marks.send();
  marks.written([{ id: 't2', seq: 7 }]);
  // Only what the refusal itself holds is known of it now.
  marks.takeBack({ ...late, turn: 't2' });
  expect(marks.marks).toEqual([[click(1)]]);
});

test('a page that takes over collects on from what the other one has', () => {
  const first = collector();
  first.setOnDemand(true);
  first.take([click(1)]);
  const second = collector();
  second.standAside();
  expect(second.marks).toEqual([]);
  first.take([click(2)]);
  first.send();
  first.take([click(3)]);
  first.standAside();
  second.resume();
  expect(second.marks).toEqual([[click(3)]]);
  second.take([click(4)]);
  expect(collector().prompts).toEqual([click(3), click(4)]);
});

test('with a full storage marks are collected all the same, and it is said', () => {
  const marks = collector();
  marks.setOnDemand(true);
  marks.take([click(1)]);
  expect(marks.durable).toBe(true);
  storage.setItem = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  marks.take([click(2)]);
  marks.setOnDemand(true);
  expect(marks.prompts).toEqual([click(1), click(2)]);
  expect(marks.durable).toBe(false);
});
