import type { Prompt } from '../wire/Prompt';
import { sliceOfPrompt } from '../wire/sliceOfPrompt';
import type { LogTurn } from './LogState';

/** A turn in a few words. */
export interface TurnSummary {
  readonly title: string;
  /** label that it gives; null where it gives none of its own */
  readonly label: number | null;
  readonly slice: number;
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
    return { title: '', label: null, slice: 0, count: 0 };
  }
  return {
    title: TITLES[first.kind],
    label: 'label' in first ? first.label : null,
    slice: sliceOfPrompt(first),
    count: marks.filter(({ kind }) => kind === first.kind).length,
  };
}
