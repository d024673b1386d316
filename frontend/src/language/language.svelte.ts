import { german } from './german';

export type Language = 'en' | 'de';

/** Translations by the English text; English needs none. */
const CATALOGUES: Readonly<Record<Language, Readonly<Record<string, string>>>> =
  { en: {}, de: german };

export const LANGUAGES: readonly { value: Language; name: string }[] = [
  { value: 'en', name: 'English' },
  { value: 'de', name: 'Deutsch' },
];

/** `t`, as those take it that know nothing of languages. */
export type Say = typeof t;

let spoken = $state<Language>('en');

export function speak(language: Language): void {
  spoken = language;
}

/**
 * A text of the page in the reader's language; what the catalogue lacks stays
 * English. `{name}` in the text becomes `values.name`.
 */
export function t(
  text: string,
  values: Readonly<Record<string, string | number>> = {},
): string {
  const said = CATALOGUES[spoken][text] ?? text;
  return said.replace(/\{(\w+)\}/g, (whole, name: string) =>
    String(values[name] ?? whole),
  );
}
