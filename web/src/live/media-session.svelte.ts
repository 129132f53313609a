/** The space on the lock screen, on headset buttons and in the system's list of what plays (W3C Media Session). */
import type { LiveSpace } from './live-space.svelte.ts';
import { me } from './view.ts';

/** Not in every browser's types or code yet: actions that a browser does not know are refused and left out. */
type Action = MediaSessionAction | 'togglemicrophone' | 'hangup';

interface CallSession {
  setMicrophoneActive?(active: boolean): void;
}

/** Returns what stops it. A listener's pause is silence on this device; a speaker's is mute: nobody is cut off unawares. */
export function showInMediaSession(space: LiveSpace, leave: () => void): () => void {
  if (!('mediaSession' in navigator)) return () => undefined;
  const isOnStage = (): boolean => space.view !== null && me(space.view) !== undefined;
  const pause = (): void => {
    if (isOnStage()) void space.mute();
    else space.sound.pause();
  };
  const actions: [Action, () => void][] = [
    ['play', () => space.sound.unblock()],
    ['pause', pause],
    ['stop', leave],
    ['hangup', leave],
    ['togglemicrophone', () => void (space.isMicrophoneOn ? space.mute() : isOnStage() && space.unmute())],
  ];
  for (const [action, run] of actions) handle(action, run);
  const stop = $effect.root(() => {
    $effect(() => describe(space));
  });
  return () => {
    stop();
    for (const [action] of actions) handle(action, null);
    navigator.mediaSession.metadata = null;
    navigator.mediaSession.playbackState = 'none';
  };
}

function describe(space: LiveSpace): void {
  const { view } = space;
  if (view === null) return;
  const names = view.stage.filter((one) => space.heard.includes(one.csrc)).map((one) => one.display_name);
  navigator.mediaSession.metadata = new MediaMetadata({
    title: view.space.title,
    artist: names.join(', ') || view.space.host.display_name || '',
    artwork: [{ src: '/icon-512.png', sizes: '512x512', type: 'image/png' }],
  });
  navigator.mediaSession.playbackState = space.sound.state === 'paused' ? 'paused' : 'playing';
  (navigator.mediaSession as CallSession).setMicrophoneActive?.(space.isMicrophoneOn);
}

function handle(action: Action, run: (() => void) | null): void {
  try {
    navigator.mediaSession.setActionHandler(action as MediaSessionAction, run);
  } catch {
    // This browser has no such button.
  }
}
