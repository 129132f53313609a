/** The one sentence about the sound (a translation key). Pure. */
import type { ConnectionState } from '../../../live/connection.ts';
import type { SoundLine, SoundState } from '../../../live/sound.svelte.ts';

export interface StatusFacts {
  sound: SoundState;
  line: SoundLine;
  connection: ConnectionState;
  isOnStage: boolean;
  isMicrophoneOn: boolean;
  isMicrophoneTaken: boolean;
  hasRequested: boolean;
  isAsking: boolean;
  hasProblem: boolean;
}

export function statusKey(facts: StatusFacts): string {
  const isSocketAway = facts.connection === 'reconnecting';
  switch (facts.sound) {
    case 'idle':
      return 'status.idle';
    case 'failed':
      return 'status.failed';
    case 'blocked':
      return 'status.blocked';
    case 'connecting':
      return 'status.connecting';
    case 'reconnecting':
      return isSocketAway ? 'status.reconnecting_both' : 'status.reconnecting_sound';
    case 'playing':
      if (isSocketAway) return 'status.reconnecting_socket';
      if (!facts.isOnStage) return facts.hasRequested ? 'status.requested' : 'status.listening';
      if (facts.isMicrophoneTaken) return 'status.microphone_taken';
      if (facts.isAsking) return 'status.asking';
      if (facts.hasProblem) return 'status.on_stage_muted';
      if (facts.line !== 'speaking') return 'status.joining_stage';
      return facts.isMicrophoneOn ? 'status.on_air' : 'status.on_stage_muted';
  }
}
