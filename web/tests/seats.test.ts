import { describe, expect, it } from 'vitest';

import { NO_SEATS, seat } from '../src/live/seats.ts';
import { person } from './space-fixture.ts';

const host = person('ana', { role: 'host' });
const [ben, cleo, dan] = [person('ben'), person('cleo'), person('dan')];

describe('faces', () => {
  it('begin with the host, whenever the host came', () => {
    expect(seat(NO_SEATS, [ben, cleo, host])).toEqual([host.id, ben.id, cleo.id]);
  });

  it('stay where they are when somebody between them goes', () => {
    const before = seat(NO_SEATS, [host, ben, cleo]);
    expect(seat(before, [host, cleo])).toEqual([host.id, null, cleo.id]);
  });

  it('fill the first gap and move nobody when somebody comes', () => {
    const before = seat(seat(NO_SEATS, [host, ben, cleo]), [host, cleo]);
    expect(seat(before, [host, cleo, dan])).toEqual([host.id, dan.id, cleo.id]);
  });

  it('leave no empty places behind the last', () => {
    const before = seat(NO_SEATS, [host, ben, cleo]);
    expect(seat(before, [host])).toEqual([host.id]);
  });

  it('keep the place of a host who is away', () => {
    const before = seat(NO_SEATS, [host, ben]);
    expect(seat(before, [ben])).toEqual([null, ben.id]);
    expect(seat(seat(before, [ben]), [ben, host])).toEqual([host.id, ben.id]);
  });
});
