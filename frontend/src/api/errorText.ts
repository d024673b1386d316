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
  'viewer:other-slice-not-loaded':
    'Slice {slice} of the other series {series} could not be loaded. It is tried ' +
    'again, and shown when it is here.',
  'viewer:geometry-disagrees':
    'The image and the mask do not lie on each other. Do not annotate this ' +
    'case; tell the project lead.',
  'viewer:webgl-lost':
    'The graphics card stopped drawing. It is drawn plainly now; nothing is lost.',
  'viewer:not-compared':
    'At an address without https the browser cannot compare the mask with the ' +
    'stored one.',
  'viewer:all-accepted':
    'All slices are accepted. Submit the case when you are done with it.',
  'viewer:label-not-here':
    'The chosen label is not there; nothing has changed.',
  'viewer:nothing-between':
    'To interpolate, the chosen label must be on a slice before and on one after ' +
    'that you have marked, painted or accepted.',
  'viewer:label-locked':
    'The chosen label is locked against paint. Unlock it first.',
  'session:submitted':
    'This case has been submitted. Ask the project lead to assign it again.',
  'session:engine-not-offered':
    'This project no longer offers the model of this case. Ask its lead.',
  'session:still-working':
    'The model is still answering. Submit again in a moment.',
  'session:already-open-elsewhere':
    'This case is open already; there is one session at a time.',
  'session:no-such-turn': 'This mark is not in this case.',
  'access:read-only':
    'Only the reader of this case may change it; you may look.',
  'access:missing': 'This case does not exist, or it is not yours.',
  'access:not-logged-in':
    'You are not logged in any more. Log in and open the case again.',
  'message:too-large':
    'This mark is too large to be sent at once. It is kept here: press Enter ' +
    'to send it in parts, or Ctrl+Z to take it back.',
  'message:malformed':
    'The server could not read this mark. It is kept here: reload the page and ' +
    'send it again, or take it back with Ctrl+Z.',
  'message:turn-id-reused':
    'The server has another mark under this name. This one is kept here: press ' +
    'Enter to send it again.',
  'message:unknown-type':
    'This page is older than the server. Reload it; nothing is lost.',
  'session:nothing-to-undo': 'There is nothing to undo.',
  'session:nothing-to-redo': 'There is nothing to bring back.',
  'prompt:not-taken': 'The model of this case does not take such a mark.',
  'prompt:across-slices':
    'The model of this case takes such marks on a single slice only.',
  'prompt:outside-volume':
    'The mark lies outside the volume. Mark inside the image.',
  'prompt:unknown-label':
    'This label is not one of the project. Choose one from the list.',
  'prompt:empty': 'There is nothing in this mark. Draw something first.',
  'engine:worker-lost':
    'The computer that worked on this stopped. It is begun again by itself; ' +
    'nothing is lost.',
  'engine:unknown':
    'The model of this case is no longer offered. Ask the project lead.',
  'store:volume-missing':
    'The image of this case cannot be read. Tell the project lead.',
  'store:volume-altered':
    'The image of this case is not the one that was imported. Tell the ' +
    'project lead.',
  'service:unexpected':
    'Something went wrong on the server; it has been noted. Try again.',
  'http:401': 'You are not logged in any more. Log in and open the case again.',
  'http:403': 'You may not do this. Log in again or ask the project lead.',
  'http:429': 'That was too often. Wait a moment, then try again.',
  'http:500':
    'Something went wrong on the server. Nothing is lost; try again in a moment.',
  'http:502': 'The server is being restarted. Try again in a moment.',
  'http:503': 'The server is being restarted. Try again in a moment.',
  'viewer:unexpected':
    'Something went wrong on this page. Nothing is lost: what is not saved is ' +
    'kept here. Reload the page.',
  'http:404': 'This case does not exist, or it is not yours.',
};

/** One plain sentence for the reader. */
export function errorText(error: WireError, say: Say): string {
  const { slice, series } = error.extra ?? {};
  return say(TEXTS[error.code] ?? error.message, {
    ...(typeof slice === 'number' ? { slice: slice + 1 } : {}),
    ...(typeof series === 'string' ? { series } : {}),
  });
}
