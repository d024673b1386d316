/**
 * Red, green and blue (0 to 255) of a `#rrggbb` colour.
 *
 * @throws RangeError when it is not one
 */
export function parseColor(
  color: string,
): readonly [red: number, green: number, blue: number] {
  if (!/^#[0-9a-f]{6}$/i.test(color)) {
    throw new RangeError(`${color} is not a colour like #12ab9f`);
  }
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}
