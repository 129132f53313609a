/** The one sentence about the sound (a translation key). Pure. */
import type { ConnectionState } from '../../../live/connection.ts';
import type { SoundLine, SoundState } from '../../../live/sound.svelte.ts';

export interface StatusFacts {
  sound: SoundState;
  line: SoundLine;
  connection: ConnectionState;
  isSoundRestarting: boolean;
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
    case 'elsewhere':
      return 'status.elsewhere';
    case 'failed':
      return 'status.failed';
    case 'blocked':
      return 'status.blocked';
    case 'paused':
      return 'status.paused';
    case 'connecting':
      return 'status.connecting';
    case 'no_path':
      return isSocketAway ? 'status.reconnecting_both' : 'status.no_path';
    case 'reconnecting':
      if (facts.isSoundRestarting && !isSocketAway) return 'status.sound_restarting';
      if (facts.isMicrophoneOn) return 'status.reconnecting_speaker';
      return isSocketAway ? 'status.reconnecting_both' : 'status.reconnecting_sound';
    case 'playing':
      return isSocketAway ? 'status.reconnecting_socket' : whilePlaying(facts);
  }
}

function whilePlaying(facts: StatusFacts): string {
  if (!facts.isOnStage) return facts.hasRequested ? 'status.requested' : 'status.listening';
  if (facts.isMicrophoneTaken) return 'status.microphone_taken';
  if (facts.isAsking) return 'status.asking';
  if (facts.line !== 'speaking' && !facts.hasProblem) return 'status.joining_stage';
  return facts.isMicrophoneOn ? 'status.on_air' : 'status.on_stage_muted';
}
