import { mount } from 'svelte';
import './panels/theme.css';
import { errorText } from './api/errorText';
import { t } from './language/language.svelte';
import { openCase } from './panels/openCase';
import Problem from './panels/Problem.svelte';
import { asWireError } from './wire/asWireError';

const target = document.getElementById('app');
if (!target) {
  throw new Error('The page has no element #app');
}

openCase(target).catch((error: unknown) => {
  mount(Problem, {
    target,
    props: {
      title: 'This case cannot be opened',
      text: errorText(asWireError(error), t),
      worklist: target.dataset.worklist ?? '/',
    },
  });
});
