import { expect, test } from 'vitest';
import { type Locks, TabHold } from '../../src/session/TabHold';

const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

function tab(locks: Locks | undefined): { hold: TabHold; told: boolean[] } {
  const told: boolean[] = [];
  return { hold: new TabHold('s', locks, (held) => told.push(held)), told };
}

/** One lock of a browser: held, waited for, stolen. */
class FakeLocks {
  #holder: { steal: (reason: Error) => void } | null = null;
  readonly #waiting: (() => void)[] = [];

  request = (async (
    name: string,
    options: LockOptions,
    granted: (lock: Lock | null) => unknown,
  ): Promise<unknown> => {
    if (this.#holder && options.ifAvailable) {
      return granted(null);
    }
    if (this.#holder && options.steal) {
      this.#holder.steal(new Error('AbortError'));
    } else if (this.#holder) {
      await new Promise<void>((go) => this.#waiting.push(go));
    }
    const holder = { steal: (_: Error): void => undefined };
    const stolen = new Promise<never>((_, reject) => {
      holder.steal = reject;
    });
    this.#holder = holder;
    const work = Promise.resolve(granted({ name, mode: 'exclusive' }));
    await Promise.race([work, stolen]);
    if (this.#holder === holder) {
      this.#holder = null;
      this.#waiting.shift()?.();
    }
    return undefined;
  }) as Locks['request'];
}

test('the first tab writes, the second when it is given back', async () => {
  const locks = new FakeLocks();
  const [first, second] = [tab(locks), tab(locks)];
  first.hold.request();
  second.hold.request();
  await turn();
  expect([first.told, second.told]).toEqual([[true], [false]]);
  first.hold.release();
  await turn();
  expect(second.told).toEqual([false, true]);
  second.hold.release();
});

test('a tab takes over, and the other is told', async () => {
  const locks = new FakeLocks();
  const [first, second] = [tab(locks), tab(locks)];
  first.hold.request();
  await turn();
  second.hold.takeOver();
  await turn();
  expect([first.told, second.told]).toEqual([[true, false], [true]]);
  second.hold.release();
  await turn();
  expect(first.told).toEqual([true, false, true]);
  first.hold.release();
});

test('without locks every tab writes', () => {
  const alone = tab(undefined);
  alone.hold.request();
  expect(alone.told).toEqual([true]);
});
