/**
 * One media session over WHIP (RFC 9725) or WHEP: POST the offer, keep the Location, DELETE it at the end.
 * The offer goes out as soon as it exists: the server learns our addresses from our own checks, so waiting for
 * candidates would only delay the first sound.
 */
import { errorOf, reach } from '../api.ts';

/** A network that is gone answers nothing; the peer need not wait for it. */
const DELETE_MS = 3_000;

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
    this.#delete();
  }

  /** Gone without a word: the server keeps the seat for as long as it keeps one that was lost. */
  abandon(): void {
    this.#location = null;
    this.close();
  }

  /** The session first, then the peer: closed the other way round, the DELETE would find nothing any more. */
  #delete(): void {
    if (this.#location === null) return this.peer.close();
    const location = new URL(this.#location, window.location.href).href;
    this.#location = null;
    // keepalive: it has to arrive even when the page is being closed. Unanswered, the server finds out in 15 s.
    void fetch(location, { method: 'DELETE', keepalive: true, signal: AbortSignal.timeout(DELETE_MS) })
      .catch(() => undefined)
      .finally(() => this.peer.close());
  }
}
