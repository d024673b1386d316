import type { Shelf } from '../session/Shelf';
import type { ToolName } from '../tools/ToolName';
import type { Window } from '../viewer/Viewer';

/** What the hand and the eye are set to, as `CaseDesk` has it. */
export interface SetDesk {
  readonly look: {
    opacity: number;
    outline: boolean;
    marksShown: boolean;
    readonly labels: readonly { readonly value: number; visible: boolean }[];
  };
  readonly levels: {
    readonly window: Window | null;
    readonly own: Window | null;
  };
  readonly box: {
    readonly tool: ToolName;
    readonly tools: readonly ToolName[];
    width: number;
    ball: boolean;
    limited: boolean;
    low: number;
    high: number;
    choose(tool: ToolName): void;
  };
  readonly ground: { locked: ReadonlySet<number> };
  readonly view: { inverse: boolean };
  readonly other: { opacity: number };
}

type Kept = Readonly<Record<string, unknown>>;

const HAND = 'slicewise:hand';

/**
 * What a reader has set, so that it is set in the next case: tool and look for
 * this browser, grey values for the modality where its units mean something,
 * and for the case itself window, locks and hidden labels. What is odd in the
 * storage is left out.
 */
export class HandMemory {
  readonly #desk: SetDesk;
  readonly #shelf: Shelf;
  readonly #modalityKey: string;
  readonly #caseKey: string;
  /** whether a value means the same in every volume of the modality */
  readonly #absolute: boolean;
  readonly #written = new Map<string, string>();

  constructor(desk: SetDesk, shelf: Shelf, modality: string, session: string) {
    this.#desk = desk;
    this.#shelf = shelf;
    this.#modalityKey = `${HAND}:${modality}`;
    this.#caseKey = `slicewise:case:${session}`;
    this.#absolute = modality === 'CT';
  }

  /** The window to begin with; null where the volume's own is as good as any. */
  get window(): Window | null {
    const ofCase = asWindow(this.#read(this.#caseKey).window);
    return ofCase ?? asWindow(this.#read(this.#modalityKey).window);
  }

  /** Set the desk as it was left. */
  restore(): void {
    const { box, ground, look, view, other } = this.#desk;
    const hand = this.#read(HAND);
    const ofCase = this.#read(this.#caseKey);
    const grey = { ...this.#read(this.#modalityKey), ...ofCase };
    const tool = box.tools.find((known) => known === hand.tool);
    if (tool && tool !== box.tool) {
      box.choose(tool);
    }
    box.width = number(hand.width, 1, 99) ?? box.width;
    box.ball = truth(hand.ball) ?? box.ball;
    look.opacity = number(hand.opacity, 0, 1) ?? look.opacity;
    look.outline = truth(hand.outline) ?? look.outline;
    look.marksShown = truth(hand.marks) ?? look.marksShown;
    other.opacity = number(hand.fusion, 0, 1) ?? other.opacity;
    view.inverse = truth(grey.inverse) ?? view.inverse;
    const [low, high] = [number(grey.low), number(grey.high)];
    if (low !== null && high !== null) {
      [box.low, box.high] = [low, high];
      box.limited = truth(grey.limited) ?? false;
    }
    ground.locked = new Set(numbers(ofCase.locked));
    const hidden = new Set(numbers(ofCase.hidden));
    for (const label of look.labels) {
      label.visible = !hidden.has(label.value);
    }
  }

  /** Keep how the desk is set now. */
  keep(): void {
    const { box, ground, look, view, other, levels } = this.#desk;
    this.#write(HAND, {
      tool: box.tool,
      width: box.width,
      ball: box.ball,
      opacity: look.opacity,
      outline: look.outline,
      marks: look.marksShown,
      fusion: other.opacity,
    });
    const bounds = { limited: box.limited, low: box.low, high: box.high };
    // A picture that has not come yet says nothing about its window.
    const seen = levels.window ?? this.window;
    const chosen = seen && !same(seen, levels.own) ? seen : null;
    this.#write(this.#modalityKey, {
      inverse: view.inverse,
      ...(this.#absolute ? { ...bounds, window: chosen } : {}),
    });
    this.#write(this.#caseKey, {
      inverse: view.inverse,
      ...bounds,
      window: seen,
      locked: [...ground.locked],
      hidden: look.labels.filter((l) => !l.visible).map(({ value }) => value),
    });
  }

  #read(key: string): Kept {
    try {
      const kept: unknown = JSON.parse(this.#shelf.read(key) ?? '{}');
      return typeof kept === 'object' && kept !== null ? (kept as Kept) : {};
    } catch {
      return {};
    }
  }

  #write(key: string, kept: Kept): void {
    const text = JSON.stringify(kept);
    if (this.#written.get(key) !== text) {
      this.#written.set(key, text);
      this.#shelf.keep(key, text);
    }
  }
}

function same(a: Window, b: Window | null): boolean {
  return a.center === b?.center && a.width === b.width;
}

function asWindow(kept: unknown): Window | null {
  const { center, width } = (kept ?? {}) as Kept;
  const [middle, breadth] = [number(center), number(width, Number.MIN_VALUE)];
  return middle !== null && breadth !== null
    ? { center: middle, width: breadth }
    : null;
}

function number(
  kept: unknown,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): number | null {
  return typeof kept === 'number' && kept >= least && kept <= most
    ? kept
    : null;
}

function truth(kept: unknown): boolean | null {
  return typeof kept === 'boolean' ? kept : null;
}

function numbers(kept: unknown): readonly number[] {
  return Array.isArray(kept)
    ? kept.filter((value) => Number.isInteger(value))
    : [];
}
