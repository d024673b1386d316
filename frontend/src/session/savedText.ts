import type { Say } from '../language/language.svelte';
import type { SessionStatus } from './SessionStatus';

/** The one sentence about what is saved. */
export function savedText(status: SessionStatus, say: Say): string {
  const steps = stepsText(status, say);
  switch (status.connection) {
    case 'refused':
      return steps
        ? say('closed: {steps} kept here', { steps })
        : say('closed');
    case 'offline':
      if (!steps) {
        return say('offline: all saved');
      }
      return status.durable
        ? say('offline: {steps} kept', { steps })
        : say('offline: {steps} kept until this page closes', { steps });
    case 'connecting':
      return steps
        ? say('connecting: {steps} kept', { steps })
        : say('connecting');
    case 'online':
      return steps
        ? say('saving')
        : say('all saved v{version}', { version: status.draftVersion });
  }
}

/** What is unsent; empty where nothing is. */
function stepsText(
  { unsent: n, unsentStrokes }: SessionStatus,
  say: Say,
): string {
  if (n === 0) {
    return '';
  }
  if (unsentStrokes === n) {
    return n === 1 ? say('1 stroke') : say('{n} strokes', { n });
  }
  return n === 1 ? say('1 change') : say('{n} changes', { n });
}
