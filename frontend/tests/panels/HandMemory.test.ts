import { beforeEach, expect, test } from 'vitest';
import { HandMemory, type SetDesk } from '../../src/panels/HandMemory';
import { Shelf } from '../../src/session/Shelf';
import type { ToolName } from '../../src/tools/ToolName';
import type { Window } from '../../src/viewer/Viewer';
import { memoryStorage } from '../session/memoryStorage';

const OWN: Window = { center: 40, width: 400 };
const LUNG: Window = { center: -600, width: 1500 };

let storage: ReturnType<typeof memoryStorage>;

function sit(session: string, modality = 'CT') {
  const tools: ToolName[] = ['scribble', 'brush', 'pan'];
  const desk = {
    look: {
      opacity: 0.4,
      outline: true,
      marksShown: true,
      labels: [
        { value: 1, visible: true },
        { value: 2, visible: true },
      ],
    },
    levels: { window: null as Window | null, own: OWN },
    box: {
      tool: 'scribble' as ToolName,
      tools,
      width: 5,
      ball: false,
      limited: false,
      low: 0,
      high: 0,
      choose(tool: ToolName) {
        desk.box.tool = tool;
      },
    },
    ground: { locked: new Set<number>() as ReadonlySet<number> },
    view: { inverse: false },
    other: { opacity: 0.5 },
  };
  const shelf = new Shelf(storage);
  const memory = new HandMemory(
    desk satisfies SetDesk,
    shelf,
    modality,
    session,
  );
  memory.restore();
  return { desk, memory };
}

beforeEach(() => {
  storage = memoryStorage();
});

test('tool, brush and look are set in the next case as they were left', () => {
  const { desk, memory } = sit('a');
  desk.box.choose('brush');
  Object.assign(desk.box, { width: 11, ball: true });
  Object.assign(desk.look, { opacity: 0.7, outline: false, marksShown: false });
  desk.other.opacity = 0.2;
  memory.keep();
  expect(sit('b', 'MR').desk).toMatchObject({
    look: { opacity: 0.7, outline: false, marksShown: false },
    box: { tool: 'brush', width: 11, ball: true },
    other: { opacity: 0.2 },
  });
});

test('locks and hidden labels belong to their case', () => {
  const { desk, memory } = sit('a');
  desk.ground.locked = new Set([1]);
  Object.assign(desk.look.labels[1] ?? {}, { visible: false });
  memory.keep();
  const again = sit('a').desk;
  expect([...again.ground.locked]).toEqual([1]);
  expect(again.look.labels.map(({ visible }) => visible)).toEqual([
    true,
    false,
  ]);
  const other = sit('b').desk;
  expect(other.ground.locked.size).toBe(0);
  expect(other.look.labels.every(({ visible }) => visible)).toBe(true);
});

test('a window goes along to other CT, but not to other MR', () => {
  for (const [modality, next] of [
    ['CT', LUNG],
    ['MR', null],
  ] as const) {
    const { desk, memory } = sit(`${modality}a`, modality);
    expect(memory.window).toBeNull();
    desk.levels.window = LUNG;
    Object.assign(desk.box, { limited: true, low: -50, high: 90 });
    memory.keep();
    expect(sit(`${modality}a`, modality).memory.window).toEqual(LUNG);
    expect(sit(`${modality}a`, modality).desk.box.low).toBe(-50);
    const other = sit(`${modality}b`, modality);
    expect(other.memory.window).toEqual(next);
    expect(other.desk.box.limited).toBe(modality === 'CT');
  }
});

test('the own window of one case is not forced on the next', () => {
  const first = sit('a');
  first.desk.levels.window = LUNG;
  first.memory.keep();
  first.desk.levels.window = OWN;
  first.memory.keep();
  expect(sit('b').memory.window).toBeNull();
  expect(sit('a').memory.window).toEqual(OWN);
});

test('a picture that has not come yet forgets no window', () => {
  const first = sit('a');
  first.desk.levels.window = LUNG;
  first.memory.keep();
  const again = sit('a');
  again.memory.keep();
  expect(sit('a').memory.window).toEqual(LUNG);
});

test('odd things in the storage change nothing', () => {
  for (const odd of [
    '{',
    'null',
    '{"tool":"saw","width":1e9,"opacity":"x","window":{"center":null}}',
    '{"locked":{},"hidden":["a"],"low":1,"window":{"center":1,"width":-2}}',
  ]) {
    for (const key of [':hand', ':hand:CT', ':case:a']) {
      storage.setItem(`slicewise${key}`, odd);
    }
    const { desk, memory } = sit('a');
    expect(desk.box).toMatchObject({ tool: 'scribble', width: 5, low: 0 });
    expect(desk.look.opacity).toBe(0.4);
    expect(memory.window).toBeNull();
  }
});
