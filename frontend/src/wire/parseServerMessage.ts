import type { ServerMessage } from './ServerMessage';

const KNOWN: ReadonlySet<string> = new Set<ServerMessage['type']>([
  'state',
  'turn_taken',
  'prediction',
  'canvas',
  'foreseen',
  'uncertainty',
  'log',
  'progress',
  'events_taken',
  'clock',
  'seat',
  'error',
]);

/**
 * The message in a text frame; null where its type is not known, so that a
 * newer server may say more than this page understands.
 *
 * @throws SyntaxError when the frame is not JSON
 */
export function parseServerMessage(frame: string): ServerMessage | null {
  const message: unknown = JSON.parse(frame);
  if (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    typeof message.type === 'string' &&
    KNOWN.has(message.type)
  ) {
    return message as ServerMessage;
  }
  return null;
}
