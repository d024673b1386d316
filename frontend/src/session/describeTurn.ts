import type { Prompt } from '../wire/Prompt';
import { sliceOfPrompt } from '../wire/sliceOfPrompt';
import { slicesOfPrompt } from '../wire/slicesOfPrompt';
import type { LogTurn } from './LogState';

/** A turn in a few words. */
export interface TurnSummary {
  readonly title: string;
  /** label that it gives; null where it gives none of its own */
  readonly label: number | null;
  /** the slice to look at it on */
  readonly slice: number;
  /** first and last slice that it is about */
  readonly slices: readonly [first: number, last: number];
  /** how many things of this kind it holds */
  readonly count: number;
}

const TITLES: Readonly<Record<Prompt['kind'], string>> = {
  scribble: 'Scribble',
  click: 'Click',
  box: 'Box',
  extreme_points: 'Four points',
  lasso: 'Lasso',
  paint: 'Paint',
  propagate: 'Propagate',
  accept: 'Accept',
  visit: 'Look',
};

/** What a turn did, by its first prompt that is more than a look. */
export function describeTurn(turn: Pick<LogTurn, 'prompts'>): TurnSummary {
  const marks = turn.prompts.filter(({ kind }) => kind !== 'visit');
  const first = marks[0] ?? turn.prompts[0];
  if (!first) {
    return { title: '', label: null, slice: 0, slices: [0, 0], count: 0 };
  }
  const alike = marks.filter(({ kind }) => kind === first.kind);
  const slice = sliceOfPrompt(first);
  const slices = [...new Set([slice, ...alike.flatMap(slicesOfPrompt)])].sort(
    (a, b) => a - b,
  );
  return {
    title: TITLES[first.kind],
    label: 'label' in first ? first.label : null,
    slice,
    slices: [slices[0] ?? slice, slices.at(-1) ?? slice],
    count: isAcross(slices) ? 1 : alike.length,
  };
}

/**
 * A mark across the slices is written as prompts of one slice each, and leaves
 * out no slice on its way.
 *
 * @param slices different ones, in order
 */
function isAcross(slices: readonly number[]): boolean {
  const [first = 0, last = 0] = [slices[0], slices.at(-1)];
  return slices.length > 1 && last - first === slices.length - 1;
}
