import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Digests, DraftCheck } from '../../src/session/DraftCheck';
import { MaskVolume } from '../../src/session/MaskVolume';

const LABELS = Uint8Array.of(0, 1, 2, 0);

const digest = (labels: Uint8Array): string =>
  createHash('sha256').update(labels).digest('hex');

let mask: MaskVolume;
let stored: Digests;
let version: number;
const refetch = vi.fn();
const differs = vi.fn();
const fetched = vi.fn(async (_since: number) => stored);

function check(): DraftCheck {
  const stream = {
    mask,
    refetch,
    get version() {
      return version;
    },
  };
  return new DraftCheck(stream, fetched, differs);
}

beforeEach(() => {
  vi.clearAllMocks();
  mask = new MaskVolume([3, 2, 2]);
  mask.write({ start: [1, 0, 0], stop: [2, 2, 2], labels: LABELS }, 4);
  version = 4;
  stored = { version: 4, digests: { '1': digest(LABELS) } };
});

describe('a comparison', () => {
  test('of equal masks says nothing, and goes on from there', async () => {
    const checking = check();
    await checking.compare();
    await checking.compare();
    expect(fetched.mock.calls).toEqual([[0], [4]]);
    expect(refetch).not.toHaveBeenCalled();
  });

  test('fetches and tells what differs or lacks', async () => {
    stored = { version: 4, digests: { '1': digest(LABELS), '2': 'ab' } };
    const checking = check();
    await checking.compare();
    expect(differs).toHaveBeenCalledWith([2]);
    expect(refetch).toHaveBeenCalledOnce();
    await checking.compare();
    expect(fetched.mock.calls).toEqual([[0], [0]]);
  });

  test('finds what is shown and not stored, now and later', async () => {
    const surplus = {
      start: [2, 0, 0],
      stop: [3, 2, 2],
      labels: LABELS,
    } as const;
    const checking = check();
    await checking.compare();
    mask.write(surplus, 4);
    stored = { version: 4, digests: {} };
    await checking.compare();
    expect(differs).toHaveBeenCalledWith([2]);
    expect(refetch).toHaveBeenCalledOnce();
    // Everything is compared anew then.
    await checking.compare();
    expect(fetched.mock.calls).toEqual([[0], [4], [0]]);
  });

  test('with another version means nothing', async () => {
    version = 5;
    stored = { version: 4, digests: { '1': 'ab' } };
    await check().compare();
    expect(differs).not.toHaveBeenCalled();
  });
});
