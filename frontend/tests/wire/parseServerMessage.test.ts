import { expect, test } from 'vitest';
import { parseServerMessage } from '../../src/wire/parseServerMessage';

test('a known message is read', () => {
  expect(parseServerMessage('{"type":"clock","t":1,"server_ms":2}')).toEqual({
    type: 'clock',
    t: 1,
    server_ms: 2,
  });
});

test.each(['{"type":"newer"}', '[]', '3', 'null', '{"t":1}'])(
  '%s is passed over',
  (frame) => {
    expect(parseServerMessage(frame)).toBeNull();
  },
);

test('a frame that is no JSON is an error', () => {
  expect(() => parseServerMessage('{')).toThrow(SyntaxError);
});
