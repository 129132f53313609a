import { describe, expect, it } from 'vitest';

import { canManage, hostFirst, myRole, stillListening } from '../src/live/view.ts';
import { person, spaceOf } from './space-fixture.ts';

const ana = person('ana', { role: 'host' });
const ben = person('ben', { role: 'cohost' });
const cleo = person('cleo');

describe('the stage', () => {
  it('puts the host first and leaves the others in their order', () => {
    expect(hostFirst([cleo, ana, ben]).map((one) => one.id)).toEqual(['pa_ana', 'pa_cleo', 'pa_ben']);
  });

  it('makes a listener of whoever is not on it', () => {
    expect(myRole(spaceOf({ you: 'dora', stage: [ana] }))).toBe('listener');
  });
});

describe('who may manage whom', () => {
  it('lets the host manage everybody but the host', () => {
    const view = spaceOf({ you: 'ana', stage: [ana, ben, cleo] });
    expect([ana, ben, cleo].map((one) => canManage(view, one))).toEqual([false, true, true]);
  });

  it('lets a co-host manage speakers only', () => {
    const view = spaceOf({ you: 'ben', stage: [ana, ben, cleo] });
    expect([ana, ben, cleo].map((one) => canManage(view, one))).toEqual([false, false, true]);
  });

  it('lets a speaker manage nobody', () => {
    const view = spaceOf({ you: 'cleo', stage: [ana, ben, cleo] });
    expect([ana, ben, cleo].some((one) => canManage(view, one))).toBe(false);
  });
});

it('names as listening nobody who stands on the stage by now', () => {
  const view = spaceOf({ you: 'ana', stage: [ana, cleo] });
  expect(stillListening(view, [cleo, person('dora')]).map((one) => one.id)).toEqual(['pa_dora']);
});
