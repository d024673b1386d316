import { beforeEach, expect, test, vi } from 'vitest';
import type { CanvasPoint, VoxelIndex } from '../../src/geometry/frames';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import { HeldMark } from '../../src/panels/HeldMark';
import { type Grasp, PaneHand } from '../../src/tools/PaneHand';
import { type InputTarget, PaneInput } from '../../src/tools/PaneInput';
import { ScribbleTool } from '../../src/tools/ScribbleTool';
import type { Viewer } from '../../src/viewer/Viewer';
import type { Prompt } from '../../src/wire/Prompt';

class FakePane extends EventTarget {
  readonly clientWidth = 200;
  readonly clientHeight = 100;
  readonly setPointerCapture = vi.fn();

  closest(): null {
    return null;
  }

  getBoundingClientRect(): { left: number; top: number } {
    return { left: 0, top: 0 };
  }

  /** A pointer event of `kind` (a mouse, pen or finger) at a time in ms. */
  tell(
    type: string,
    kind: 'mouse' | 'pen' | 'touch',
    pointerId: number,
    [clientX, clientY]: CanvasPoint,
    timeStamp = 0,
    more: object = {},
  ): void {
    const event = new Event(`pointer${type}`);
    const pointer = { pointerType: kind, pointerId, clientX, clientY };
    for (const [name, value] of Object.entries({
      button: 0,
      buttons: 1,
      ...pointer,
      ...more,
      timeStamp,
    })) {
      Object.defineProperty(event, name, { value });
    }
    this.dispatchEvent(event);
  }
}

let pane: FakePane;
const told: string[] = [];
const pinch = vi.fn();

function grasp(marks: boolean): Grasp {
  return {
    marks,
    move: (path) => told.push(`move ${path.join(' ')}`),
    end: () => told.push('end'),
    giveUp: () => told.push('given up'),
  };
}

function hand(): PaneHand {
  return new PaneHand(pane as unknown as HTMLElement, {
    press: (_at, _event, mayMark) => (mayMark ? grasp(true) : null),
    pinch,
    hover: () => undefined,
    holds: (held) => told.push(held ? 'holds' : 'lets go'),
  });
}

beforeEach(() => {
  pane = new FakePane();
  told.length = 0;
  pinch.mockClear();
});

test('a pen’s stroke goes on under its palm', () => {
  hand();
  pane.tell('down', 'pen', 1, [10, 10], 100);
  pane.tell('down', 'touch', 2, [60, 60], 120);
  pane.tell('down', 'touch', 3, [70, 60], 125);
  pane.tell('move', 'touch', 2, [62, 61], 130);
  pane.tell('move', 'pen', 1, [20, 10], 140);
  // Browsers take back the touch of a palm that they know for one.
  pane.tell('cancel', 'touch', 2, [62, 61], 150);
  pane.tell('up', 'touch', 3, [70, 60], 160);
  pane.tell('move', 'pen', 1, [30, 10], 170);
  pane.tell('up', 'pen', 1, [30, 10], 180);
  expect(told).toEqual(['holds', 'move 20,10', 'move 30,10', 'end', 'lets go']);
  expect(pinch).not.toHaveBeenCalled();
});

test('a palm that rested first gives way to the pen', () => {
  hand();
  pane.tell('down', 'touch', 2, [60, 60], 0);
  pane.tell('down', 'pen', 1, [10, 10], 900);
  pane.tell('move', 'touch', 2, [64, 60], 910);
  pane.tell('up', 'pen', 1, [10, 10], 920);
  expect(told).toEqual([
    'holds',
    'given up',
    'lets go',
    'holds',
    'end',
    'lets go',
  ]);
  expect(pinch).not.toHaveBeenCalled();
});

test('between strokes a palm does nothing, later a finger moves the picture', () => {
  hand();
  pane.tell('down', 'pen', 1, [10, 10], 100);
  pane.tell('up', 'pen', 1, [10, 10], 200);
  pane.tell('move', 'pen', 1, [12, 12], 400, { buttons: 0 });
  told.length = 0;
  pane.tell('down', 'touch', 2, [50, 50], 800);
  pane.tell('move', 'touch', 2, [55, 50], 810);
  pane.tell('up', 'touch', 2, [55, 50], 820);
  expect(pinch).not.toHaveBeenCalled();
  pane.tell('down', 'touch', 3, [50, 50], 1000);
  pane.tell('move', 'touch', 3, [55, 47], 1010);
  expect(pinch.mock.calls[0]?.[0]).toMatchObject({ right: 5, down: -3 });
  expect(told).toEqual([]);
});

test('one finger draws, a second one makes it a pinch', () => {
  hand();
  pane.tell('down', 'touch', 1, [40, 50]);
  pane.tell('move', 'touch', 1, [42, 50]);
  pane.tell('down', 'touch', 2, [62, 50]);
  pane.tell('move', 'touch', 2, [82, 50]);
  pane.tell('up', 'touch', 1, [42, 50]);
  expect(told).toEqual(['holds', 'move 42,50', 'given up', 'lets go']);
  expect(pinch).toHaveBeenCalledOnce();
  expect(pinch.mock.calls[0]?.[0]).toMatchObject({ factor: 2 });
});

test('only the pointer that began the stroke draws and ends it', () => {
  const made = hand();
  pane.tell('down', 'mouse', 1, [10, 10]);
  pane.tell('down', 'touch', 2, [60, 60]);
  pane.tell('move', 'touch', 2, [61, 60]);
  pane.tell('up', 'touch', 2, [61, 60]);
  expect(made.marking).toBe(true);
  pane.tell('move', 'mouse', 1, [12, 10], 0, {
    getCoalescedEvents: () => [
      { clientX: 11, clientY: 10 },
      { clientX: 12, clientY: 10 },
    ],
  });
  expect(made.cancel()).toBe(true);
  expect(made.cancel()).toBe(false);
  expect(told).toEqual(['holds', 'move 11,10 12,10', 'given up', 'lets go']);
});

test('a pointer that is taken away leaves what it has drawn', () => {
  hand();
  pane.tell('down', 'mouse', 1, [10, 10]);
  pane.tell('move', 'mouse', 1, [12, 10]);
  pane.dispatchEvent(
    Object.assign(new Event('lostpointercapture'), {
      pointerType: 'mouse',
      pointerId: 1,
    }),
  );
  pane.tell('up', 'mouse', 1, [14, 10]);
  expect(told).toEqual(['holds', 'move 12,10', 'end', 'lets go']);
});

test('a stroke stays on the slice where it began, and what is late waits', () => {
  const geometry = new VolumeGeometry(
    [5, 100, 200],
    [
      [0, 0, 1, 0],
      [0, 1, 0, 0],
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ],
  );
  const viewer = {
    slice: 2,
    indexAt: ([x, y]: CanvasPoint): VoxelIndex => [viewer.slice, y, x],
  };
  const marked: Prompt[] = [];
  const gone: number[] = [];
  const tool = vi.fn(() => new ScribbleTool(geometry, 1, 3));
  const held = new HeldMark({
    awaited: 4,
    stay: () => gone.push(viewer.slice),
    goto: (slice) => gone.push(slice),
  });
  new PaneInput(
    pane as unknown as HTMLElement,
    viewer as unknown as Viewer,
    {
      tool,
      view: () => null,
      live: () => undefined,
      marked: (prompts: readonly Prompt[]) => marked.push(...prompts),
      hover: () => undefined,
      holds: (by: PaneHand | null) => held.holds(by),
      record: () => undefined,
      sample: () => undefined,
    } as unknown as InputTarget,
  );
  pane.tell('down', 'mouse', 1, [10, 10]);
  expect(held.held).toBe(true);
  viewer.slice = 3;
  pane.tell('move', 'mouse', 1, [20, 10]);
  expect(gone).toEqual([2]);
  pane.tell('up', 'mouse', 1, [20, 10]);
  expect(marked).toMatchObject([
    {
      voxels: [
        [2, 10, 10],
        [2, 10, 20],
      ],
    },
  ]);
  expect(gone).toEqual([2, 4]);
  expect(held.held).toBe(false);
  pane.tell('down', 'pen', 2, [10, 10], 0, { button: 5, buttons: 32 });
  expect(tool.mock.calls).toEqual([[false], [true]]);
});
