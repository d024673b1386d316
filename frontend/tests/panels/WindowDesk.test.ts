import { beforeEach, expect, test, vi } from 'vitest';
import type { SessionDetail } from '../../src/api/SessionDetail';
import { WindowDesk } from '../../src/panels/WindowDesk.svelte';
import { EventRecorder } from '../../src/session/EventRecorder';
import type { Viewer, Window } from '../../src/viewer/Viewer';

const OWN: Window = { center: 40, width: 400 };
const LUNG: Window = { center: -600, width: 1500 };
const setWindow = vi.fn<(window: Window) => void>();

function sit(channels = 1, kept: Window | null = null): WindowDesk {
  return new WindowDesk(
    {
      window: [OWN.center, OWN.width],
      channels,
      modality: 'CT',
    } as unknown as SessionDetail['volume'],
    new EventRecorder('tab', () => 0),
    {
      viewer: { setWindow } as unknown as Viewer,
      memory: { window: kept },
    },
  );
}

beforeEach(() => {
  setWindow.mockClear();
});

test('a picture begins with the window last seen, left, or its own', () => {
  expect(sit().first).toEqual(OWN);
  const desk = sit(1, LUNG);
  expect(desk.first).toEqual(LUNG);
  desk.window = OWN;
  expect(desk.first).toEqual(OWN);
});

test('a drag widens to the right and brightens upwards', () => {
  const desk = sit();
  desk.drag(40, -20);
  expect(setWindow).toHaveBeenCalledWith({ center: 20, width: 440 });
  desk.drag(-1000, 0);
  expect(setWindow).toHaveBeenLastCalledWith({ center: 40, width: 1 });
});

test('values shown are those from black to white; colours have none', () => {
  expect(sit().range).toEqual({ low: -160, high: 240 });
  const colored = sit(3);
  expect([colored.own, colored.first, colored.range]).toEqual([
    null,
    null,
    null,
  ]);
  colored.drag(10, 10);
  expect(setWindow).not.toHaveBeenCalled();
});
