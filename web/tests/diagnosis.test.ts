import { describe, expect, it } from 'vitest';

import { diagnose, type Facts } from '../src/live/diagnosis.ts';

const good: Facts = {
  isOnline: true,
  isSocketOpen: true,
  others: 2,
  othersOpen: 1,
  othersAway: 0,
  isSoundRestarting: false,
  server: 'ready',
  line: 'up',
  packets: 50,
  packetsSent: null,
  lossShare: 0,
  level: 0.1,
  voicesHeard: 1,
  roundTrip_ms: 20,
  protocol: 'udp',
  output: 'playing',
};

describe('what keeps one from hearing', () => {
  it('is nothing when all of it works', () => {
    expect(diagnose(good)).toEqual({
      hop: null,
      finding: 'found.all_good',
      hops: { their_microphone: 'good', server: 'good', my_connection: 'good', my_output: 'good' },
    });
  });

  it.each([
    ['their_microphone', 'found.nobody_on_stage', { others: 0, othersOpen: 0, voicesHeard: 0, level: 0 }],
    ['their_microphone', 'found.all_muted', { othersOpen: 0, voicesHeard: 0, level: 0 }],
    ['their_microphone', 'found.speaker_away', { othersAway: 1, voicesHeard: 0, level: 0 }],
    ['their_microphone', 'found.nobody_speaks', { packets: 0, voicesHeard: 0, level: 0 }],
    ['server', 'found.sound_restarting', { isSoundRestarting: true, server: 'not_ready' }],
    ['server', 'found.server_unreachable', { server: 'unreachable' }],
    ['server', 'found.server_not_ready', { server: 'not_ready' }],
    ['my_connection', 'found.offline', { isOnline: false, server: 'unreachable' }],
    ['my_connection', 'found.no_path', { line: 'no_path', packets: 0 }],
    ['my_connection', 'found.connecting', { line: 'connecting', packets: 0 }],
    ['my_connection', 'found.much_is_lost', { lossShare: 0.4 }],
    ['my_connection', 'found.nothing_arrives', { packets: 0, packetsSent: 50, voicesHeard: 0, level: 0 }],
    ['my_output', 'found.blocked', { output: 'paused' }],
    ['my_output', 'found.turned_down', { output: 'turned_down' }],
  ] as [string, string, Partial<Facts>][])('%s: %s', (hop, finding, facts) => {
    const found = diagnose({ ...good, ...facts });
    expect([found.hop, found.finding]).toEqual([hop, finding]);
  });

  it('says nothing of hops that nothing has come through yet', () => {
    const { hops } = diagnose({ ...good, server: 'unreachable' });
    expect(hops).toEqual({ their_microphone: 'unknown', server: 'bad', my_connection: 'unknown', my_output: 'unknown' });
  });
});
