import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventRecorder } from '../../src/session/EventRecorder';
import { Foresight } from '../../src/session/Foresight';
import { MaskStream } from '../../src/session/MaskStream';
import { Session } from '../../src/session/Session';
import { UnsentStore } from '../../src/session/UnsentStore';
import type { Prompt } from '../../src/wire/Prompt';
import { packLabels } from '../../src/wire/packLabels';
import { FakeLink } from './FakeLink';
import { memoryStorage } from './memoryStorage';

const CLICK: Prompt = { kind: 'click', label: 1, voxel: [2, 0, 0] };
const seen = vi.fn();
let link: FakeLink;
let session: Session;
let foresight: Foresight;

beforeEach(() => {
  seen.mockReset();
  link = new FakeLink();
  let ids = 0;
  const draft = { version: 0, slices: [], quality: {} };
  session = new Session({
    link,
    stream: new MaskStream([40, 2, 2], async () => draft),
    store: new UnsentStore('s', memoryStorage()),
    recorder: new EventRecorder('tab', () => 0),
    newId: () => {
      ids += 1;
      return `id${ids}`;
    },
    now: () => 0,
  });
  foresight = new Foresight(session, seen);
  link.say({ type: 'state', draft_version: 0, turns: [], pending: [] });
});

afterEach(() => session.close());

function answer(wish: string, ...slices: number[]): void {
  link.say({
    type: 'foreseen',
    id: wish,
    slices: slices.map((z) =>
      packLabels([z, 0, 0], [z + 1, 2, 2], Uint8Array.of(1, 0, 0, z)),
    ),
  });
}

test('the slices beside the reader are asked for once, and kept apart', async () => {
  foresight.lookAround(2);
  foresight.lookAround(2);
  expect(link.errands()).toEqual([
    { type: 'foresee', id: 'id1', slices: [3, 1] },
  ]);
  answer('id1', 3);
  await vi.waitFor(() => expect(seen).toHaveBeenCalledWith(3));
  expect([...(foresight.labels(3) ?? [])]).toEqual([1, 0, 0, 3]);
  expect(session.mask.known.size).toBe(0);
  expect(session.log.turns).toEqual([]);
  // What is known already is not asked for again.
  foresight.lookAround(4);
  expect(link.errands()).toEqual([{ type: 'foresee', id: 'id2', slices: [5] }]);
});

test('a mark forgets all, and what was on its way', async () => {
  foresight.lookAround(2);
  answer('id1', 3);
  await vi.waitFor(() => expect(foresight.labels(3)).not.toBeNull());
  session.take([CLICK]);
  expect(foresight.labels(3)).toBeNull();
  answer('id1', 1);
  await new Promise((done) => setTimeout(done, 20));
  expect(foresight.labels(1)).toBeNull();
});

test('a look at a slice forgets nothing; the next stay asks for what is new', () => {
  foresight.lookAround(2);
  link.errands();
  session.take([{ kind: 'visit', slice: 3 }]);
  link.errands();
  foresight.lookAround(3);
  expect(link.errands()).toEqual([
    { type: 'foresee', id: 'id3', slices: [4, 2] },
  ]);
});

test('only what is near the reader is kept', async () => {
  for (const [wish, slice] of [2, 6, 14].entries()) {
    foresight.lookAround(slice);
    answer(`id${wish + 1}`, slice + 1);
    await vi.waitFor(() => expect(seen).toHaveBeenCalledWith(slice + 1));
  }
  expect(foresight.labels(15)).not.toBeNull();
  expect(foresight.labels(7)).not.toBeNull();
  expect(foresight.labels(3)).toBeNull();
});

test('at the edge of the volume there is one neighbour', () => {
  foresight.lookAround(0);
  expect(link.errands()).toEqual([{ type: 'foresee', id: 'id1', slices: [1] }]);
});
