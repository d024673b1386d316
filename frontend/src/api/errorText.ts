import type { Say } from '../language/language.svelte';
import type { WireError } from '../wire/WireError';

/** What to say and what to do, by stable code; else the server's own words. */
export const TEXTS: Readonly<Record<string, string>> = {
  'viewer:server-unreachable':
    'The server cannot be reached. Check the network, then reload the page.',
  'viewer:draft-not-fetched':
    'The stored mask did not come. It is safe on the server, and asked for again.',
  'viewer:logged-out':
    'You are not logged in any more. Log in and open the case again: what you ' +
    'marked is kept here and sent then.',
  'viewer:session-refused':
    'This case is not open to you any more. Ask the project lead.',
  'viewer:mask-unreadable':
    'An answer could not be read. Nothing is lost; reload the page.',
  'viewer:mask-differs':
    'The mask shown here was not the stored one. The stored one is shown now.',
  'viewer:slice-not-loaded':
    'Slice {slice} could not be loaded. It is tried again, and shown when it is here.',
  'viewer:geometry-disagrees':
    'The image and the mask do not lie on each other. Do not annotate this ' +
    'case; tell the project lead.',
  'viewer:webgl-lost':
    'The graphics card stopped drawing. Reload the page; nothing is lost.',
  'http:401': 'You are not logged in any more. Log in and open the case again.',
  'http:403': 'You may not do this. Log in again or ask the project lead.',
  'http:404': 'This case does not exist, or it is not yours.',
};

/** One plain sentence for the reader. */
export function errorText(error: WireError, say: Say): string {
  const slice = error.extra?.slice;
  return say(
    TEXTS[error.code] ?? error.message,
    typeof slice === 'number' ? { slice: slice + 1 } : {},
  );
}
