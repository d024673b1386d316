import { beforeEach, expect, test, vi } from 'vitest';
import { MarkCollector } from '../../src/panels/MarkCollector.svelte';
import { EventRecorder } from '../../src/session/EventRecorder';
import type { Session } from '../../src/session/Session';
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
    take: (prompts: readonly Prompt[]) => taken.push(prompts),
  } as unknown as Session;
  const recorder = new EventRecorder('tab', () => 0);
  return new MarkCollector(session, recorder, 's', storage, vi.fn());
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
