import { afterEach, expect, test, vi } from 'vitest';
import { newId } from '../../src/session/newId';

afterEach(() => vi.unstubAllGlobals());

test('ids are UUIDs of version 4, on plain addresses, too', () => {
  const real = crypto;
  vi.stubGlobal('crypto', {
    getRandomValues: (bytes: Uint8Array<ArrayBuffer>) =>
      real.getRandomValues(bytes),
  });
  const ids = Array.from({ length: 100 }, newId);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) {
    expect(id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  }
});
