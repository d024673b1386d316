import { Emitter } from '../../src/session/Emitter';
import type { Link, LinkEvents } from '../../src/session/Link';
import type { ClientMessage } from '../../src/wire/ClientMessage';
import type { ServerMessage } from '../../src/wire/ServerMessage';

/** A socket whose server is the test. */
export class FakeLink implements Link {
  readonly events = new Emitter<LinkEvents>();
  readonly sent: ClientMessage[] = [];
  open = true;
  renewed = 0;

  send(message: ClientMessage): boolean {
    if (this.open) {
      this.sent.push(message);
    }
    return this.open;
  }

  renew(): void {
    this.renewed += 1;
  }

  close(): void {
    this.open = false;
  }

  say(message: ServerMessage): void {
    this.events.emit('message', message);
  }

  lose(): void {
    this.open = false;
    this.events.emit('closed', { final: false, refusal: null });
  }

  /** What was sent since the last time, but clocks and events. */
  errands(): readonly ClientMessage[] {
    return this.sent
      .splice(0)
      .filter(({ type }) => type !== 'clock' && type !== 'events');
  }
}
