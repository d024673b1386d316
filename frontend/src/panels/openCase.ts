import { mount } from 'svelte';
import { fetchDigests } from '../api/fetchDigests';
import { fetchDraft } from '../api/fetchDraft';
import { openSession } from '../api/openSession';
import type { Shape } from '../geometry/frames';
import { speak } from '../language/language.svelte';
import { browserId } from '../session/browserId';
import { DraftCheck } from '../session/DraftCheck';
import { EventRecorder } from '../session/EventRecorder';
import { MaskStream } from '../session/MaskStream';
import { newId } from '../session/newId';
import { SeatHold } from '../session/SeatHold';
import { Session } from '../session/Session';
import { pageStorage, Shelf } from '../session/Shelf';
import { SocketLink } from '../session/SocketLink';
import { UnsentStore } from '../session/UnsentStore';
import { watchSilence } from '../session/watchSilence';
import { chooseDrawing, type Drawing } from '../viewer/chooseDrawing';
import type { Viewer } from '../viewer/Viewer';
import { CaseDesk } from './CaseDesk.svelte';
import CasePage from './CasePage.svelte';
import { exposeDebug } from './exposeDebug';
import { hotkeys } from './hotkeys';
import { Keymap } from './Keymap.svelte';
import { Preferences } from './Preferences.svelte';

/**
 * Open the case that the page's element names, and show it.
 *
 * @throws ApiError when the server refuses the session
 */
export async function openCase(target: HTMLElement): Promise<void> {
  const { assignment = '', user = '', worklist = '/' } = target.dataset;
  const storage = pageStorage();
  const preferences = new Preferences(storage, {
    language: navigator.language.startsWith('de') ? 'de' : 'en',
  });
  speak(preferences.liked.language);
  const now = (): number => performance.now();
  const recorder = new EventRecorder(newId(), now);
  recorder.record('load');
  recorder.record('visibility', { state: document.visibilityState });
  // The image library is large: it travels while the session opens.
  const makeViewer = loadViewer(chooseDrawing(preferences.liked.drawing));
  makeViewer.catch(() => undefined);
  const detail = await openSession(assignment);
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const stream = new MaskStream(detail.volume.shape as unknown as Shape, () =>
    fetchDraft(detail.id),
  );
  const link = new SocketLink(
    `${scheme}://${location.host}/ws/sessions/${detail.id}/`,
  );
  const session = new Session({
    link,
    stream,
    store: new UnsentStore(detail.id, storage),
    recorder,
    newId,
    now,
  });
  watchSilence(session, link, now);
  const shelf = new Shelf(storage);
  const browser = browserId(shelf, 'locks' in navigator, newId);
  const desk = new CaseDesk(
    detail,
    session,
    recorder,
    preferences,
    new Keymap(hotkeys, storage),
    shelf,
    new SeatHold(link, browser),
  );
  exposeDebug(desk);
  desk.sitDown();
  if (crypto.subtle) {
    const check = new DraftCheck(
      stream,
      (since) => fetchDigests(detail.id, since),
      (slices) =>
        desk.board.tell({
          code: 'viewer:mask-differs',
          message: `Slices ${slices} were not what is stored`,
          extra: { slices: slices.length },
        }),
    );
    session.events.on('mask', () => check.changed());
  }
  mount(CasePage, {
    target,
    props: {
      desk,
      user,
      worklist,
      makeViewer: async (element: HTMLDivElement, plain: boolean) =>
        (await (plain ? loadViewer('plain') : makeViewer))(element),
    },
  });
}

async function loadViewer(
  drawing: Drawing,
): Promise<(element: HTMLDivElement) => Viewer> {
  if (drawing === 'plain') {
    const { CanvasViewer } = await import('../viewer/CanvasViewer');
    return (element) => new CanvasViewer(element);
  }
  const { CornerstoneViewer } = await import('../viewer/CornerstoneViewer');
  return (element) => new CornerstoneViewer(element);
}
