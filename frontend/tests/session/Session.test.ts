import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventRecorder } from '../../src/session/EventRecorder';
import { type Draft, MaskStream } from '../../src/session/MaskStream';
import { Session } from '../../src/session/Session';
import { UnsentStore } from '../../src/session/UnsentStore';
import type { PackedRegion } from '../../src/wire/PackedRegion';
import type { Prompt } from '../../src/wire/Prompt';
import { packLabels } from '../../src/wire/packLabels';
import type { PredictionMessage, WireTurn } from '../../src/wire/ServerMessage';
import { FakeLink } from './FakeLink';
import { memoryStorage } from './memoryStorage';

/** Taken before the tests stop the clock: streams need real time. */
const realTimeout = globalThis.setTimeout;

const STROKE: Prompt = {
  kind: 'scribble',
  label: 1,
  voxels: [[0, 1, 1]],
  width: 1,
};

let link: FakeLink;
let storage: ReturnType<typeof memoryStorage>;
let recorder: EventRecorder;
let session: Session;
let draft: Draft;
let fetched: number;
let unreachable: boolean;
let clock: number;

function page(): void {
  let ids = 0;
  link = new FakeLink();
  recorder = new EventRecorder('tab', () => clock);
  session = new Session({
    link,
    stream: new MaskStream([2, 2, 2], async () => {
      fetched += 1;
      if (unreachable) {
        throw new Error('unreachable');
      }
      return draft;
    }),
    store: new UnsentStore('s', storage),
    recorder,
    newId: () => {
      ids += 1;
      return `t${ids}`;
    },
    now: () => clock,
  });
}

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  });
  storage = memoryStorage();
  draft = { version: 0, slices: [], quality: {} };
  fetched = 0;
  unreachable = false;
  clock = 1000;
  page();
});

afterEach(() => {
  session.close();
  vi.useRealTimers();
});

function slice(z: number, ...labels: number[]): PackedRegion {
  return packLabels([z, 0, 0], [z + 1, 2, 2], Uint8Array.from(labels));
}

function turn(id: string, seq: number, over: Partial<WireTurn> = {}): WireTurn {
  return {
    id,
    seq,
    state: 'active',
    undone_at: null,
    final: true,
    error: null,
    prompts: [STROKE],
    ...over,
  };
}

function state(version = 0, ...turns: WireTurn[]): void {
  link.open = true;
  link.say({
    type: 'state',
    draft_version: version,
    turns,
    pending: turns.filter(({ final }) => !final).map(({ id }) => id),
  });
}

async function predict(
  version: number,
  id: string,
  region: PackedRegion,
  over: Partial<PredictionMessage> = {},
): Promise<void> {
  let done = false;
  const stop = [
    session.events.on('mask', () => {
      done = true;
    }),
    session.events.on('error', () => {
      done = true;
    }),
  ];
  link.say({
    type: 'prediction',
    turn: id,
    seq: 1,
    stage: 'first',
    final: false,
    version,
    slices: [region],
    quality: null,
    times: {},
    worker: 'w',
    sent_at: 0,
    ...over,
  });
  await until(() => done);
  for (const end of stop) {
    end();
  }
}

/** Wait, in real time, until what a stream brings is there. */
async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds() && waited < 2000; waited += 1) {
    await new Promise((resolve) => realTimeout(resolve, 1));
  }
  expect(holds()).toBe(true);
}

const labels = (z: number): number[] => [...(session.mask.slice(z) ?? [])];

describe('a turn', () => {
  test('is kept until the state has come, then sent', () => {
    session.take([STROKE]);
    expect(link.errands()).toEqual([]);
    expect(session.status.unsent).toBe(1);
    state();
    expect(link.errands()).toEqual([
      { type: 'turn', id: 't1', prompts: [STROKE] },
    ]);
    link.say({ type: 'turn_taken', turn: 't1', seq: 1 });
    expect(session.status.unsent).toBe(0);
    expect(session.pending.map(({ id }) => id)).toEqual(['t1']);
  });

  test('outlives the page and is sent by the next one under the same id', () => {
    state();
    link.lose();
    session.take([STROKE]);
    session.close();
    page();
    expect(session.log.turns.map(({ id }) => id)).toEqual(['t1']);
    state();
    expect(link.errands()).toEqual([
      { type: 'turn', id: 't1', prompts: [STROKE] },
    ]);
  });

  test('whose acknowledgement was lost is known from the state', () => {
    state();
    session.take([STROKE]);
    link.lose();
    link.errands();
    state(0, turn('t1', 1, { final: false }));
    expect(link.errands()).toEqual([]);
    expect(session.status.unsent).toBe(0);
  });

  test('that is refused leaves the log, and the reader is told', () => {
    const told = vi.fn();
    session.events.on('error', told);
    state();
    session.take([STROKE]);
    const error = { code: 'prompt:outside-volume', message: 'm', extra: {} };
    link.say({ type: 'error', turn: 't1', error });
    expect(session.log.turns).toEqual([]);
    expect(session.status.unsent).toBe(0);
    expect(told).toHaveBeenCalledWith(error);
  });

  test('that is not taken is given back', () => {
    const refused = vi.fn();
    session.events.on('refused', refused);
    state();
    session.take([STROKE]);
    const error = { code: 'message:malformed', message: 'm', extra: {} };
    link.say({ type: 'error', turn: 't1', error });
    link.say({ type: 'error', turn: 't1', error });
    expect(refused.mock.calls).toEqual([
      [{ turn: 't1', prompts: [STROKE], error }],
    ]);
  });

  test('too large for a message is refused here, and the next one goes on', () => {
    const huge: Prompt = {
      ...STROKE,
      kind: 'scribble',
      label: 1,
      width: 1,
      voxels: Array.from({ length: 200_000 }, () => [0, 1, 1] as const),
    };
    const refused = vi.fn();
    session.events.on('refused', refused);
    session.take([huge]);
    session.take([STROKE]);
    state();
    expect(link.errands()).toMatchObject([{ id: 't2', prompts: [STROKE] }]);
    expect(refused.mock.calls[0]?.[0]).toMatchObject({
      turn: 't1',
      error: { code: 'message:too-large' },
    });
    expect(session.status.unsent).toBe(1);
  });

  test('of more prompts than one message holds is several', () => {
    state();
    const sent = vi.spyOn(recorder, 'record');
    expect(session.take(Array.from({ length: 1001 }, () => STROKE))).toEqual([
      't1',
      't2',
    ]);
    expect(session.pending.length).toBe(2);
    // An event too long would be refused, and all after it with it.
    expect(sent.mock.calls).toMatchObject([
      ['turn_sent', { kinds: 'scribble', prompts: 1000 }],
      ['turn_sent', { kinds: 'scribble', prompts: 1 }],
    ]);
  });

  test('that the engine fails on is no longer waited for', () => {
    state(0, turn('a', 1, { final: false }));
    expect(session.status.working).toBe(true);
    const error = { code: 'engine:broke', message: 'm', extra: {} };
    link.say({ type: 'error', turn: 'a', error });
    expect(session.status.working).toBe(false);
  });
});

describe('answers', () => {
  test('change the mask, first and then better', async () => {
    state(0, turn('a', 1, { final: false }));
    const causes: unknown[] = [];
    session.events.on('mask', ({ cause }) => causes.push(cause));
    await predict(1, 'a', slice(0, 1, 0, 0, 0));
    expect(labels(0)).toEqual([1, 0, 0, 0]);
    expect(session.status).toMatchObject({ draftVersion: 1, working: true });
    await predict(2, 'a', slice(0, 1, 1, 0, 0), {
      stage: 'refined',
      final: true,
    });
    expect(labels(0)).toEqual([1, 1, 0, 0]);
    expect(session.status).toMatchObject({ draftVersion: 2, working: false });
    expect(causes).toMatchObject([
      { turn: 'a', stage: 'first', final: false, version: 1 },
      { turn: 'a', stage: 'refined', final: true, version: 2 },
    ]);
  });

  test('overtaken by a newer one change nothing; the draft is fetched', async () => {
    state(0, turn('a', 1, { final: false }));
    await predict(2, 'a', slice(0, 2, 2, 2, 2));
    await predict(1, 'a', slice(0, 1, 1, 1, 1));
    expect(labels(0)).toEqual([2, 2, 2, 2]);
    draft = {
      version: 2,
      slices: [slice(0, 2, 2, 2, 0)],
      quality: {},
    };
    vi.advanceTimersByTime(1500);
    await until(() => labels(0)[3] === 0);
    expect(labels(0)).toEqual([2, 2, 2, 0]);
    expect(fetched).toBe(1);
  });

  test('are waited for no more once the last has come, in any order', async () => {
    state(0, turn('a', 1, { final: false }));
    await predict(2, 'a', slice(0, 1, 1, 0, 0), {
      stage: 'final',
      final: true,
    });
    await predict(1, 'a', slice(1, 1, 0, 0, 0));
    expect(session.status).toMatchObject({ draftVersion: 2, working: false });
    const told = (state: 'active' | 'undone') =>
      link.say({
        type: 'log',
        request: null,
        turns: [turn('a', 1, { final: false, state })],
      });
    told('active');
    expect(session.status.working).toBe(false);
    // Brought back it is answered anew.
    told('undone');
    told('active');
    expect(session.status.working).toBe(true);
  });

  test('that were lost are mended by one GET', async () => {
    state(0, turn('a', 1, { final: false }));
    await predict(3, 'a', slice(1, 1, 1, 1, 1));
    draft = {
      version: 3,
      slices: [slice(0, 0, 1, 0, 1), slice(1, 1, 1, 1, 1)],
      quality: {},
    };
    vi.advanceTimersByTime(1500);
    await until(() => session.mask.slice(0) !== null);
    expect(fetched).toBe(1);
    expect(labels(0)).toEqual([0, 1, 0, 1]);
    expect(session.status.draftVersion).toBe(3);
  });

  test('to a turn that was undone meanwhile are not shown', async () => {
    state(0, turn('a', 1, { final: false }));
    session.undo();
    await predict(1, 'a', slice(0, 1, 1, 1, 1));
    expect(session.mask.slice(0)).toBeNull();
    link.say({
      type: 'log',
      request: 't1',
      turns: [turn('a', 1, { state: 'undone' })],
    });
    link.say({
      type: 'canvas',
      version: 2,
      slices: [slice(0, 0, 0, 0, 2)],
      upto: 0,
      undone: ['a'],
      times: {},
    });
    await until(() => session.mask.slice(0) !== null);
    expect(labels(0)).toEqual([0, 0, 0, 2]);
  });

  test('tell how long the first took since it was sent', async () => {
    state();
    session.take([STROKE]);
    link.say({ type: 'turn_taken', turn: 't1', seq: 1 });
    clock = 1180;
    await predict(1, 't1', slice(0, 1, 1, 1, 1));
    clock = 3000;
    await predict(2, 't1', slice(0, 1, 1, 1, 1), { final: true });
    expect(session.status.latencyMs).toBe(180);
    expect(session.status.worker).toBe('w');
  });

  test('that cannot be read are told, and the next ones still work', async () => {
    const told = vi.fn();
    session.events.on('error', told);
    state(0, turn('a', 1, { final: false }));
    const broken = { ...slice(0, 1, 1, 1, 1), data: 'AAAA' };
    await predict(1, 'a', broken);
    expect(told.mock.calls[0]?.[0].code).toBe('viewer:mask-unreadable');
    await predict(2, 'a', slice(0, 0, 0, 0, 1), { final: true });
    expect(labels(0)).toEqual([0, 0, 0, 1]);
  });
});

describe('undo and redo', () => {
  test('take the newest turn that marks, and give it back', () => {
    const visit: Prompt = { kind: 'visit', slice: 1 };
    state(2, turn('a', 1), turn('b', 2), turn('c', 3, { prompts: [visit] }));
    session.undo();
    const states = (): string[] => session.log.turns.map((t) => t.state);
    expect(states()).toEqual(['active', 'undone', 'active']);
    link.say({
      type: 'log',
      request: 't1',
      turns: [
        turn('a', 1),
        turn('b', 2, { state: 'undone' }),
        turn('c', 3, { prompts: [visit] }),
      ],
    });
    expect(states()).toEqual(['active', 'undone', 'active']);
    expect(session.status.unsent).toBe(0);
    session.redo();
    expect(states()).toEqual(['active', 'active', 'active']);
  });

  test('made offline are sent in order, and happen only once', () => {
    state(2, turn('a', 1), turn('b', 2));
    link.lose();
    session.undo();
    session.undo();
    session.redo();
    const states = (): string[] => session.log.turns.map((t) => t.state);
    expect(states()).toEqual(['active', 'undone']);
    link.errands();
    state(2, turn('a', 1), turn('b', 2));
    expect(states()).toEqual(['active', 'undone']);
    expect(link.errands().map(({ type }) => type)).toEqual([
      'undo',
      'undo',
      'redo',
    ]);
  });

  test('wait for their own answer, whatever else the log is told for', () => {
    state(2, turn('a', 1), turn('b', 2));
    session.undo();
    const undone = turn('b', 2, { state: 'undone' });
    link.say({ type: 'log', request: null, turns: [turn('a', 1), undone] });
    link.say({ type: 'log', request: 'other', turns: [turn('a', 1), undone] });
    expect(session.status.unsent).toBe(1);
    link.say({ type: 'log', request: 't1', turns: [turn('a', 1), undone] });
    expect(session.status.unsent).toBe(0);
  });

  test('told late leave alone what was taken after them', () => {
    state(2, turn('a', 1));
    session.undo();
    session.take([STROKE]);
    link.say({ type: 'turn_taken', turn: 't2', seq: 2 });
    const discarded = turn('a', 1, { state: 'undone' });
    link.say({ type: 'log', request: 't1', turns: [discarded] });
    expect(session.log.turns.map(({ id }) => id)).toEqual(['a', 't2']);
    expect(session.log.turns[1]?.state).toBe('active');
  });

  test('that are refused put the log back and fetch the mask', () => {
    state(0, turn('a', 1));
    session.undo();
    const error = { code: 'session:nothing-to-undo', message: 'm', extra: {} };
    link.say({ type: 'error', turn: null, error });
    expect(session.log.turns[0]?.state).toBe('active');
    expect(session.status.unsent).toBe(0);
    expect(fetched).toBe(1);
  });

  test('wait on when something else could not be read', () => {
    state(0, turn('a', 1));
    session.undo();
    const error = { code: 'message:malformed', message: 'm', extra: {} };
    link.say({ type: 'error', turn: null, error });
    expect(session.status.unsent).toBe(1);
    expect(session.log.turns[0]?.state).toBe('undone');
  });

  test('go back to a turn at once, and forward one by one', () => {
    const states = (): string[] => session.log.turns.map((t) => t.state);
    const visit: Prompt = { kind: 'visit', slice: 1 };
    state(3, turn('a', 1), turn('v', 2, { prompts: [visit] }));
    session.take([STROKE]);
    session.take([STROKE]);
    link.errands();
    session.back('a');
    expect(link.errands()).toEqual([{ type: 'back', id: 't3', turn: 'a' }]);
    expect(states()).toEqual(['active', 'active', 'undone', 'undone']);
    session.redo();
    expect(states()).toEqual(['active', 'active', 'active', 'undone']);
  });

  test('a new stroke ends the way back', () => {
    state(0, turn('a', 1, { state: 'undone' }));
    session.take([STROKE]);
    expect(session.log.turns.map((t) => t.state)).toEqual([
      'discarded',
      'active',
    ]);
  });
});

describe('removing a turn', () => {
  const states = (): string[] => session.log.turns.map((t) => t.state);

  test('takes it out wherever it stands, and redo brings it back first', () => {
    state(2, turn('a', 1), turn('b', 2), turn('c', 3));
    session.undo();
    session.remove('a');
    expect(states()).toEqual(['undone', 'active', 'undone']);
    session.redo();
    expect(states()).toEqual(['active', 'active', 'undone']);
    expect(link.errands()).toMatchObject([
      { type: 'undo' },
      { type: 'remove', turn: 'a' },
      { type: 'redo' },
    ]);
  });

  test('brought back in the middle of the log is answered by a canvas', () => {
    state(2, turn('a', 1, { state: 'undone', undone_at: 1 }), turn('b', 2));
    session.redo();
    link.say({
      type: 'log',
      request: 't1',
      turns: [turn('a', 1, { final: false }), turn('b', 2)],
    });
    expect(session.pending.map(({ id }) => id)).toEqual(['a']);
    link.say({
      type: 'canvas',
      version: 3,
      slices: [],
      upto: 2,
      undone: [],
      times: {},
    });
    expect(session.pending).toEqual([]);
  });

  test('that is refused leaves it as it was', () => {
    state(1, turn('a', 1));
    session.remove('a');
    const error = { code: 'session:submitted', message: 'm', extra: {} };
    link.say({ type: 'error', turn: 'a', error });
    expect(states()).toEqual(['active']);
    expect(session.log.turns[0]?.failure).toBeNull();
    expect(session.status.unsent).toBe(0);
  });
});

describe('of two tabs', () => {
  test('one that writes again sends what the other has kept', () => {
    state();
    session.standAside();
    storage.setItem(
      'slicewise:unsent:s',
      JSON.stringify([{ type: 'turn', id: 'x', prompts: [STROKE] }]),
    );
    session.resume();
    expect(link.renewed).toBe(1);
    state();
    expect(link.errands()).toMatchObject([{ type: 'turn', id: 'x' }]);
  });

  test('one that stands aside leaves what is kept to the other', () => {
    state();
    link.lose();
    session.take([STROKE]);
    session.standAside();
    expect(session.status.unsent).toBe(0);
    expect(storage.getItem('slicewise:unsent:s')).toContain('t1');
  });

  test('one asks for the log when the other has marked something', async () => {
    state();
    await predict(1, 'x', slice(0, 1, 0, 0, 0));
    expect(link.renewed).toBe(1);
    expect(labels(0)).toEqual([1, 0, 0, 0]);
  });
});

test('quality holds until the slice is written again', async () => {
  state(0, turn('a', 1, { final: false }), turn('b', 2, { final: false }));
  const ratings = { quality: { '0': 0.4, '1': 0.9 } };
  await predict(1, 'a', slice(0, 1, 0, 0, 0), ratings);
  expect([...session.quality]).toEqual([
    [0, 0.4],
    [1, 0.9],
  ]);
  await predict(2, 'b', slice(0, 1, 1, 0, 0));
  expect([...session.quality]).toEqual([[1, 0.9]]);
});

describe('cancel', () => {
  const states = (): string[] => session.log.turns.map((t) => t.state);

  test('gives up the newest turn that is being answered', () => {
    const visit: Prompt = { kind: 'visit', slice: 1 };
    const looking = turn('b', 2, { prompts: [visit], final: false });
    state(0, turn('a', 1), looking);
    session.cancel();
    expect(link.errands()).toEqual([{ type: 'cancel', turn: 'b' }]);
    expect(session.status.working).toBe(false);
    session.cancel();
    expect(states()).toEqual(['active', 'discarded']);
  });

  test('of a mark is undone by redo, without a network, too', () => {
    state();
    link.lose();
    session.take([STROKE]);
    session.cancel();
    expect(states()).toEqual(['undone']);
    session.redo();
    expect(states()).toEqual(['active']);
    link.errands();
    state();
    expect(link.errands()).toMatchObject([
      { type: 'turn', id: 't1' },
      { type: 'remove', turn: 't1' },
      { type: 'redo' },
    ]);
  });

  test('of a mark that is refused then leaves nothing to be sent again', () => {
    const refused = vi.fn();
    session.events.on('refused', refused);
    session.take([STROKE]);
    session.cancel();
    state();
    const error = { code: 'message:malformed', message: 'm', extra: {} };
    link.say({ type: 'error', turn: 't1', error });
    expect(session.status.unsent).toBe(0);
    expect(refused).not.toHaveBeenCalled();
  });
});

test('what a stopped propagation had shown stays, and the rest of it comes', async () => {
  const walk: Prompt = {
    kind: 'propagate',
    slice: 0,
    direction: 1,
    count: null,
  };
  const going = turn('p', 1, { prompts: [walk], final: false });
  state(0, going);
  await predict(1, 'p', slice(0, 1, 0, 0, 0));
  session.stop('p');
  session.stop('p');
  expect(link.errands()).toEqual([{ type: 'stop', id: 't1', turn: 'p' }]);
  expect(session.stopping('p')).toBe(true);
  expect(session.pending.map(({ id }) => id)).toEqual(['p']);
  const kept = turn('t1', 1, {
    prompts: [{ ...walk, count: 1 }],
    final: false,
  });
  const gone = turn('p', 2, { prompts: [walk], state: 'discarded' });
  link.say({ type: 'log', request: 't1', turns: [kept, gone] });
  expect(session.stopping('p')).toBe(false);
  expect(session.pending.map(({ id }) => id)).toEqual(['t1']);
  // Stored before the stop, told after it: it is part of what is kept.
  await predict(2, 'p', slice(1, 1, 1, 1, 1));
  expect(labels(1)).toEqual([1, 1, 1, 1]);
  expect(labels(0)).toEqual([1, 0, 0, 0]);
});

test('a draft that does not come is told once and asked for until it does', async () => {
  const told: string[] = [];
  session.events.on('error', ({ code }) => told.push(code));
  draft = { version: 3, slices: [slice(0, 1, 0, 0, 0)], quality: {} };
  unreachable = true;
  state(3);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(told).toEqual(['viewer:draft-not-fetched']);
  expect(session.ready).toBe(false);
  expect(fetched).toBeGreaterThan(3);
  unreachable = false;
  await vi.advanceTimersByTimeAsync(15_000);
  await until(() => session.ready);
  expect(labels(0)).toEqual([1, 0, 0, 0]);
});

test('a server that wants no more of this page is told plainly', () => {
  const told: string[] = [];
  session.events.on('error', ({ code }) => told.push(code));
  state();
  session.take([STROKE]);
  link.open = false;
  link.events.emit('closed', { final: true, refusal: 4401 });
  expect(session.status.connection).toBe('refused');
  expect(session.status.unsentStrokes).toBe(1);
  expect(told).toEqual(['viewer:logged-out']);
});

test('the draft is fetched on connecting when it is another one', async () => {
  draft = {
    version: 7,
    slices: [slice(1, 0, 3, 0, 0)],
    quality: { '1': 0.7 },
  };
  state(7);
  expect(session.ready).toBe(false);
  await until(() => session.ready);
  expect(labels(1)).toEqual([0, 3, 0, 0]);
  expect([...session.quality]).toEqual([[1, 0.7]]);
  link.lose();
  state(7);
  expect(fetched).toBe(1);
});

test('progress is shown until the answer is final', async () => {
  state(0, turn('a', 1, { final: false }));
  link.say({ type: 'progress', turn: 'a', fraction: 0.4, stage: 'adapt' });
  expect(session.status.fraction).toBe(0.4);
  await predict(1, 'a', slice(0, 1, 1, 1, 1), { final: true });
  expect(session.status.fraction).toBeNull();
});

test('events are sent every two seconds until they are acknowledged', () => {
  recorder.record('load');
  state();
  const batches = (): number =>
    link.sent.filter(({ type }) => type === 'events').length;
  expect(batches()).toBe(1);
  vi.advanceTimersByTime(2000);
  expect(batches()).toBe(2);
  link.say({ type: 'events_taken', tab: 'tab', seq: 1 });
  vi.advanceTimersByTime(4000);
  expect(batches()).toBe(2);
});

test('clock exchanges are recorded when they are the best so far', () => {
  state();
  clock = 1010;
  link.say({ type: 'clock', t: 1000, server_ms: 501_005 });
  clock = 1100;
  link.say({ type: 'clock', t: 1020, server_ms: 501_000 });
  const clocks = recorder
    .batch()
    ?.events.filter(({ kind }) => kind === 'clock');
  expect(clocks).toMatchObject([
    { t: 1010, data: { rtt_ms: 10, server_ms: 501_005, offset_ms: 500_000 } },
  ]);
});
