/**
 * One media session over WHIP (RFC 9725) or WHEP: POST the offer, keep the Location, DELETE it at the end.
 * The offer goes out as soon as it exists: the server learns our addresses from our own checks, so waiting for
 * candidates would only delay the first sound.
 */
import { errorOf, reach } from '../api.ts';

export class Session {
  #location: string | null = null;
  #isClosed = false;

  constructor(
    readonly peer: RTCPeerConnection,
    readonly address: string,
  ) {}

  /** Throws ApiError when the server refuses. */
  async open(): Promise<void> {
    const offer = await this.peer.createOffer();
    await this.peer.setLocalDescription(offer);
    const response = await reach(this.address, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: offer.sdp ?? '',
    });
    if (!response.ok) throw await errorOf(response);
    this.#location = response.headers.get('location');
    // Closed while the answer was on its way: the server has a session that only we can end.
    if (this.#isClosed) return this.#delete();
    await this.peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.peer.close();
    this.#delete();
  }

  /** Gone without a word: the server keeps the seat for as long as it keeps one that was lost. */
  abandon(): void {
    this.#location = null;
    this.close();
  }

  #delete(): void {
    if (this.#location === null) return;
    const location = new URL(this.#location, window.location.href).href;
    this.#location = null;
    // keepalive: it has to arrive even when the page is being closed. Unanswered, the server finds out in 15 s.
    void fetch(location, { method: 'DELETE', keepalive: true }).catch(() => undefined);
  }
}
