import { expect, test } from 'vitest';
import { csrfToken } from '../../src/api/csrfToken';
import { errorText } from '../../src/api/errorText';
import { t } from '../../src/language/language.svelte';

test('the token is found among other cookies', () => {
  expect(csrfToken('a=1; csrftoken=x%3Dy; b=2')).toBe('x=y');
  expect(csrfToken('')).toBe('');
});

test('known codes have words of their own, others keep the server’s', () => {
  const slice = {
    code: 'viewer:slice-not-loaded',
    message: '500',
    extra: { slice: 4 },
  };
  expect(errorText(slice, t)).toMatch(/^Slice 5 could not be loaded/);
  expect(
    errorText({ code: 'prompt:new', message: 'Say this.', extra: {} }, t),
  ).toBe('Say this.');
});
