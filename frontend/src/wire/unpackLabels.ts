import { countVoxels } from './countVoxels';
import { decodeBase64 } from './decodeBase64';
import type { PackedRegion } from './PackedRegion';

/**
 * The labels of a packed region, C order.
 *
 * @throws RangeError when the data is not what the region's size asks for
 */
export async function unpackLabels(packed: PackedRegion): Promise<Uint8Array> {
  const count = countVoxels(packed);
  const stride = Math.ceil(count / 8);
  if (packed.planes < 1 || packed.planes > 8) {
    throw new RangeError(`Labels have 1 to 8 bit planes, not ${packed.planes}`);
  }
  const wanted = stride * packed.planes;
  const bytes = await inflate(decodeBase64(packed.data), wanted);
  if (bytes.length !== wanted) {
    throw new RangeError(
      `A region of ${count} voxels in ${packed.planes} planes needs ` +
        `${wanted} bytes; ${bytes.length} came`,
    );
  }
  const labels = new Uint8Array(count);
  for (let plane = 0; plane < packed.planes; plane += 1) {
    const bit = 1 << plane;
    const offset = plane * stride;
    for (let byte = 0; byte < stride; byte += 1) {
      let rest = bytes[offset + byte] as number;
      // Most bytes of a mask are empty: one test instead of eight.
      for (let i = byte * 8; rest !== 0; i += 1) {
        if (rest & 0x80 && i < count) {
          labels[i] = (labels[i] as number) | bit;
        }
        rest = (rest << 1) & 0xff;
      }
    }
  }
  return labels;
}

/**
 * Straight through, within the task: a blob would be read in another process,
 * and a response waits for its turn behind slices that come.
 *
 * @param length bytes that are wanted; one more tells that there are too many
 */
async function inflate(
  data: Uint8Array<ArrayBuffer>,
  length: number,
): Promise<Uint8Array> {
  const { readable, writable } = new DecompressionStream('deflate');
  const writer = writable.getWriter();
  const written = writer.write(data).then(() => writer.close());
  // What is wrong with the data is told by reading it.
  written.catch(() => undefined);
  const bytes = new Uint8Array(length + 1);
  let filled = 0;
  // By its reader: not every browser walks a stream with "for await".
  const reader = readable.getReader();
  for (;;) {
    const { value: chunk } = await reader.read();
    if (!chunk) {
      break;
    }
    bytes.set(chunk.subarray(0, bytes.length - filled), filled);
    filled = Math.min(filled + chunk.length, bytes.length);
  }
  return bytes.subarray(0, filled);
}
