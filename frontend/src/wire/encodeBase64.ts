/** Base64 text of bytes. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  // In pieces: a function takes only some ten thousand arguments.
  for (let i = 0; i < bytes.length; i += 8192) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(binary);
}
