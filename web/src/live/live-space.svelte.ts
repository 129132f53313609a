/**
 * One space as this page takes part in it: the socket's state, and the sound made to follow it.
 * The server says what everybody is; this page only ever asks. One thing is its own: `#staysMuted`, the promise
 * that no microphone opens except by a tap on this page.
 */
import type { ApiError } from '../api.ts';
import type { ErrorBody } from '../api-types.ts';
import { announce, isCall, type Announcement } from './announcements.ts';
import { CommandError, Connection, type ConnectionState, type FinalReason } from './connection.ts';
import { otherTabs } from './other-tabs.svelte.ts';
import { preferences } from './preferences.svelte.ts';
import type { CommandName, MediaState, ServerMessage, SpaceEvent } from './protocol.ts';
import { Sound } from './sound.svelte.ts';
import { reduce, type SpaceView } from './space-state.ts';
import { watchSpeaking } from './speaking.ts';
import { play } from './tones.ts';
import { me } from './view.ts';

/** A node is asked for no more than 500 new sessions a second by one space's pages, and nobody waits longer than this. */
const REJOIN_MS_PER_LISTENER = 2;
const LONGEST_REJOIN_MS = 3_000;

export class LiveSpace {
  view = $state.raw<SpaceView | null>(null);
  connection = $state<ConnectionState>('idle');
  final = $state<FinalReason | null>(null);
  /** The CSRCs of those heard at this moment. */
  heard = $state.raw<readonly number[]>([]);
  /** The last thing that happened to oneself. */
  said = $state<Announcement | null>(null);
  /** Who on the stage has changed where tips go, by their names, until that has been read. */
  changedTipJars = $state.raw<readonly string[]>([]);
  /** Why the last command was refused. */
  refusal = $state.raw<ErrorBody | null>(null);
  isJoined = $state(false);
  readonly sound: Sound;

  #socket: Connection;
  #staysMuted = $state(true);
  #hasReadNotice = false;
  /** On their way: pressed quickly on a slow line, the same one may be so twice. */
  #ownCommands: CommandName[] = [];
  /** Raised by whatever is wished of the microphone: one that takes long to open does not go on against a later wish. */
  #microphoneWish = 0;
  #stopWatching: (() => void) | null = null;

  constructor(readonly space_id: string) {
    this.sound = new Sound(space_id, {
      onrefused: (error) => this.#refused(error),
      onanswered: () => this.#openSocketIfJoined(),
      onspeaking: () => this.#muteWhatNobodyOpenedHere(),
      onmicrophonelost: () => void this.mute(),
      ontalkingmuted: () => play('talkingMuted'),
      isServerThere: () => this.connection === 'open' && !this.isSoundRestarting,
    });
    this.#socket = new Connection(space_id, {
      onstate: (state) => {
        this.connection = state;
        if (state === 'reconnecting') this.sound.serverWentAway();
        if (state === 'open' && this.#isSeatsMicrophone) this.#muteWhatNobodyOpenedHere();
      },
      onmessage: (message) => this.#receive(message),
      onfinal: (reason) => this.#end(reason),
      lastSeq: () => this.view?.seq ?? null,
      isHidden: () => preferences.wishes.hidden,
    });
  }

  get isMicrophoneOn(): boolean {
    const mine = this.view === null ? undefined : me(this.view);
    return mine !== undefined && !mine.muted && !this.#staysMuted;
  }

  /** The server has lost the process that moves the sound, and is starting another. */
  get isSoundRestarting(): boolean {
    return this.view?.media === 'lost';
  }

  get isRecorded(): boolean {
    return this.view !== null && this.view.space.recording !== 'off';
  }

  /** The level, and what is kept of one's words, are shown before the first of them. */
  get needsCheck(): boolean {
    const { microphone } = this.sound;
    if (microphone.state === 'open') return false;
    return !preferences.wishes.hasCheckedMicrophone || (this.isRecorded && !this.#hasReadNotice);
  }

  /** The stage without the sound: a scheduled space's page waits for the start this way. */
  watch(): void {
    this.#socket.open();
  }

  /**
   * Sound first. A guest nobody has seen yet is named by the first answer: the socket waits for it, so that
   * socket and sound belong to one person.
   */
  join(isKnownToServer: boolean): void {
    if (this.isJoined) return;
    this.isJoined = true;
    this.sound.listen();
    this.#takeTheSound();
    if (isKnownToServer) this.watch();
    this.#stopWatching = watchSpeaking(
      { receivers: () => this.sound.peer?.getReceivers() ?? [], own: () => this.#ownVoice() },
      (csrcs) => (this.heard = csrcs),
    );
    this.#follow();
  }

  /** Out of the space, at once and for everybody to see. */
  async leave(): Promise<void> {
    this.#silence();
    await this.#command('leave').catch(() => undefined);
    this.#socket.close();
  }

  /** The page goes away, the person perhaps not: a listener is gone, a seat on the stage waits for a reload. */
  close(): void {
    if (this.view !== null && me(this.view) !== undefined) this.sound.abandon();
    this.#silence();
    this.#socket.close();
  }

  async mute(): Promise<void> {
    this.#microphoneWish += 1;
    this.#staysMuted = true;
    this.sound.microphone.setOn(false);
    await this.ask('mute');
    // Nobody hears it any more; the others see so as soon as the server is there again.
    if (this.refusal?.code === 'connection_lost') this.refusal = null;
  }

  /** One that was lost, or taken by a call, is asked for anew. Where the seat speaks from elsewhere, it comes here. */
  async unmute(): Promise<void> {
    const { microphone } = this.sound;
    if (this.sound.state === 'elsewhere') this.listenHere();
    else if (this.sound.seatProblem !== null) this.sound.takeSeatAgain();
    const wish = (this.#microphoneWish += 1);
    const isReady = microphone.state === 'open' && microphone.problem === null;
    if (!isReady && !(await microphone.open())) return;
    this.#hasReadNotice = true;
    preferences.change({ hasCheckedMicrophone: true });
    if (wish !== this.#microphoneWish) return;
    this.#staysMuted = false;
    await this.ask('unmute');
    this.#follow();
    if (this.isMicrophoneOn) play('live');
  }

  /** From the tab that had given the sound away. */
  listenHere(): void {
    this.sound.takeBack();
    this.#takeTheSound();
    this.#follow();
  }

  /** A command whose refusal the page shows. */
  async ask(name: CommandName, participant_id?: string): Promise<void> {
    this.refusal = null;
    // Whoever acts has read what was said before.
    this.said = null;
    try {
      await this.#command(name, participant_id);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.refusal = error.body;
    }
  }

  async #command(name: CommandName, participant_id?: string): Promise<void> {
    const own = participant_id === undefined ? [name] : [];
    this.#ownCommands.push(...own);
    try {
      await this.#socket.command(name, participant_id);
    } finally {
      for (const one of own) this.#ownCommands.splice(this.#ownCommands.indexOf(one), 1);
    }
  }

  #receive(message: ServerMessage): void {
    if (message.type === 'event' && this.view !== null) this.#say(this.view, message);
    const before = this.view;
    this.view = reduce(before, message);
    if (message.type === 'tip_jar_changed' && this.view !== null) this.#noteTipJar(this.view, message.participant_id);
    if (message.type === 'interrupted') this.sound.unheard(this.#isAmong(message.participant_ids));
    if (message.type === 'event' && this.#isMyRemoval(message)) return this.#end('removed');
    if (before !== null && this.view !== null && before.media !== this.view.media) this.#soundNode(this.view.media);
    this.#follow();
  }

  #isAmong(participant_ids: readonly string[]): boolean {
    return this.view !== null && participant_ids.includes(this.view.you.participant_id);
  }

  #noteTipJar(view: SpaceView, participant_id: string): void {
    const name = view.stage.find((one) => one.id === participant_id)?.display_name;
    if (name === undefined || me(view)?.id === participant_id || this.changedTipJars.includes(name)) return;
    this.changedTipJars = [...this.changedTipJars, name];
  }

  #say(before: SpaceView, event: SpaceEvent): void {
    const said = announce(before, event, this.#isOwnDoing(event.name));
    if (isCall(before, event, said)) play('called');
    this.said = said ?? this.said;
  }

  #soundNode(state: MediaState): void {
    if (state === 'lost') return this.sound.nodeLost();
    const spread_ms = Math.min(LONGEST_REJOIN_MS, REJOIN_MS_PER_LISTENER * (this.view?.listener_count ?? 0));
    this.sound.nodeReady(Math.random() * spread_ms);
  }

  /** Known before the socket closes over it: whoever is out need not ask for the sound and be refused. */
  #isMyRemoval(event: SpaceEvent): boolean {
    const isRemoval =
      event.name === 'participant_removed' || (event.name === 'speaker_removed' && event.data.reason === 'removed');
    return isRemoval && event.data.participant_id === this.view?.you.participant_id;
  }

  #isOwnDoing(event: string): boolean {
    if (event === 'participant_muted') return this.#staysMuted || this.#ownCommands.includes('mute');
    return event === 'speaker_removed' && this.#ownCommands.includes('move_to_audience');
  }

  /** Makes the sound agree with the stage. */
  #follow(): void {
    if (this.view === null || !this.isJoined) return;
    const { space } = this.view;
    if (space.state === 'ended' || space.state === 'canceled') return this.#endedByServer();
    const mine = me(this.view);
    otherTabs.describe(space.title, mine !== undefined);
    if (mine === undefined) {
      this.#staysMuted = true;
      this.sound.microphone.setOn(false);
      this.sound.leaveSeat();
      return;
    }
    // Muted by somebody else: from here on only a tap opens it again.
    if (mine.muted && !this.#ownCommands.includes('unmute')) this.#staysMuted = true;
    this.sound.microphone.setOn(this.isMicrophoneOn);
    this.sound.takeSeat();
  }

  get #isSeatsMicrophone(): boolean {
    return this.sound.line === 'speaking' && this.sound.lineState === 'up';
  }

  /** After a reload the seat may still be unmuted from before, and after a time without the server from before that. */
  #muteWhatNobodyOpenedHere(): void {
    if (this.view !== null && me(this.view)?.muted === false && this.#staysMuted) void this.ask('mute');
  }

  #takeTheSound(): void {
    const isOnStage = this.view !== null && me(this.view) !== undefined;
    otherTabs.take(this.space_id, this.view?.space.title ?? '', isOnStage);
    otherTabs.ontaken = (by) => {
      this.#staysMuted = true;
      if (by.space_id === this.space_id) this.sound.handOver();
      else void this.leave();
    };
  }

  #openSocketIfJoined(): void {
    if (this.isJoined) this.watch();
  }

  #ownVoice(): { csrc: number; level: number } | null {
    const mine = this.view === null ? undefined : me(this.view);
    // The ring must not promise more than the line holds.
    const isSent = this.isMicrophoneOn && this.#isSeatsMicrophone;
    return mine === undefined || !isSent ? null : { csrc: mine.csrc, level: this.sound.microphone.level };
  }

  #refused(error: ApiError): void {
    if (error.status === 404) this.#end('not_found');
    else if (error.status === 403) this.#end('removed');
    else this.refusal = error.body;
  }

  #end(reason: FinalReason): void {
    this.#endedByServer();
    this.final = reason;
  }

  #endedByServer(): void {
    this.sound.abandon();
    this.#silence();
  }

  #silence(): void {
    this.isJoined = false;
    this.#stopWatching?.();
    this.#stopWatching = null;
    this.heard = [];
    this.sound.stop();
    if (otherTabs.ontaken !== null) otherTabs.release();
  }
}
