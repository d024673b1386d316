import type { SessionStatus } from './SessionStatus';

/** The one sentence about what is saved. */
export function savedText(status: SessionStatus): string {
  const count = status.unsent;
  const noun = status.unsentStrokes === count ? 'stroke' : 'change';
  const steps = `${count} ${noun}${count === 1 ? '' : 's'}`;
  switch (status.connection) {
    case 'refused':
      return count > 0 ? `closed: ${steps} kept here` : 'closed';
    case 'offline': {
      const kept = status.durable ? 'kept' : 'kept until this page closes';
      return count > 0 ? `offline: ${steps} ${kept}` : 'offline: all saved';
    }
    case 'connecting':
      return count > 0 ? `connecting: ${steps} kept` : 'connecting';
    case 'online':
      return count > 0 ? 'saving' : `all saved v${status.draftVersion}`;
  }
}
