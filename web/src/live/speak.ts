/**
 * Speaking: one peer over WHIP, on which the microphone goes up and the loudest others come down, each on a
 * line of its own. The lines are offered once; people come and go without renegotiation.
 */
import { Line, type LineEvents } from './line.ts';

/** As many others as the node forwards at a time; more lines would stay silent. */
const RECEIVE_LINES = 4;

/** The microphone need not be open yet: it is put on the line, or exchanged, by `sendOn`. */
export function speakIn(space_id: string, events: LineEvents): Line {
  const line = new Line(
    `/api/v1/spaces/${space_id}/whip`,
    () => {
      const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      // First line: the microphone. The server tells the lines apart by their order.
      peer.addTransceiver('audio', { direction: 'sendonly' });
      for (let line = 0; line < RECEIVE_LINES; line += 1) {
        peer.addTransceiver('audio', { direction: 'recvonly' });
      }
      return peer;
    },
    events,
  );
  line.open();
  return line;
}

export function sendOn(peer: RTCPeerConnection | null, microphone: MediaStreamTrack | null): void {
  // A peer that is closed in the meantime sends nothing anyway.
  void peer?.getTransceivers()[0]?.sender.replaceTrack(microphone).catch(() => undefined);
}
