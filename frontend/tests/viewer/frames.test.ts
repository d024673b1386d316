import { afterEach, describe, expect, test, vi } from 'vitest';
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

describe('a store of frames', () => {
  const store = (most: number, gone = vi.fn()) => {
    const made = new FrameStore((k) => `/frames/${k}`, 2, most, gone);
    made.format = pixelFormat(CT);
    return { made, gone };
  };
  const answer = (bytes: number) =>
    vi.fn(async () => new Response(new Uint8Array(bytes)));

  test('asks once for a slice, however often it is wanted', async () => {
    const asked = answer(4);
    vi.stubGlobal('fetch', asked);
    const { made } = store(99);
    await Promise.all([made.load(3), made.load(3)]);
    await made.load(3);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(made.values(3)).toMatchObject({ slope: 2, intercept: -1000 });
    expect(made.values(4)).toBeNull();
  });

  test('puts out what is furthest from the reader', async () => {
    vi.stubGlobal('fetch', answer(4));
    const { made, gone } = store(8);
    made.centre = 5;
    for (const slice of [5, 1, 4]) {
      await made.load(slice);
    }
    expect(gone.mock.calls).toEqual([[1]]);
    expect(made.values(1)).toBeNull();
    expect(made.values(4)).not.toBeNull();
    await made.load(4);
    made.centre = 1;
    await made.load(1);
    await made.load(0);
    expect(made.values(4)).toBeNull();
    made.centre = 4;
    await made.load(4);
    expect(made.values(4)).not.toBeNull();
  });

  test('refuses a slice that is cut short, and asks anew', async () => {
    vi.stubGlobal('fetch', answer(3));
    const { made } = store(99);
    await expect(made.load(0)).rejects.toThrow('3 bytes');
    vi.stubGlobal('fetch', answer(4));
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
