import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MaskVolume } from '../../src/session/MaskVolume';
import { cubeFaces } from '../../src/surface/cubeFaces';
import { lookFrom } from '../../src/surface/Look';
import { type SurfaceHand, SurfaceMaker } from '../../src/surface/SurfaceMaker';
import type { SurfaceOrder } from '../../src/surface/SurfaceMessage';

const AFFINE = [
  [0, 0, 1, 0],
  [0, 1, 0, 0],
  [1, 0, 0, 0],
  [0, 0, 0, 1],
];

class FakeHand implements SurfaceHand {
  readonly orders: SurfaceOrder[] = [];
  onmessage: SurfaceHand['onmessage'] = null;
  postMessage(order: SurfaceOrder): void {
    this.orders.push(order);
  }
  terminate(): void {}
  answer(data: Parameters<NonNullable<SurfaceHand['onmessage']>>[0]['data']) {
    this.onmessage?.({ data } as MessageEvent);
  }
  get kinds(): string[] {
    return this.orders.map(({ kind }) => kind);
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const mask = new MaskVolume([4, 3, 5]);
  const put = (z: number, x: number) =>
    mask.write(
      { start: [z, 1, x], stop: [z + 1, 2, x + 1], labels: Uint8Array.of(2) },
      1,
    );
  put(1, 3);
  const hand = new FakeHand();
  const rested = vi.fn();
  const told = vi.fn();
  return {
    put,
    hand,
    rested,
    told,
    maker: new SurfaceMaker(mask, AFFINE, hand, told, rested),
  };
}

test('what is there is sent at once, only as large as its labels', () => {
  const { hand, told, rested } = setUp();
  expect(hand.kinds).toEqual(['begin', 'slice', 'make']);
  expect(hand.orders[1]).toEqual({
    kind: 'slice',
    z: 1,
    part: {
      box: { x: 3, y: 1, width: 1, height: 1 },
      labels: Uint8Array.of(2),
    },
  });
  hand.answer({ kind: 'surface', label: 2, mesh: null });
  expect(told).toHaveBeenCalledWith(2, null);
  expect(rested).not.toHaveBeenCalled();
  hand.answer({ kind: 'made' });
  expect(rested).toHaveBeenCalledOnce();
});

test('changes wait until the mask rests, and until the hand is free', () => {
  const { hand, maker, put } = setUp();
  put(2, 0);
  maker.changed([2]);
  maker.changed([2, 3]);
  vi.advanceTimersByTime(1000);
  expect(hand.kinds).toEqual(['begin', 'slice', 'make']);
  hand.answer({ kind: 'made' });
  expect(hand.kinds.slice(3)).toEqual(['slice', 'slice', 'make']);
  expect(hand.orders.slice(3, 5)).toMatchObject([
    { z: 2, part: { box: { x: 0 } } },
    { z: 3, part: null },
  ]);
  hand.answer({ kind: 'made' });
  maker.changed([2]);
  expect(hand.orders.length).toBe(6);
  vi.advanceTimersByTime(1000);
  expect(hand.kinds.slice(6)).toEqual(['slice', 'make']);
});

test('the cube shows the sides of the patient that the reader sees', () => {
  const front = cubeFaces(lookFrom(0, 0));
  expect(front.map(({ letter }) => letter)).toEqual(['A']);
  const turned = cubeFaces(lookFrom(-37, 0));
  expect(turned.map(({ letter }) => letter)).toEqual(['R', 'A']);
  // The patient's right is on the left of the screen.
  const middle = (i: number) =>
    (turned[i]?.corners ?? []).reduce((sum, [x]) => sum + x, 0);
  expect(middle(0)).toBeLessThan(middle(1));
});

test('from the head, the patient lies on the back', () => {
  expect(cubeFaces(lookFrom(0, 90)).map(({ letter }) => letter)).toEqual(['S']);
  const { right, up } = lookFrom(0, 90);
  expect([right, up].map((v) => v.map((part) => Math.round(part) + 0))).toEqual(
    [
      [1, 0, 0],
      [0, 1, 0],
    ],
  );
});
