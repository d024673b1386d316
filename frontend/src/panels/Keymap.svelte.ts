import type { Say } from '../language/language.svelte';
import type { Hotkey } from './hotkeys';

/** Keys by the English title of what they do. */
export type Bindings = Readonly<Record<string, readonly string[]>>;

const KEY = 'slicewise:keys';
const MOST_KEYS = 4;

/**
 * Which key does what: as `hotkeys` has it, but for what the reader has bound
 * anew. Only that is kept, so that new keys of a later version still come.
 */
export class Keymap {
  readonly #hotkeys: readonly Hotkey[];
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  bound = $state.raw<Bindings>({});
  readonly #actions = $derived.by(() => {
    const actions = new Map<string, Hotkey>();
    for (const hotkey of this.#hotkeys) {
      for (const key of this.keysOf(hotkey)) {
        actions.set(key, hotkey);
      }
    }
    return actions;
  });

  constructor(
    hotkeys: readonly Hotkey[],
    storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
  ) {
    this.#hotkeys = hotkeys;
    this.#storage = storage;
    try {
      this.bound = this.#checked(JSON.parse(storage.getItem(KEY) ?? '{}'));
    } catch {
      // What is odd there is as good as nothing.
      this.bound = {};
    }
  }

  get hotkeys(): readonly Hotkey[] {
    return this.#hotkeys;
  }

  keysOf(hotkey: Hotkey): readonly string[] {
    return this.bound[hotkey.title] ?? hotkey.keys;
  }

  /** The first key of an action, as people write it; empty where it has none. */
  hint(title: string): string {
    const hotkey = this.#hotkeys.find((known) => known.title === title);
    const key = hotkey && this.keysOf(hotkey)[0];
    return key === undefined ? '' : shownKey(key);
  }

  /** A text (else the action's title), and its key in brackets. */
  hinted(title: string, say: Say, text = title): string {
    const hint = this.hint(title);
    return hint ? `${say(text)} (${hint})` : say(text);
  }

  actionOf(key: string): Hotkey | undefined {
    return this.#actions.get(key);
  }

  /**
   * Give a key to an action in place of its first; whatever had it loses it.
   */
  bind(hotkey: Hotkey, key: string): void {
    const bound: Record<string, readonly string[]> = { ...this.bound };
    const loser = this.actionOf(key);
    if (loser && loser !== hotkey) {
      bound[loser.title] = this.keysOf(loser).filter((other) => other !== key);
    }
    const others = this.keysOf(hotkey).slice(1);
    bound[hotkey.title] = [key, ...others.filter((other) => other !== key)];
    this.#keep(bound);
  }

  reset(): void {
    this.#keep({});
  }

  /** Everything that the reader has bound anew, as a file's text. */
  exported(): string {
    return JSON.stringify({ slicewise: 'keys', bound: this.bound }, null, 2);
  }

  /**
   * Take over what `exported` wrote.
   *
   * @throws SyntaxError when the text is no JSON
   * @throws RangeError when it is not such a file, or a key would do two things
   */
  import(text: string): void {
    const file = JSON.parse(text) as { slicewise?: unknown; bound?: unknown };
    if (file?.slicewise !== 'keys') {
      throw new RangeError('This is no file of keys');
    }
    this.#keep(this.#checked(file.bound));
  }

  #checked(bound: unknown): Bindings {
    if (typeof bound !== 'object' || bound === null || Array.isArray(bound)) {
      throw new RangeError('This is no file of keys');
    }
    const titles = new Set(this.#hotkeys.map(({ title }) => title));
    const checked: Record<string, readonly string[]> = {};
    for (const [title, keys] of Object.entries(bound)) {
      // Actions of another version are left out, not refused.
      if (titles.has(title)) {
        if (
          !Array.isArray(keys) ||
          keys.length > MOST_KEYS ||
          !keys.every((key) => typeof key === 'string' && key.length < 30)
        ) {
          throw new RangeError(`The keys of “${title}” cannot be read`);
        }
        checked[title] = keys;
      }
    }
    const all = this.#hotkeys.flatMap(
      ({ title, keys }) => checked[title] ?? keys,
    );
    const twice = all.find((key, i) => all.indexOf(key) !== i);
    if (twice) {
      throw new RangeError(`${shownKey(twice)} would do two things`);
    }
    return checked;
  }

  #keep(bound: Bindings): void {
    this.bound = bound;
    try {
      this.#storage.setItem(KEY, JSON.stringify(bound));
    } catch {
      // A full or forbidden storage: bound until the page is left.
    }
  }
}

const SIGNS: Readonly<Record<string, string>> = {
  arrowup: '↑',
  arrowdown: '↓',
  arrowleft: '←',
  arrowright: '→',
  escape: 'Esc',
  pageup: 'PgUp',
  pagedown: 'PgDn',
};

/** A key of `keyName` as people write it. */
export function shownKey(key: string): string {
  const parts = /^((?:ctrl\+)?(?:shift\+)?)(.+)$/.exec(key);
  const [before = '', sign = key] = parts ? parts.slice(1) : [];
  const capital = sign.charAt(0).toUpperCase() + sign.slice(1);
  return (
    before.replace('ctrl', 'Ctrl').replace('shift', 'Shift') +
    (SIGNS[sign] ?? capital)
  );
}
