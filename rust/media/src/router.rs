//! A router: the media of one space. Who is on stage, the mix, who listens.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use crate::audio::{AudioError, Mixer, Packet, SourceId};
use crate::demux::PeerKey;
use crate::peer::ReceivedPacket;
use crate::tape::{TapeTick, TrackPacket};

/// RTP time of one mixed frame: 20 ms at 48 kHz (RFC 7587 §4.1).
pub(crate) const FRAME_TIME: u32 = 960;

/// Ticks for which a space that is over goes on at most, so that what was said until then is still written (1 s): the longest
/// a packet may wait for its turn, and a little. Lower loses last words on bad networks.
const DRAIN_TICKS: u32 = 50;
/// Ticks without anything to play after which it is over: the mix's own delay, rounded up.
const DRAINED_AFTER_TICKS: u32 = 3;

/// What is kept of a space's sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Taping {
    /// Nothing, and the router lives as long as its peers.
    #[default]
    Off,
    /// Nothing now, but the router stays.
    Paused,
    /// Everything.
    On,
    /// Everything that is still to be played; so many ticks are left, and so many were silent.
    Draining { left: u32, silent: u32 },
}

/// A participant's place on stage, whichever device fills it.
#[derive(Debug)]
pub(crate) struct Seat {
    name: Arc<str>,
    pub(crate) source: SourceId,
    /// Whether what the seat sends may be heard. Enforced here, whatever the client believes.
    pub(crate) open: bool,
    /// The connected publisher whose packets count. A second device replaces the first.
    pub(crate) peer: Option<PeerKey>,
    /// Of its sound, what was counted already: milliseconds played, and concealed.
    counted: (u64, u64),
}

/// One 20 ms frame for every listener.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) timestamp: u32,
    pub(crate) starts_talkspurt: bool,
    pub(crate) csrcs: Vec<u32>,
    pub(crate) payload: Arc<[u8]>,
}

pub(crate) struct Router {
    mixer: Mixer,
    seats: HashMap<String, Seat>,
    timestamp: u32,
    space: Arc<str>,
    /// Its number among the spaces of this node, which is given again when it is over.
    number: usize,
    taping: Taping,
    /// Frames since recording began here; they go on when the mixer fails.
    taped_frames: u64,
    /// Its host would rather have small packets than a fuller node.
    pub(crate) wants_low_delay: bool,
    pub(crate) publishers: Vec<PeerKey>,
    pub(crate) listeners: Vec<PeerKey>,
    /// Those of them whom str0m carries; the others are rows of the audience.
    pub(crate) carried: Vec<PeerKey>,
}

impl Router {
    /// `timestamp`: the RTP time at which its mix begins.
    pub(crate) fn new(now: Instant, space: &str, number: usize, timestamp: u32) -> Result<Self, AudioError> {
        Ok(Self {
            space: space.into(),
            number,
            taping: Taping::Off,
            taped_frames: 0,
            mixer: Mixer::new(now)?,
            seats: HashMap::new(),
            timestamp,
            wants_low_delay: false,
            publishers: Vec::new(),
            listeners: Vec::new(),
            carried: Vec::new(),
        })
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// RTP time of the mix.
    pub(crate) fn timestamp(&self) -> u32 {
        self.timestamp
    }

    pub(crate) fn mixer(&self) -> &Mixer {
        &self.mixer
    }

    pub(crate) fn seat(&self, participant: &str) -> Option<&Seat> {
        self.seats.get(participant)
    }

    /// Whether nobody needs it any more: no peer, no tape.
    pub(crate) fn is_idle(&self) -> bool {
        self.publishers.is_empty() && self.listeners.is_empty() && self.taping == Taping::Off
    }

    pub(crate) fn taping(&self) -> Taping {
        self.taping
    }

    pub(crate) fn set_taping(&mut self, taping: Taping) {
        if self.taping == Taping::Off {
            self.taped_frames = 0;
        }
        self.taping = taping;
        self.mixer.keep_packets(self.is_taped());
    }

    /// What is still to be played is played out, although everybody has gone.
    pub(crate) fn drain(&mut self) {
        let (left, silent) = (DRAIN_TICKS, 0);
        self.taping = match self.taping {
            Taping::On => Taping::Draining { left, silent },
            Taping::Draining { .. } => return,
            // Nothing is written: it is over at once.
            Taping::Paused | Taping::Off => Taping::Draining { left: 0, silent },
        };
    }

    fn is_taped(&self) -> bool {
        matches!(self.taping, Taping::On | Taping::Draining { .. })
    }

    pub(crate) fn is_draining(&self) -> bool {
        matches!(self.taping, Taping::Draining { .. })
    }

    /// Whether it was draining and has nothing more to play.
    pub(crate) fn is_drained(&self) -> bool {
        matches!(self.taping, Taping::Draining { left, silent } if left == 0 || silent >= DRAINED_AFTER_TICKS)
    }

    /// Makes sure the participant has a seat, heard or not.
    pub(crate) fn seat_participant(
        &mut self,
        participant: &str,
        source: SourceId,
        open: bool,
    ) -> Result<(), AudioError> {
        // Someone who is named anew is seated anew: forwarding tells people's own packets by this number.
        if self.seats.get(participant).is_none_or(|seat| seat.source != source) {
            self.mixer.add_source(source)?;
            let peer = self.seats.get(participant).and_then(|seat| seat.peer);
            self.clear_seat(participant);
            let name = participant.into();
            self.seats.insert(
                participant.to_owned(),
                Seat {
                    name,
                    source,
                    open,
                    peer,
                    counted: (0, 0),
                },
            );
        }
        self.set_open(participant, open);
        Ok(())
    }

    pub(crate) fn set_open(&mut self, participant: &str, open: bool) {
        if let Some(seat) = self.seats.get_mut(participant) {
            seat.open = open;
            self.mixer.set_open(seat.source, open);
        }
    }

    /// Makes `key` the seat's microphone, unless a newer device has it; gives the device that is to go, which may be `key`.
    pub(crate) fn take_seat(&mut self, participant: &str, key: PeerKey) -> Option<PeerKey> {
        let seat = self.seats.get_mut(participant)?;
        if seat.peer.is_some_and(|newer| newer > key) {
            return Some(key);
        }
        self.mixer.restart_source(seat.source);
        seat.peer.replace(key).filter(|before| *before != key)
    }

    pub(crate) fn clear_seat(&mut self, participant: &str) {
        if let Some(seat) = self.seats.remove(participant) {
            self.mixer.remove_source(seat.source);
        }
    }

    /// Takes a packet of a publisher in; the source it counts for, or None where it may not be heard. Of the earlier packets in it those
    /// are left that had been missing.
    pub(crate) fn accept(
        &mut self,
        now: Instant,
        participant: &str,
        key: PeerKey,
        packet: &mut ReceivedPacket,
    ) -> Option<SourceId> {
        let seat = self.seats.get(participant).filter(|s| s.open && s.peer == Some(key))?;
        let source = seat.source;
        self.mixer.push(now, source, packet_of(packet));
        let sequence = packet.sequence;
        packet.earlier.retain(|earlier| {
            self.mixer
                .restore(source, packet_of(earlier), sequence - earlier.sequence)
        });
        Some(source)
    }

    /// Mixes the next 20 ms: the frame for listeners, None while there is nothing to send (DTX: the sequence stands still, RTP
    /// time goes on), and the tick of the tape, None where nothing is recorded.
    pub(crate) fn tick(&mut self, now: Instant, frames: u32) -> (Option<Frame>, Option<TapeTick>) {
        self.timestamp = self.timestamp.wrapping_add(FRAME_TIME.wrapping_mul(frames));
        if self.is_taped() {
            self.taped_frames += u64::from(frames);
        }
        let mixed = self.mixer.tick(now);
        let payload: Option<Arc<[u8]>> = mixed.payload.map(Into::into);
        let csrcs: Vec<u32> = mixed.sources.iter().map(|s| s.0).collect();
        let tape = self.is_taped().then(|| self.tape(now, payload.clone(), csrcs.clone()));
        let frame = payload.map(|payload| Frame {
            timestamp: self.timestamp,
            starts_talkspurt: mixed.starts_talkspurt,
            csrcs,
            payload,
        });
        (frame, tape)
    }

    fn tape(&mut self, now: Instant, payload: Option<Arc<[u8]>>, csrcs: Vec<u32>) -> TapeTick {
        if let Taping::Draining { left, silent } = &mut self.taping {
            *left = left.saturating_sub(1);
            *silent = if self.mixer.has_sound() { 0 } else { *silent + 1 };
        }
        let mut packets = Vec::new();
        for (source, taken) in self.mixer.take_packets() {
            let Some(seat) = self.seats.values().find(|seat| seat.source == source) else {
                continue;
            };
            packets.push(TrackPacket {
                participant: Arc::clone(&seat.name),
                csrc: source.0,
                offset: taken.offset as u32,
                samples: taken.samples as u32,
                joins: taken.joins,
                is_quiet: taken.is_quiet,
                payload: taken.payload,
            });
        }
        TapeTick {
            space: Arc::clone(&self.space),
            at: now,
            count: self.taped_frames,
            payload,
            csrcs,
            packets,
        }
    }

    /// Milliseconds of speakers' sound that were played, and concealed among them, since this was asked last.
    pub(crate) fn played_since_last_time(&mut self) -> (u64, u64) {
        let mut sum = (0, 0);
        for seat in self.seats.values_mut() {
            let Some(stats) = self.mixer.stats(seat.source) else {
                continue;
            };
            // A mix that was begun anew counts from zero.
            sum.0 += stats.played_ms.checked_sub(seat.counted.0).unwrap_or(stats.played_ms);
            sum.1 += stats
                .concealed_ms
                .checked_sub(seat.counted.1)
                .unwrap_or(stats.concealed_ms);
            seat.counted = (stats.played_ms, stats.concealed_ms);
        }
        sum
    }

    pub(crate) fn set_expected_loss(&mut self, percent: f32) {
        self.mixer.set_expected_loss(percent);
    }

    /// Begins the mix anew with the same seats, after a fault in it.
    pub(crate) fn rebuild_mixer(&mut self, now: Instant) -> Result<(), AudioError> {
        self.mixer = Mixer::new(now)?;
        self.mixer.keep_packets(self.is_taped());
        for seat in self.seats.values() {
            self.mixer.add_source(seat.source)?;
            self.mixer.set_open(seat.source, seat.open);
        }
        Ok(())
    }
}

fn packet_of(received: &ReceivedPacket) -> Packet<'_> {
    Packet {
        sequence: received.sequence,
        timestamp: received.timestamp,
        payload: &received.payload,
        level_dbov: received.level_dbov,
    }
}
