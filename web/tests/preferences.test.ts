import { expect, it } from 'vitest';

import { readWishes } from '../src/live/preferences.svelte.ts';

it('remembers what was wished', () => {
  expect(readWishes('{"toneLive":false,"microphone_id":"abc"}')).toMatchObject({ toneLive: false, microphone_id: 'abc', toneCalled: true });
});

it.each([null, '', 'not JSON', 'null', '[]', '{"toneLive":"no"}'])('begins anew with what it does not understand: %s', (stored) => {
  expect(readWishes(stored)).toMatchObject({ toneLive: true, letterShortcuts: true, microphone_id: '' });
});
