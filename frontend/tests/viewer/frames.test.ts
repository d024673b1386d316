import { afterEach, describe, expect, test, vi } from 'vitest';
import { FrameSource } from '../../src/viewer/FrameSource';
import { FrameStore } from '../../src/viewer/FrameStore';
import { pixelFormat, readPixels } from '../../src/viewer/PixelFormat';
import {
  greyTable,
  paintColorFrame,
  paintGreyFrame,
} from '../../src/viewer/paintFrame';

const value = (number: number) => ({ vr: 'US', Value: [number] });
const CT = {
  '00280002': value(1),
  '00280100': value(16),
  '00280103': value(1),
  '00281052': value(-1000),
  '00281053': value(2),
};

afterEach(() => vi.unstubAllGlobals());

describe('frames as they came', () => {
  test('are read as the metadata says', () => {
    const bytes = Uint8Array.of(0xff, 0xff, 0x01, 0x00).buffer;
    const format = pixelFormat(CT);
    expect(format).toEqual({
      channels: 1,
      signed: true,
      slope: 2,
      intercept: -1000,
    });
    expect([...readPixels(bytes, format)]).toEqual([-1, 1]);
    const unsigned = { ...format, signed: false };
    expect([...readPixels(bytes, unsigned)]).toEqual([65_535, 1]);
    const colors = { ...format, channels: 3 };
    expect([...readPixels(bytes, colors)]).toEqual([255, 255, 1, 0]);
  });

  test('of other widths are refused', () => {
    expect(() => pixelFormat({ ...CT, '00280100': value(32) })).toThrow(
      RangeError,
    );
  });
});

const addresses = {
  count: 9,
  frame: (k: number) => `/frames/${k}`,
  slices: (k: number, last: number) => `/slices/${k}-${last}`,
};
/** The first byte of every frame tells its slice. */
const server = (size = 4, broken: (address: string) => boolean = () => false) =>
  vi.fn(async (address: string) => {
    const [first = 0, last = first] = (address.match(/\d+/g) ?? []).map(Number);
    const bytes = new Uint8Array(size * (last - first + 1));
    for (let k = first; k <= last; k += 1) {
      bytes[(k - first) * size] = k;
    }
    return new Response(bytes, { status: broken(address) ? 500 : 200 });
  });
const asked = (fetched: ReturnType<typeof server>) =>
  fetched.mock.calls.map(([address]) => address);

describe('a source of frames', () => {
  /** One frame of a quarter of a slab, as far as it is told. */
  const QUARTER = 512 * 1024;
  const source = () => new FrameSource(addresses, QUARTER / 2);
  const told = (frames: ReadonlyMap<number, ArrayBuffer>) =>
    [...frames].map(([k, bytes]) => [k, new Uint8Array(bytes)[0]]);

  test('brings neighbours in one answer, the last ones fewer', async () => {
    const fetched = server(QUARTER);
    vi.stubGlobal('fetch', fetched);
    const made = source();
    const both = await Promise.all([
      made.withNeighbours(5, QUARTER),
      made.withNeighbours(6, QUARTER),
    ]);
    expect(both.map(told)).toEqual(
      Array(2).fill([
        [4, 4],
        [5, 5],
        [6, 6],
        [7, 7],
      ]),
    );
    expect(told(await made.withNeighbours(8, QUARTER))).toEqual([[8, 8]]);
    expect(asked(fetched)).toEqual(['/slices/4-7', '/frames/8']);
  });

  test('brings a slice by itself where its neighbours fail', async () => {
    const fetched = server(QUARTER, (address) => address.startsWith('/slices'));
    vi.stubGlobal('fetch', fetched);
    const frames = await source().withNeighbours(2, QUARTER);
    expect(told(frames)).toEqual([[2, 2]]);
    expect(asked(fetched)).toEqual(['/slices/0-3', '/frames/2']);
  });

  test('asks for nothing more once it was closed', async () => {
    const fetched = vi.fn(async (_: string, init: RequestInit) => {
      init.signal?.throwIfAborted();
      return new Response(null, { status: 500 });
    });
    vi.stubGlobal('fetch', fetched);
    const made = source();
    made.close();
    await expect(made.withNeighbours(2, QUARTER)).rejects.toThrow('aborted');
    expect(fetched).toHaveBeenCalledTimes(1);
  });
});

describe('a store of frames', () => {
  const store = (most: number, gone = vi.fn()) => {
    const source = new FrameSource(addresses, 2);
    const made = new FrameStore(source, 2, most, gone);
    made.format = pixelFormat(CT);
    return { made, gone };
  };

  test('asks once for a slice, however often it is wanted', async () => {
    const fetched = server();
    vi.stubGlobal('fetch', fetched);
    const { made } = store(99);
    made.centre = 3;
    await Promise.all([made.load(3), made.load(3)]);
    await made.load(3);
    expect(asked(fetched)).toEqual(['/frames/3']);
    expect(made.values(3)).toMatchObject({ slope: 2, intercept: -1000 });
    expect(made.values(4)).toBeNull();
  });

  test('keeps of the neighbours what is near the reader', async () => {
    const fetched = server();
    vi.stubGlobal('fetch', fetched);
    const { made } = store(20);
    made.centre = 5;
    await made.load(7);
    const kept = [0, 1, 2, 3, 4, 5, 6, 7, 8].filter((k) => made.values(k));
    expect(kept).toEqual([3, 4, 5, 6, 7]);
    expect(made.values(3)?.values[0]).toBe(3);
    expect(asked(fetched)).toEqual(['/slices/0-8']);
  });

  test('puts nothing out for a neighbour that lies no nearer', async () => {
    const fetched = server();
    vi.stubGlobal('fetch', fetched);
    const { made, gone } = store(12);
    const kept = () =>
      [0, 1, 2, 3, 4, 5, 6, 7, 8].filter((k) => made.values(k));
    made.centre = 1;
    await made.load(0);
    expect(kept()).toEqual([0, 1, 2]);
    // The reader has gone on: those around take the place of those behind.
    made.centre = 6;
    await made.load(7);
    expect(kept()).toEqual([5, 6, 7]);
    gone.mockClear();
    await made.load(6);
    expect(gone).not.toHaveBeenCalled();
  });

  test('puts out what is furthest from the reader', async () => {
    vi.stubGlobal('fetch', server());
    const { made, gone } = store(8);
    for (const slice of [5, 1, 4]) {
      made.centre = slice;
      await made.load(slice);
    }
    expect(gone.mock.calls).toEqual([[1]]);
    expect(made.values(1)).toBeNull();
    expect(made.values(4)).not.toBeNull();
    made.centre = 1;
    await made.load(1);
    made.centre = 0;
    await made.load(0);
    expect(made.values(4)).toBeNull();
    made.centre = 4;
    await made.load(4);
    expect(made.values(4)).not.toBeNull();
  });

  test('refuses a slice that is cut short, and asks anew', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => new Response(new Uint8Array(3))),
    );
    const { made } = store(99);
    await expect(made.load(0)).rejects.toThrow('3 bytes');
    vi.stubGlobal('fetch', server());
    await made.load(0);
    expect(made.values(0)).not.toBeNull();
  });
});

test('a table shows stored values by window, signed or not', () => {
  const window = { center: 40, width: 200 };
  const scale = { slope: 2, intercept: -1000 };
  const stored = Int16Array.of(400, 470, 545, 570, -5);
  const pixels = new Uint32Array(stored.length);
  const greys = () =>
    [...new Uint8Array(pixels.buffer)].filter((_, i) => i % 4 === 2);
  paintGreyFrame(stored, 0, greyTable(scale, true, window, false), pixels);
  expect(greys()).toEqual([0, 0, 191, 255, 0]);
  expect(new Uint8Array(pixels.buffer)[3]).toBe(255);
  paintGreyFrame(stored, 0, greyTable(scale, true, window, true), pixels);
  expect(greys()).toEqual([255, 255, 64, 0, 255]);
  // The same bits without a sign are the brightest there are.
  paintGreyFrame(stored, 0, greyTable(scale, false, window, false), pixels);
  expect(greys()[4]).toBe(255);
});

test('colours are shown as they are, or turned over', () => {
  const stored = Uint8Array.of(9, 9, 9, 250, 10, 60);
  const pixels = new Uint32Array(1);
  paintColorFrame(stored, 1, false, pixels);
  expect([...new Uint8Array(pixels.buffer)]).toEqual([250, 10, 60, 255]);
  paintColorFrame(stored, 1, true, pixels);
  expect([...new Uint8Array(pixels.buffer)]).toEqual([5, 245, 195, 255]);
});
