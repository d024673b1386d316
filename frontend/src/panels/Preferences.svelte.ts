/** How many panes there are, and how they lie. */
export const LAYOUTS = ['single', 'beside', 'equal'] as const;
export type Layout = (typeof LAYOUTS)[number];

export const THEMES = ['dark', 'light', 'reading-room'] as const;
export type Theme = (typeof THEMES)[number];

export const PALETTES = ['project', 'safe'] as const;
export type Palette = (typeof PALETTES)[number];

/** Size of text and controls, in percent. */
export const SCALES = ['100', '125', '150'] as const;
export type Scale = (typeof SCALES)[number];

/** What draws the picture: the graphics card, or plain canvases. */
export const DRAWINGS = ['auto', 'graphics', 'plain'] as const;

/** What a reader likes, on every case of this browser. */
export interface Liked {
  layout: Layout;
  theme: Theme;
  palette: Palette;
  scale: Scale;
  language: 'en' | 'de';
  drawing: (typeof DRAWINGS)[number];
  leftHanded: boolean;
  smooth: boolean;
  /** dashes tell outlines apart as well as colours */
  dashes: boolean;
  crosshair: boolean;
  /** whether the surface of the mask has a pane */
  surface: boolean;
  /** whether a plane turned about the crosshair has one */
  oblique: boolean;
  toured: boolean;
}

const KEY = 'slicewise:preferences';

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  layout: LAYOUTS,
  theme: THEMES,
  palette: PALETTES,
  scale: SCALES,
  language: ['en', 'de'],
  drawing: DRAWINGS,
};

const FIRST: Liked = {
  layout: 'single',
  theme: 'dark',
  palette: 'project',
  scale: '100',
  language: 'en',
  drawing: 'auto',
  leftHanded: false,
  smooth: true,
  dashes: false,
  crosshair: true,
  surface: false,
  oblique: false,
  toured: false,
};

type Shelf = Pick<Storage, 'getItem' | 'setItem'>;

/** The reader's preferences, kept in `storage`; what is odd there is left out. */
export class Preferences {
  readonly liked: Liked;
  readonly #storage: Shelf;

  constructor(storage: Shelf, first: Partial<Liked> = {}) {
    this.#storage = storage;
    this.liked = $state({ ...FIRST, ...first, ...readLiked(storage) });
  }

  like<Name extends keyof Liked>(name: Name, value: Liked[Name]): void {
    this.liked[name] = value;
    try {
      this.#storage.setItem(KEY, JSON.stringify(this.liked));
    } catch {
      // A full or forbidden storage: liked until the page is left.
    }
  }

  /** The one after the present one, the first after the last. */
  next<Name extends 'layout' | 'theme' | 'palette' | 'scale'>(
    name: Name,
  ): void {
    const choices = CHOICES[name] as readonly Liked[Name][];
    const now = choices.indexOf(this.liked[name]);
    this.like(name, choices[(now + 1) % choices.length] as Liked[Name]);
  }
}

function readLiked(storage: Shelf): Partial<Liked> {
  let kept: unknown;
  try {
    kept = JSON.parse(storage.getItem(KEY) ?? '{}');
  } catch {
    return {};
  }
  if (typeof kept !== 'object' || kept === null) {
    return {};
  }
  return Object.fromEntries(
    Object.entries(kept).filter(
      ([name, value]) =>
        CHOICES[name]?.includes(value) ||
        (typeof value === 'boolean' &&
          typeof FIRST[name as keyof Liked] === 'boolean'),
    ),
  );
}
