/** What is behind "more", for the role one has. Pure. */
import { t } from '../../../i18n.ts';
import type { SpaceView } from '../../../live/space-state.ts';
import { me } from '../../../live/view.ts';
import type { MenuItem } from '../../../ui/menu.svelte';

export interface MoreActions {
  check(): void;
  diagnose(): void;
  keys(): void;
  share(): void;
  /** Whether this listener is in no list; `hide` turns it round. */
  readonly isHidden: boolean;
  hide(): void;
  stepDown(): void;
  end(): void;
  record(command: 'start_recording' | 'pause_recording' | 'stop_recording'): void;
}

export function moreItems(view: SpaceView, actions: MoreActions): MenuItem[] {
  const mine = me(view);
  const isSteward = mine?.role === 'host' || mine?.role === 'cohost';
  const items: MenuItem[] = [{ label: t('space.share'), onselect: actions.share, testid: 'share' }];
  if (mine !== undefined) items.push({ label: t('space.microphone'), onselect: actions.check, testid: 'open-check' });
  items.push(
    { label: t('space.cannot_hear'), onselect: actions.diagnose, testid: 'cannot-hear' },
    { label: t('space.keys'), onselect: actions.keys, testid: 'open-keys' },
  );
  if (mine === undefined) {
    const words = actions.isHidden
      ? { label: t('people.show_me') }
      : { label: t('people.hide_me'), hint: t('people.hidden_hint') };
    items.push({ ...words, onselect: actions.hide, testid: 'hide-me' });
  }
  if (isSteward) items.push(...recordingItems(view, actions));
  if (mine !== undefined && mine.role !== 'host') {
    items.push({ label: t('space.step_down'), onselect: actions.stepDown, testid: 'step-down', beginsGroup: true });
  }
  if (mine?.role === 'host') {
    items.push({ label: t('space.end'), onselect: actions.end, testid: 'end-space', beginsGroup: true });
  }
  return items;
}

function recordingItems({ space }: SpaceView, { record }: MoreActions): MenuItem[] {
  const start: MenuItem = {
    label: t(space.recording === 'off' ? 'recording.start' : 'recording.resume'),
    onselect: () => record('start_recording'),
    testid: 'start-recording',
  };
  const pause: MenuItem = {
    label: t('recording.pause'),
    hint: t('recording.pause_hint'),
    onselect: () => record('pause_recording'),
    testid: 'pause-recording',
  };
  const stop: MenuItem = { label: t('recording.stop'), onselect: () => record('stop_recording'), testid: 'stop-recording' };
  const items = { off: [start], paused: [start, stop], on: [pause, stop] }[space.recording];
  return items.map((one, place) => ({ ...one, beginsGroup: place === 0 }));
}
