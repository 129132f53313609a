/** Asking the browser for a microphone, and what its refusals mean. */

export type MicrophoneProblem =
  | 'microphone_denied'
  | 'microphone_none'
  | 'microphone_busy'
  | 'microphone_insecure'
  | 'microphone_lost'
  | 'microphone_interrupted';

export class MicrophoneError extends Error {
  override name = 'MicrophoneError';

  constructor(readonly problem: MicrophoneProblem) {
    super(problem);
  }
}

/** An empty `device_id` leaves the choice to the system. One that is not plugged in any more is replaced by it. */
export async function openTrack(device_id: string): Promise<MediaStreamTrack> {
  // Browsers hide microphones from pages that came without https.
  if (navigator.mediaDevices === undefined) throw new MicrophoneError('microphone_insecure');
  try {
    return await ask(device_id);
  } catch (error) {
    if (device_id !== '' && nameOf(error) === 'OverconstrainedError') return openTrack('');
    throw new MicrophoneError(problemOf(error));
  }
}

async function ask(device_id: string): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: {
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      ...(device_id === '' ? {} : { deviceId: { exact: device_id } }),
    },
  });
  const track = stream.getAudioTracks()[0];
  if (track === undefined) throw new MicrophoneError('microphone_none');
  return track;
}

/** Whether a site is told no from now on. Where a browser does not tell, asking for a microphone will. */
export async function isForbidden(): Promise<boolean> {
  const permission = await navigator.permissions.query({ name: 'microphone' }).catch(() => undefined);
  return permission?.state === 'denied';
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** Pure. The names are those of `getUserMedia` (W3C Media Capture and Streams §10.2). */
export function problemOf(error: unknown): MicrophoneProblem {
  if (error instanceof MicrophoneError) return error.problem;
  const name = nameOf(error);
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'microphone_denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'microphone_none';
  return 'microphone_busy';
}
