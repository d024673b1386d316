import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import { CanvasViewer } from '../../src/viewer/CanvasViewer';
import type { Series } from '../../src/viewer/Viewer';

const [SLICES, ROWS, COLUMNS] = [5, 2, 4];

/** What was drawn, in order. */
let drawn: string[];
let frames: (() => void)[];

class Canvas {
  readonly style = {};
  readonly clientWidth = 40;
  readonly clientHeight = 20;
  readonly context = {
    createImageData: (width: number, height: number) => ({
      data: new Uint8ClampedArray(4 * width * height),
    }),
    setTransform: () => undefined,
    clearRect: () => drawn.push('cleared in part'),
    fillRect: (...box: number[]) => drawn.push(`covered ${box.join(' ')}`),
    putImageData: () => drawn.push('painted'),
    drawImage: () => drawn.push('shown'),
  };
  width = 0;
  height = 0;
  getContext = () => this.context;
  remove = () => undefined;
}

beforeEach(() => {
  drawn = [];
  frames = [];
  let resized = (): void => undefined;
  vi.stubGlobal('window', { devicePixelRatio: 1 });
  vi.stubGlobal('document', { createElement: () => new Canvas() });
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run));
  vi.stubGlobal('cancelAnimationFrame', () => undefined);
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(told: () => void) {
        resized = told;
      }
      observe = () => resized();
      disconnect = () => undefined;
    },
  );
  vi.stubGlobal('fetch', async (address: string) =>
    address.endsWith('/metadata')
      ? Response.json(
          Array.from({ length: SLICES }, (_, k) => ({
            '00080018': { Value: [`${k}`] },
            '00280002': { Value: [1] },
            '00280100': { Value: [16] },
            '00280103': { Value: [1] },
          })),
        )
      : new Response(new Uint8Array(2 * ROWS * COLUMNS)),
  );
});
afterEach(() => vi.unstubAllGlobals());

const SERIES: Series = {
  geometry: new VolumeGeometry(
    [SLICES, ROWS, COLUMNS],
    [
      [0, 0, 1, 0],
      [0, 1, 0, 0],
      [4, 0, 0, 0],
      [0, 0, 0, 1],
    ],
  ),
  instances: Array.from({ length: SLICES }, (_, k) => `${k}`),
  address: '/series',
  window: { center: 40, width: 400 },
};

function viewerOfNothing(): CanvasViewer {
  const element = Object.assign(new EventTarget(), {
    clientWidth: 40,
    clientHeight: 20,
    append: () => undefined,
  });
  return new CanvasViewer(element as unknown as HTMLElement);
}

async function sit(): Promise<CanvasViewer> {
  const viewer = viewerOfNothing();
  const all = new Promise<void>((done) => {
    viewer.events.on('loaded', ({ count }) => count === SLICES && done());
  });
  await viewer.showSeries(SERIES, 2);
  await all;
  return viewer;
}

test('a slice that is here is shown in the next frame, once, and then told', async () => {
  const viewer = await sit();
  viewer.events.on('shown', ({ slice }) => drawn.push(`told ${slice}`));
  viewer.events.on('drawn', () => drawn.push('layers'));
  frames = [];
  drawn = [];
  viewer.gotoSlice(3);
  // A second key in the same frame has the first one's slice left out.
  viewer.gotoSlice(4);
  expect(drawn).toEqual([]);
  expect(frames).toHaveLength(1);
  frames.shift()?.();
  // What lies on the picture follows in the same frame; the canvas is covered as a
  // whole, or the browser would keep a copy of what was on it.
  expect(drawn).toEqual([
    'painted',
    'covered 0 0 40 20',
    'shown',
    'told 4',
    'layers',
  ]);
  expect(frames).toEqual([]);
});

test('one that is gone before its series is known loads and tells nothing', async () => {
  const asked: string[] = [];
  const answer = fetch;
  vi.stubGlobal('fetch', (address: string, options?: RequestInit) => {
    asked.push(address);
    return answer(address, options);
  });
  const viewer = viewerOfNothing();
  const told = vi.fn();
  viewer.events.on('error', told);
  viewer.events.on('shown', told);
  const shown = viewer.showSeries(SERIES, 2);
  viewer.destroy();
  await shown;
  await new Promise((done) => setTimeout(done, 5));
  expect(asked).toHaveLength(2);
  expect(told).not.toHaveBeenCalled();
});
