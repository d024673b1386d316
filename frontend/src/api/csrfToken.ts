/** The token that Django wants back with every change; '' without a cookie. */
export function csrfToken(cookies: string): string {
  const cookie = cookies
    .split('; ')
    .find((pair) => pair.startsWith('csrftoken='));
  return decodeURIComponent(cookie?.slice('csrftoken='.length) ?? '');
}
