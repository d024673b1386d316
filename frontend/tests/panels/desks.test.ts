import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Shape } from '../../src/geometry/frames';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import type { MarkCollector } from '../../src/panels/MarkCollector.svelte';
import { MaskSteps } from '../../src/panels/MaskSteps.svelte';
import { ToolBox } from '../../src/panels/ToolBox.svelte';
import { TurnDesk } from '../../src/panels/TurnDesk.svelte';
import { EventRecorder } from '../../src/session/EventRecorder';
import type { LogTurn } from '../../src/session/LogState';
import type { Session } from '../../src/session/Session';
import type { SliceState } from '../../src/session/sliceStates';
import type { PaintGround } from '../../src/tools/paint/PaintGround';
import { burnMarks } from '../../src/viewer/burnMarks';
import type { PackedRegion } from '../../src/wire/PackedRegion';
import type { Prompt } from '../../src/wire/Prompt';
import { packLabels } from '../../src/wire/packLabels';

const KINDS = [
  'accept',
  'visit',
  'propagate',
  'scribble',
  'click',
  'extreme_points',
  'paint',
];
const recorder = new EventRecorder('tab', () => 0);

function turn(
  id: string,
  prompt: Prompt,
  over: Partial<LogTurn> = {},
): LogTurn {
  return {
    id,
    seq: 1,
    state: 'active',
    undoneAt: null,
    prompts: [prompt],
    stage: null,
    final: true,
    fraction: null,
    failure: null,
    ...over,
  };
}

const click = (slice: number): Prompt => ({
  kind: 'click',
  label: 1,
  voxel: [slice, 0, 0],
});

describe('the way with the log', () => {
  const session = {
    log: { turns: [] as readonly LogTurn[] },
    pending: [] as readonly LogTurn[],
    quality: new Map<number, number>(),
    mask: { known: new Set<number>() },
    take: vi.fn(),
    back: vi.fn(),
    redo: vi.fn(),
    cancel: vi.fn(),
    stop: vi.fn(),
    stopping: vi.fn(() => false),
    remove: vi.fn(),
  };
  const place = {
    slice: 1,
    count: 4,
    writable: true,
    collector: {
      marks: [],
      send: vi.fn(),
      dropLast: () => false,
    } as unknown as MarkCollector,
    goto: vi.fn(),
    tell: vi.fn(),
    redraw: vi.fn(),
  };
  const desk = (): TurnDesk =>
    new TurnDesk(session as unknown as Session, recorder, KINDS, place);

  beforeEach(() => {
    vi.clearAllMocks();
    session.log = {
      turns: [
        turn('a', click(0)),
        turn('look', { kind: 'visit', slice: 1 }),
        turn('b', click(2)),
        turn('c', { kind: 'accept', slice: 2 }),
      ],
    };
    session.pending = [];
    session.quality = new Map();
  });

  test('propagates the shown slice once at a time, and is stopped', () => {
    desk().propagate(-1);
    const [prompts] = session.take.mock.calls[0] as [readonly Prompt[]];
    expect(prompts).toEqual([
      { kind: 'propagate', slice: 1, direction: -1, count: null },
    ]);
    expect(place.collector.send).toHaveBeenCalledOnce();
    const going = turn('p', prompts[0] as Prompt, { final: false });
    session.pending = [going];
    const busy = desk();
    busy.propagate(1);
    expect(session.take).toHaveBeenCalledOnce();
    busy.giveUp();
    expect(session.stop).toHaveBeenCalledWith('p');
    expect(session.cancel).not.toHaveBeenCalled();
  });

  test('a stopped propagation is not stopped again while it is kept', () => {
    const kept = {
      kind: 'propagate',
      slice: 1,
      direction: 1,
      count: 2,
    } as const;
    session.pending = [turn('p', kept, { final: false })];
    const turns = desk();
    expect(turns.keeping).toBe(true);
    turns.giveUp();
    expect(session.stop).not.toHaveBeenCalled();
    expect(session.cancel).not.toHaveBeenCalled();
  });

  test('goes to the slice rated worst that is not accepted', () => {
    session.quality = new Map([
      [2, 0.1],
      [3, 0.5],
      [0, 0.7],
    ]);
    desk().gotoSuggested();
    expect(place.goto).toHaveBeenCalledWith(3);
  });

  test('accepting passes over slices that are accepted', () => {
    desk().accept();
    expect(session.take).toHaveBeenCalledWith([
      { kind: 'accept', slice: 1 },
      { kind: 'visit', slice: 3 },
    ]);
    expect(place.goto).toHaveBeenCalledWith(3);
  });

  test('accepting turns back to what is open above, and says when all is done', () => {
    const accepted = (slice: number): LogTurn =>
      turn(`t${slice}`, { kind: 'accept', slice });
    session.log = { turns: [accepted(2), accepted(3)] };
    desk().accept();
    expect(session.take).toHaveBeenCalledWith([
      { kind: 'accept', slice: 1 },
      { kind: 'visit', slice: 0 },
    ]);
    expect(place.goto).toHaveBeenCalledWith(0);
    expect(place.tell).not.toHaveBeenCalled();
    vi.clearAllMocks();
    session.log = { turns: [accepted(0), accepted(2), accepted(3)] };
    desk().accept();
    expect(session.take).toHaveBeenCalledWith([{ kind: 'accept', slice: 1 }]);
    expect(place.goto).not.toHaveBeenCalled();
    expect(place.tell).toHaveBeenCalledWith('viewer:all-accepted');
  });

  test('lists what was more than a look, and goes back to it', () => {
    const turns = desk();
    expect(turns.history.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    turns.backTo('a');
    expect(session.back).toHaveBeenCalledWith('a');
    turns.remove('b');
    expect(session.remove).toHaveBeenCalledWith('b');
    turns.select('b');
    expect(turns.selectedPrompts).toEqual([click(2)]);
    expect(place.goto).toHaveBeenLastCalledWith(2);
    turns.select('b');
    expect(turns.selectedPrompts).toEqual([]);
  });
});

test('an undone turn is come to by redoing all that was undone after it', () => {
  const undone = (id: string, at: number): LogTurn =>
    turn(id, click(0), { state: 'undone', undoneAt: at });
  const session = {
    log: { turns: [turn('a', click(0)), undone('b', 3), undone('c', 2)] },
    pending: [],
    quality: new Map(),
    mask: { known: new Set<number>() },
    redo: vi.fn(),
    stopping: () => false,
  };
  const turns = new TurnDesk(session as unknown as Session, recorder, KINDS, {
    slice: 0,
    count: 1,
    writable: true,
    collector: { marks: [] } as unknown as MarkCollector,
    goto: vi.fn(),
    tell: vi.fn(),
    redraw: vi.fn(),
  });
  turns.backTo('b');
  expect(session.redo).toHaveBeenCalledTimes(1);
  turns.backTo('c');
  expect(session.redo).toHaveBeenCalledTimes(3);
});

const SHAPE: Shape = [5, 9, 9];

function square(half: number): Uint8Array {
  return Uint8Array.from({ length: 81 }, (_, i) =>
    Math.max(Math.abs((i % 9) - 4), Math.abs(Math.floor(i / 9) - 4)) <= half
      ? 1
      : 0,
  );
}

function ground(masks: ReadonlyMap<number, Uint8Array>): PaintGround {
  return {
    shape: SHAPE,
    labels: (slice) => masks.get(slice) ?? null,
    values: () => null,
    mayReplace: () => true,
  };
}

describe('steps on the mask', () => {
  const masks = new Map([
    [0, square(1)],
    [4, square(3)],
  ]);
  const taken: (readonly Prompt[])[] = [];
  const states: SliceState[] = [
    'accepted',
    'untouched',
    'predicted',
    'untouched',
    'scribbled',
  ];
  const board = { tell: vi.fn() };
  const tell = vi.fn();
  const between = vi.fn(
    async (
      _first: PackedRegion,
      _second: PackedRegion,
    ): Promise<readonly PackedRegion[]> => [
      packLabels([2, 2, 2], [3, 7, 7], new Uint8Array(25).fill(1)),
    ],
  );
  const steps = (slice: number, kinds: readonly string[] = KINDS): MaskSteps =>
    new MaskSteps(
      {
        slice,
        count: 5,
        writable: true,
        ground: ground(masks),
        collector: { send: () => undefined },
        box: { label: 1 },
        turns: { states },
        board,
        tell,
      },
      { take: (prompts: readonly Prompt[]) => taken.push(prompts) } as never,
      recorder,
      kinds,
      between,
    );
  const shown = (slice: number): Uint8Array | null =>
    burnMarks(masks.get(slice) ?? null, taken[0] ?? [], slice, SHAPE);

  beforeEach(() => {
    taken.length = 0;
    vi.clearAllMocks();
  });

  test('fill the slices between two that were seen to, in one turn', async () => {
    const middle = steps(2);
    expect(middle.gap).toEqual([0, 4]);
    const asked = middle.interpolate();
    // Once, however often it is asked for meanwhile.
    await Promise.all([asked, middle.interpolate()]);
    expect(between).toHaveBeenCalledOnce();
    const sent = between.mock.calls[0] ?? [];
    expect(sent.map(({ start, stop }) => [start, stop])).toEqual([
      [
        [0, 3, 3],
        [1, 6, 6],
      ],
      [
        [4, 1, 1],
        [5, 8, 8],
      ],
    ]);
    expect(taken.length).toBe(1);
    expect(
      taken[0]?.map((p) => p.kind === 'paint' && [p.region.start[0], p.origin]),
    ).toEqual([[2, 'interpolation']]);
    expect(shown(2)).toEqual(square(2));
  });

  test('say why nothing was interpolated', async () => {
    await steps(4, KINDS).interpolate();
    expect(tell).toHaveBeenCalledWith('viewer:nothing-between');
    between.mockRejectedValueOnce(new Error('no network'));
    await steps(2).interpolate();
    expect(board.tell).toHaveBeenCalledOnce();
    expect(taken).toEqual([]);
  });

  test('copy from the slice beside, and grow', () => {
    steps(1).copyFrom(-1);
    expect(shown(1)).toEqual(square(1));
    taken.length = 0;
    steps(0).shape('grow');
    expect(shown(0)?.reduce((sum, label) => sum + label, 0)).toBe(9 + 12);
  });

  test('are nothing without a mask, or where paint is not taken', () => {
    steps(1).shape('fill');
    expect(tell).toHaveBeenCalledWith('viewer:label-not-here');
    steps(0, ['scribble']).shape('grow');
    expect(taken).toEqual([]);
  });
});

describe('the tool box', () => {
  const geometry = new VolumeGeometry(SHAPE, [
    [0, 0, 1, 0],
    [0, 1, 0, 0],
    [1, 0, 0, 0],
    [0, 0, 0, 1],
  ]);
  const box = (): ToolBox =>
    new ToolBox({
      geometry,
      ground: ground(new Map()),
      recorder,
      kinds: KINDS,
      anyPlane: false,
      values: [1, 2],
      shown: () => null,
      chosen: vi.fn(),
      begun: vi.fn(),
    });

  test('erases with the other end of a pen, whatever tool is in the hand', () => {
    const made = box();
    made.choose('scribble');
    const stroke = made.begin(true);
    stroke?.begin([0, 1, 1]);
    expect(stroke?.end()).toMatchObject([{ kind: 'scribble', label: 0 }]);
    expect(made.tool).toBe('scribble');
    made.choose('livewire');
    expect(made.begin(true)).toBeNull();
  });

  test('offers what the engine takes', () => {
    expect(box().tools).toEqual([
      'scribble',
      'erase',
      'click',
      'extreme_points',
      'brush',
      'eraser',
      'scissors',
      'livewire',
      'pan',
    ]);
  });

  test.each([
    ['scribble', 'erase'],
    ['brush', 'eraser'],
    ['click', 'click'],
    ['scissors', 'scissors'],
  ] as const)('background with %s is %s of label 0', (tool, becomes) => {
    const tools = box();
    tools.choose(tool);
    tools.chooseLabel(2);
    expect(tools.markedLabel).toBe(2);
    tools.chooseLabel(0);
    expect([tools.tool, tools.markedLabel]).toEqual([becomes, 0]);
    tools.chooseLabel(1);
    expect([tools.tool, tools.markedLabel]).toEqual([tool, 1]);
  });

  test('keeps outermost points until they are given up', () => {
    const tools = box();
    tools.choose('extreme_points');
    const points = tools.begin();
    points?.begin([0, 1, 1]);
    points?.end();
    expect(tools.begun.length).toBe(1);
    expect(tools.giveUp()).toBe(true);
    expect(tools.begun).toEqual([]);
  });
});
