/**
 * A random UUID (RFC 9562, version 4). Browsers have one of their own on
 * encrypted addresses only.
 */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  return [
    digits.slice(0, 4),
    digits.slice(4, 6),
    digits.slice(6, 8),
    digits.slice(8, 10),
    digits.slice(10),
  ]
    .map((part) => part.join(''))
    .join('-');
}
