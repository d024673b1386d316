/** How one label is drawn. */
export interface LabelStyle {
  readonly value: number;
  /** sRGB, 0 to 255 */
  readonly color: readonly [red: number, green: number, blue: number];
  readonly visible: boolean;
}

/** How a mask is drawn. */
export interface MaskStyle {
  readonly labels: readonly LabelStyle[];
  /** 0 to 1 */
  readonly opacity: number;
  /** whether borders are drawn as lines too */
  readonly outline: boolean;
  /** whether the lines of labels differ in their dashes too */
  readonly dashes?: boolean;
}
