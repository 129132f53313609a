/** Pushes to this browser: whether they can come, and switching them on and off. */
import { request } from '../api.ts';
import type { PushDevice, PushDevices } from '../api-types.ts';
import { languageTag } from '../i18n.ts';

/** `blocked`: the browser was told never to ask again. */
export type PushState = 'impossible' | 'blocked' | 'off' | 'on';

export async function pushState(): Promise<PushState> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) return 'impossible';
  if (Notification.permission === 'denied') return 'blocked';
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  return subscription && Notification.permission === 'granted' ? 'on' : 'off';
}

/** Asks, subscribes, and tells the server. What the browser refuses is thrown as it says it. */
export async function switchOn(): Promise<PushState> {
  if ((await Notification.requestPermission()) !== 'granted') return pushState();
  const { key } = await request<PushDevices>('GET', '/me/push-devices');
  const registration = await navigator.serviceWorker.ready;
  // A subscription that was made for another server's key cannot be used.
  await (await registration.pushManager.getSubscription())?.unsubscribe();
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await tell(subscription);
  return 'on';
}

export async function switchOff(): Promise<PushState> {
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  if (subscription) {
    // Its address is the same, so telling it once more is how its id is found.
    const device = await tell(subscription);
    await request('DELETE', `/me/push-devices/${device.id}`);
    await subscription.unsubscribe();
  }
  return 'off';
}

function tell(subscription: PushSubscription): Promise<PushDevice> {
  const { endpoint, keys } = subscription.toJSON();
  const body = { endpoint, keys: { p256dh: keys?.['p256dh'], auth: keys?.['auth'] }, language: languageTag() };
  return request<PushDevice>('POST', '/me/push-devices', body);
}
