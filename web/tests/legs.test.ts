/** The visitor's way, leg by leg: the first that fails is named, and nothing is said of what could not be tried. */
import { describe, expect, it } from 'vitest';

import { isLocalName, isPrivate, legsOf, verdictOf, type Facts } from '../src/routes/check/legs.ts';
import doctor from '../src/locales/en/doctor.json';

const well: Facts = {
  hasWebRtc: true,
  isSecure: true,
  server: 'ready',
  socket: 'open',
  address: '198.51.100.7',
  isLocal: false,
  udp: 'connected',
  tcp: 'connected',
  places: ['203.0.113.5:8401'],
  microphone: 'there',
};

const cases: [string, Partial<Facts>, string, string, string][] = [
  ['all well', {}, 'all', '', ''],
  ['an old browser', { hasWebRtc: false, udp: null, tcp: null }, 'nothing', 'browser', 'browser_old'],
  ['a server that is down', { server: 'unreachable', socket: null, address: null, udp: null, tcp: null }, 'nothing', 'server', 'server_unreachable'],
  ['a server that cannot host', { server: 'not_ready', udp: 'refused', tcp: 'refused' }, 'nothing', 'server', 'server_not_ready'],
  ['a proxy without WebSocket', { socket: 'closed', address: null, udp: null, tcp: null }, 'nothing', 'socket', 'socket_closed'],
  ['a proxy that hides who comes', { address: '127.0.0.1' }, 'all', 'address', 'address_hidden'],
  ['UDP dropped', { udp: 'blocked' }, 'all', 'udp', 'udp_blocked_only'],
  ['TCP dropped', { tcp: 'blocked' }, 'all', 'tcp', 'tcp_blocked_only'],
  ['both dropped', { udp: 'blocked', tcp: 'blocked' }, 'nothing', 'udp', 'udp_blocked'],
  ['a wrong address', { udp: 'blocked', tcp: 'blocked', places: ['192.168.1.9:8401', '[fd00::9]:8401'] }, 'nothing', 'udp', 'sound_inside'],
  ['a full server', { udp: 'refused', tcp: 'refused' }, 'nothing', 'udp', 'sound_refused'],
  ['no https', { isSecure: false, microphone: null }, 'hear_only', 'microphone', 'microphone_insecure'],
  ['no microphone', { microphone: 'none' }, 'hear_only', 'microphone', 'microphone_none'],
  ['a microphone that is not allowed', { microphone: 'denied' }, 'hear_only', 'microphone', 'microphone_denied'],
];

describe('the legs', () => {
  it.each(cases)('of %s', (_, facts, verdict, name, reason) => {
    const legs = legsOf({ ...well, ...facts });
    const first = legs.find((leg) => leg.state === 'bad' || leg.state === 'warning');
    expect(verdictOf(legs)).toBe(verdict);
    expect(first?.name ?? '').toBe(name);
    expect(first?.case ?? '').toBe(reason);
  });

  it('have words for every case, and a mend wherever something is wrong', () => {
    for (const [, facts] of cases) {
      for (const leg of legsOf({ ...well, ...facts })) {
        expect(doctor.doctor.visitor, leg.case).toHaveProperty(leg.case);
        const isWrong = leg.state === 'bad' || leg.state === 'warning';
        if (isWrong) expect(doctor.doctor.visitor_mend, leg.case).toHaveProperty(leg.case);
      }
    }
  });

  it('wait for what is not known yet', () => {
    expect(verdictOf(legsOf({ ...well, udp: null }))).toBe('pending');
  });
});

it.each(['10.0.0.1:8401', '172.31.0.1:8401', '192.168.0.1:8401', '100.64.0.1:8401', '127.0.0.1:8401', '[fe80::1]:8401', '[::1]:8401'])(
  '%s is for nobody outside',
  (place) => expect(isPrivate(place)).toBe(true),
);

it.each(['203.0.113.5:8401', '172.32.0.1:8401', '100.128.0.1:8401', '[2001:db8::1]:8401'])('%s is for everybody', (place) =>
  expect(isPrivate(place)).toBe(false),
);

it('knows a page at home by its name', () => {
  expect(['localhost', 'radio.local', '192.168.0.4', '[::1]'].map(isLocalName)).toEqual([true, true, true, true]);
  expect(['live.example.org', '203.0.113.5', '[2001:db8::1]'].map(isLocalName)).toEqual([false, false, false]);
});
