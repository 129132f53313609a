import { expect, it } from 'vitest';

import { statusKey, type StatusFacts } from '../src/routes/spaces/[id]/status.ts';

const listening: StatusFacts = {
  sound: 'playing',
  line: 'listening',
  connection: 'open',
  isSoundRestarting: false,
  isOnStage: false,
  isMicrophoneOn: false,
  isMicrophoneTaken: false,
  hasRequested: false,
  isAsking: false,
  hasProblem: false,
};
const onStage: StatusFacts = { ...listening, line: 'speaking', isOnStage: true };

it.each<[string, StatusFacts, string]>([
  ['a listener who hears', listening, 'status.listening'],
  ['a listener who has asked to speak', { ...listening, hasRequested: true }, 'status.requested'],
  ['a speaker whose microphone was taken', { ...onStage, isMicrophoneTaken: true }, 'status.microphone_taken'],
  ['a speaker, muted', onStage, 'status.on_stage_muted'],
  ['a speaker on the air', { ...onStage, isMicrophoneOn: true }, 'status.on_air'],
  ['a speaker being asked for the microphone', { ...onStage, line: 'listening', isAsking: true }, 'status.asking'],
  ['a socket that is gone while the sound goes on', { ...listening, connection: 'reconnecting' }, 'status.reconnecting_socket'],
  ['a sound that is gone', { ...listening, sound: 'reconnecting' }, 'status.reconnecting_sound'],
  ['both gone', { ...listening, sound: 'reconnecting', connection: 'reconnecting' }, 'status.reconnecting_both'],
  ['a speaker who talks on meanwhile', { ...onStage, isMicrophoneOn: true, sound: 'reconnecting' }, 'status.reconnecting_speaker'],
  ['a sound whose server part is restarting', { ...listening, sound: 'reconnecting', isSoundRestarting: true }, 'status.sound_restarting'],
  ['a network that lets no packet through', { ...listening, sound: 'no_path' }, 'status.no_path'],
  ['a sound that another tab has', { ...listening, sound: 'elsewhere' }, 'status.elsewhere'],
  ['a sound that its listener has paused', { ...listening, sound: 'paused' }, 'status.paused'],
  ['a speaker whose seat another device has', { ...onStage, line: 'listening', hasProblem: true }, 'status.on_stage_muted'],
  ['a browser that waits for a tap', { ...listening, sound: 'blocked' }, 'status.blocked'],
])('has its own sentence for %s', (_, facts, key) => {
  expect(statusKey(facts)).toBe(key);
});
