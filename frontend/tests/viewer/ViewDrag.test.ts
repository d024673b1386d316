import { beforeEach, expect, test, vi } from 'vitest';
import { ViewDrag } from '../../src/viewer/ViewDrag';

const target = {
  window: { center: 40, width: 400 },
  panBy: vi.fn(),
  zoomBy: vi.fn((factor: number) => factor),
  setWindow: vi.fn(),
};
let element: EventTarget;
let drag: ViewDrag;

function send(type: string, fields: Record<string, unknown>): void {
  const event = new Event(type, { cancelable: true });
  element.dispatchEvent(
    Object.assign(event, { pointerId: 1, pointerType: 'mouse', ...fields }),
  );
}

beforeEach(() => {
  vi.clearAllMocks();
  element = Object.assign(new EventTarget(), {
    setPointerCapture: () => undefined,
    getBoundingClientRect: () => ({
      left: 10,
      top: 0,
      width: 200,
      height: 100,
    }),
  });
  drag = new ViewDrag(element as HTMLElement, target);
});

test('the right button changes the window: right widens, up brightens', () => {
  send('pointerdown', { button: 2, clientX: 0, clientY: 0 });
  send('pointermove', { clientX: 20, clientY: -40 });
  expect(target.setWindow).toHaveBeenCalledWith({ center: 0, width: 420 });
  send('pointerup', {});
  send('pointermove', { clientX: 90, clientY: 0 });
  expect(target.setWindow).toHaveBeenCalledTimes(1);
});

test('the middle button pans; the primary one only when it may', () => {
  send('pointerdown', { button: 0, clientX: 0, clientY: 0 });
  send('pointermove', { clientX: 5, clientY: 6 });
  expect(target.panBy).not.toHaveBeenCalled();
  drag.panning = true;
  send('pointerdown', { button: 0, clientX: 0, clientY: 0 });
  send('pointermove', { clientX: 5, clientY: 6 });
  send('pointerup', {});
  send('pointerdown', { button: 1, clientX: 0, clientY: 0 });
  send('pointermove', { clientX: -3, clientY: 0 });
  expect(target.panBy.mock.calls).toEqual([
    [5, 6],
    [-3, 0],
  ]);
});

test('Ctrl and the wheel come nearer to what is under the pointer', () => {
  send('wheel', { ctrlKey: true, deltaY: -100, clientX: 160, clientY: 50 });
  expect(target.zoomBy).toHaveBeenCalledWith(1.1);
  // 50 px right of the middle becomes 55: moved back by 5.
  const [right, down] = target.panBy.mock.calls[0] as [number, number];
  expect([right, down + 0]).toEqual([expect.closeTo(-5), 0]);
  send('wheel', { ctrlKey: false, deltaY: -100, clientX: 0, clientY: 0 });
  expect(target.zoomBy).toHaveBeenCalledTimes(1);
});

test('fingers, and a viewer that is gone, are left alone', () => {
  send('pointerdown', { button: 1, pointerType: 'touch' });
  send('pointermove', { clientX: 5, clientY: 6 });
  drag.destroy();
  send('pointerdown', { button: 1, clientX: 0, clientY: 0 });
  send('pointermove', { clientX: 5, clientY: 6 });
  expect(target.panBy).not.toHaveBeenCalled();
});
