const END_OF_BLOCK = 256;
const SHORTEST_RUN = 3;
const LONGEST_RUN = 258;
/** Largest block of Adler-32 sums that stay within 32 bits. */
const ADLER_BLOCK = 3800;

/** First run length of each length symbol from 257 on (RFC 1951, 3.2.5). */
const LENGTHS = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67,
  83, 99, 115, 131, 163, 195, 227, 258,
];

/**
 * Compress to zlib at once, by runs of equal bytes alone: what bit planes of
 * masks are made of. The browser's own compressor answers later, and a stroke
 * has to be kept before anything else happens.
 */
export function deflateRuns(bytes: Uint8Array): Uint8Array {
  const sink = new BitSink();
  sink.byte(0x78);
  sink.byte(0x01);
  sink.bits(1, 1); // the last block
  sink.bits(1, 2); // with the fixed codes
  let at = 0;
  while (at < bytes.length) {
    const value = bytes[at] as number;
    sink.symbol(value);
    at += 1;
    let end = at;
    while (bytes[end] === value) {
      end += 1;
    }
    while (end - at >= SHORTEST_RUN) {
      const run = Math.min(end - at, LONGEST_RUN);
      sink.repeat(run);
      at += run;
    }
  }
  sink.symbol(END_OF_BLOCK);
  sink.align();
  const sum = adler32(bytes);
  for (const shift of [24, 16, 8, 0]) {
    sink.byte((sum >>> shift) & 0xff);
  }
  return sink.taken;
}

class BitSink {
  #bytes = new Uint8Array(1024);
  #length = 0;
  #held = 0;
  #count = 0;

  get taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** `count` bits of `value`, lowest first. */
  bits(value: number, count: number): void {
    this.#held |= value << this.#count;
    this.#count += count;
    while (this.#count >= 8) {
      this.byte(this.#held & 0xff);
      this.#held >>>= 8;
      this.#count -= 8;
    }
  }

  /** A literal, an end or a length, by its fixed Huffman code. */
  symbol(symbol: number): void {
    if (symbol < 144) {
      this.#code(0x30 + symbol, 8);
    } else if (symbol < 256) {
      this.#code(0x190 + symbol - 144, 9);
    } else if (symbol < 280) {
      this.#code(symbol - 256, 7);
    } else {
      this.#code(0xc0 + symbol - 280, 8);
    }
  }

  /** The byte before, `length` times more. */
  repeat(length: number): void {
    const index = LENGTHS.findLastIndex((first) => first <= length);
    this.symbol(257 + index);
    this.bits(length - (LENGTHS[index] as number), extraBits(index));
    this.bits(0, 5); // one byte back
  }

  align(): void {
    if (this.#count > 0) {
      this.bits(0, 8 - this.#count);
    }
  }

  /** Huffman codes go highest bit first. */
  #code(code: number, count: number): void {
    let turned = 0;
    for (let bit = 0; bit < count; bit += 1) {
      turned |= ((code >> bit) & 1) << (count - 1 - bit);
    }
    this.bits(turned, count);
  }
}

function extraBits(index: number): number {
  return index < 8 || index === LENGTHS.length - 1 ? 0 : (index - 4) >> 2;
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let from = 0; from < bytes.length; from += ADLER_BLOCK) {
    for (const byte of bytes.subarray(from, from + ADLER_BLOCK)) {
      a += byte;
      b += a;
    }
    a %= 65_521;
    b %= 65_521;
  }
  return ((b << 16) | a) >>> 0;
}
