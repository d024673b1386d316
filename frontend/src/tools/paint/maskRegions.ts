import { type Mask, neighbours } from './growMask';

/** Fill what lies outside the mask but cannot reach the image's edge. */
export function fillHoles(mask: Mask, columns: number): Mask {
  const outside = mask.map((inside) => (inside ? 0 : 1));
  const filled = new Uint8Array(mask.length).fill(1);
  for (const region of regionsOf(outside, columns)) {
    if (region.some((at) => onEdge(mask, at, columns))) {
      for (const at of region) {
        filled[at] = 0;
      }
    }
  }
  return filled;
}

/** Only the largest connected part (4-neighbours) of the mask. */
export function keepLargest(mask: Mask, columns: number): Mask {
  const kept = new Uint8Array(mask.length);
  const largest = regionsOf(mask, columns).reduce<readonly number[]>(
    (best, region) => (region.length > best.length ? region : best),
    [],
  );
  for (const at of largest) {
    kept[at] = 1;
  }
  return kept;
}

function regionsOf(mask: Mask, columns: number): readonly number[][] {
  const seen = new Uint8Array(mask.length);
  const regions: number[][] = [];
  for (let start = 0; start < mask.length; start += 1) {
    if (!mask[start] || seen[start]) {
      continue;
    }
    const region = [start];
    seen[start] = 1;
    for (let i = 0; i < region.length; i += 1) {
      for (const at of neighbours(mask, region[i] as number, columns)) {
        if (mask[at] && !seen[at]) {
          seen[at] = 1;
          region.push(at);
        }
      }
    }
    regions.push(region);
  }
  return regions;
}

function onEdge(mask: Mask, at: number, columns: number): boolean {
  const x = at % columns;
  return (
    x === 0 || x === columns - 1 || at < columns || at >= mask.length - columns
  );
}
