/** Listening: one receive-only audio line over WHEP, which carries the whole space mixed. */
import { Line, type LineEvents } from './line.ts';
import { preferences } from './preferences.svelte.ts';

export function listenTo(space_id: string, events: LineEvents): Line {
  const line = new Line(
    `/api/v1/spaces/${space_id}/whep?hidden=${preferences.wishes.hidden}`,
    () => {
      const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      peer.addTransceiver('audio', { direction: 'recvonly' });
      return peer;
    },
    events,
    true,
  );
  line.open();
  return line;
}
