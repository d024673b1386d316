import type { components } from './schema';

/** What `POST /api/assignments/<id>/session` answers. */
export type SessionDetail = components['schemas']['Session'];
