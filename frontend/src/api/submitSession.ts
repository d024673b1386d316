import { request } from './request';

/** Hand the case in: the mask becomes a revision, the session ends. */
export async function submitSession(session: string): Promise<void> {
  await request('POST', `/api/sessions/${session}/submit`);
}
