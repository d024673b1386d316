import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SocketLink } from '../../src/session/SocketLink';

/** A browser's socket whose network is the test. */
class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  readonly sent: string[] = [];
  readyState = FakeSocket.CONNECTING;

  constructor() {
    super();
    made.push(this);
    if (network === 'refuses') {
      queueMicrotask(() => this.drop());
    } else if (network === 'works') {
      queueMicrotask(() => this.accept());
    }
  }

  send(text: string): void {
    this.sent.push(text);
    if (network === 'works') {
      queueMicrotask(() => this.say({ type: 'clock', t: 0, server_ms: 0 }));
    }
  }

  close(): void {
    this.readyState = FakeSocket.CLOSED;
  }

  accept(): void {
    if (this.readyState === FakeSocket.CONNECTING) {
      this.readyState = FakeSocket.OPEN;
      this.dispatchEvent(new Event('open'));
    }
  }

  say(message: object): void {
    if (this.readyState === FakeSocket.OPEN) {
      const data = JSON.stringify(message);
      this.dispatchEvent(Object.assign(new Event('message'), { data }));
    }
  }

  drop(code = 1006): void {
    this.readyState = FakeSocket.CLOSED;
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }
}

let network: 'works' | 'refuses' | 'swallows';
let made: FakeSocket[];
let page: EventTarget;
let link: SocketLink;
let told: string[];

const newest = (): FakeSocket => made.at(-1) as FakeSocket;
const seconds = (n: number): Promise<unknown> =>
  vi.advanceTimersByTimeAsync(n * 1000);

beforeEach(async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  network = 'works';
  made = [];
  told = [];
  page = new EventTarget();
  vi.stubGlobal('window', page);
  vi.stubGlobal(
    'document',
    Object.assign(new EventTarget(), { visibilityState: 'visible' }),
  );
  vi.stubGlobal('WebSocket', FakeSocket);
  link = new SocketLink('ws://case');
  link.events.on('opened', () => told.push('opened'));
  link.events.on('closed', ({ final }) =>
    told.push(final ? 'refused' : 'closed'),
  );
  await seconds(0);
});

afterEach(() => {
  link.close();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('a server that refuses for a minute is asked ever more rarely', async () => {
  network = 'refuses';
  newest().drop();
  await seconds(60);
  const tries = made.length - 1;
  // 0.25, 0.5, 1, 2, 4 s, then every 5.
  expect(tries).toBeGreaterThan(12);
  expect(tries).toBeLessThan(20);
  network = 'works';
  await seconds(5);
  expect(told.at(-1)).toBe('opened');
  expect(link.send({ type: 'clock', t: 0 })).toBe(true);
});

test('packets lost for a minute hold nothing up longer than a handshake may', async () => {
  network = 'swallows';
  await seconds(14);
  expect(told).toEqual(['opened', 'closed']);
  await seconds(46);
  network = 'works';
  await seconds(8 + 5);
  expect(told.at(-1)).toBe('opened');
});

test('a server that opens and closes again is no server that is back', async () => {
  network = 'swallows';
  newest().drop();
  for (let tries = 0; tries < 6; tries += 1) {
    await seconds(5);
    newest().accept();
    newest().drop(1011);
  }
  const before = made.length;
  await seconds(4);
  expect(made.length).toBe(before);
  await seconds(2);
  expect(made.length).toBe(before + 1);
});

test('a network that changed is tried at once, and given up soon', async () => {
  network = 'swallows';
  page.dispatchEvent(new Event('offline'));
  await seconds(4.5);
  expect(told).toEqual(['opened', 'closed']);
  await seconds(1);
  const stuck = newest();
  expect(stuck.readyState).toBe(FakeSocket.CONNECTING);
  network = 'works';
  page.dispatchEvent(new Event('online'));
  await seconds(0.1);
  expect(newest()).not.toBe(stuck);
  expect(told.at(-1)).toBe('opened');
  await seconds(30);
  expect(told.at(-1)).toBe('opened');
});

test('a doubt that is answered closes nothing', async () => {
  page.dispatchEvent(new Event('offline'));
  await seconds(30);
  expect(told).toEqual(['opened']);
  expect(made.length).toBe(1);
});

test('a refusal is final', async () => {
  newest().drop(4401);
  await seconds(60);
  expect(told).toEqual(['opened', 'refused']);
  expect(made.length).toBe(1);
});
