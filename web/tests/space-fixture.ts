/** A space that reads aloud: `spaceOf({ you: 'ben', stage: [person('ana', { role: 'host' })] })`. */
import type { Participant } from '../src/live/protocol.ts';
import type { SpaceView } from '../src/live/space-state.ts';

export function person(name: string, fields: Partial<Participant> = {}): Participant {
  return {
    id: `pa_${name}`,
    handle: name,
    display_name: name,
    role: 'speaker',
    muted: true,
    muted_by_host: false,
    connected: true,
    csrc: 1,
    ...fields,
  };
}

export function spaceOf({ you, stage }: { you: string; stage: Participant[] }): SpaceView {
  return {
    seq: 10,
    space: {
      id: 'sp_1',
      title: 'Evening radio',
      state: 'live',
      host: { handle: 'ana', display_name: 'Ana', picture: null },
      topics: [],
      language: 'en',
      who_may_speak: 'invited',
      delay: 'normal',
      who_may_listen: 'everyone',
      recording: 'off',
      recording_problem: null,
      scheduled_start: null,
      created_at: '2026-11-22T19:00:00.000Z',
      started_at: '2026-11-22T19:00:00.000Z',
      ended_at: null,
      series_id: null,
      listener_count: 0,
      replay: null,
      url: 'https://voxhall.example/spaces/sp_1',
    },
    you: { participant_id: `pa_${you}`, signed_in: true },
    stage,
    requests: [],
    invitations: [],
    listener_count: 0,
    media: 'ready',
    interrupted: [],
    disk: null,
  };
}
