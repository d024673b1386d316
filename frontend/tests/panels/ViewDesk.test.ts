import { beforeEach, expect, test, vi } from 'vitest';
import { SlicePlacement } from '../../src/geometry/SlicePlacement';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import { Preferences } from '../../src/panels/Preferences.svelte';
import { ViewDesk, type ViewPlace } from '../../src/panels/ViewDesk.svelte';
import { EventRecorder } from '../../src/session/EventRecorder';
import { MaskVolume } from '../../src/session/MaskVolume';
import type { Window } from '../../src/viewer/Viewer';
import { shareWindows } from '../../src/viewer/windowPresets';
import { memoryStorage } from '../session/memoryStorage';

const SHAPE = [5, 10, 10] as const;
const chooseWindow = vi.fn<(window: Window) => void>();
const mark = { held: false };
const goto = vi.fn<(slice: number) => void>();

function sit(modality: string): ViewDesk {
  const values = {
    values: Int16Array.from({ length: 100 }, (_, i) => i),
    channels: 1,
    slope: 1,
    intercept: 0,
  };
  const place: ViewPlace = {
    geometry: new VolumeGeometry(SHAPE, [
      [0, 0, 1, 0],
      [0, 1, 0, 0],
      [4, 0, 0, 0],
      [0, 0, 0, 1],
    ]),
    viewer: {
      values: () => values,
      placement: new SlicePlacement([0, 0], [10, 0], [0, 10]),
    } as unknown as ViewPlace['viewer'],
    color: false,
    slice: 2,
    count: 5,
    levels: {
      presets: [{ center: 7, width: 3 }],
      shares: shareWindows(modality),
      choose: chooseWindow,
    },
    mask: new MaskVolume(SHAPE),
    space: { held: false },
    mark,
    goto,
  };
  return new ViewDesk(
    place,
    new Preferences(memoryStorage()),
    new EventRecorder('tab', () => 0),
  );
}

beforeEach(() => {
  chooseWindow.mockClear();
  goto.mockClear();
});

test('an MR is windowed by its own values: auto, narrow, wide', () => {
  const desk = sit('MR');
  for (let step = 0; step < 4; step += 1) {
    desk.stepPreset(1);
  }
  const widths = chooseWindow.mock.calls.map(([{ width }]) =>
    Math.round(width),
  );
  const [auto = 0, narrow = 0, wide = 0, own = 0] = widths;
  expect(narrow).toBeLessThan(auto);
  expect(auto).toBeLessThan(wide);
  expect([wide, own]).toEqual([99, 3]);
});

test('the oblique plane is turned, gone through, and put straight', () => {
  const desk = sit('MR');
  desk.turnOblique(170, 0);
  desk.turnOblique(20, -30);
  expect(desk.angles).toEqual({ turn: -170, tilt: -30 });
  desk.straightenOblique();
  desk.stepOblique(1);
  expect(goto).toHaveBeenLastCalledWith(
    2 + Math.sign(desk.obliquePlane.away[2]),
  );
  // Edge on, the plane goes through the columns.
  desk.turnOblique(90, 0);
  const column = desk.column;
  desk.stepOblique(1);
  expect(Math.abs(desk.column - column)).toBe(1);
});

test('the ruler measures in any plane, and a slip of the hand nothing', () => {
  const desk = sit('CT');
  expect(desk.take(0, [20, 30])).toBeNull();
  desk.chooseTool('ruler');
  desk.placements[2] = new SlicePlacement([0, 0], [10, 0], [0, 40]);
  const line = desk.take(2, [20, 40]);
  line?.move([
    [20, 60],
    [50, 40],
  ]);
  expect(desk.ruler.measuring).toMatchObject({ axis: 2, at: 5 });
  line?.end();
  expect(desk.ruler.made).toEqual([
    { axis: 2, at: 5, from: [1, 2], to: [1, 5] },
  ]);
  const slip = desk.take(0, [20, 30]);
  slip?.move([[21, 30]]);
  slip?.end();
  const given = desk.take(0, [20, 30]);
  given?.move([[90, 30]]);
  given?.giveUp();
  expect(desk.ruler.made).toHaveLength(1);
  expect(desk.ruler.measuring).toBeNull();
});

test('the crosshair stays while a mark is under the hand', () => {
  const desk = sit('CT');
  desk.chooseTool('crosshair');
  desk.take(0, [20, 30])?.move([[40, 60]]);
  expect([desk.row, desk.column]).toEqual([6, 4]);
  mark.held = true;
  desk.moveTo([3, 1, 1]);
  mark.held = false;
  expect(desk.at).toEqual([2, 6, 4]);
  expect(goto).not.toHaveBeenCalled();
});
