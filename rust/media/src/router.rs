//! A router: the media of one space. Who is on stage, the mix, who listens.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use crate::audio::{AudioError, Mixer, Packet, SourceId};
use crate::demux::PeerKey;
use crate::peer::ReceivedPacket;

/// RTP time of one mixed frame: 20 ms at 48 kHz (RFC 7587 §4.1).
const FRAME_TIME: u32 = 960;

/// A participant's place on stage, whichever device fills it.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) source: SourceId,
    /// Whether what the seat sends may be heard. Enforced here, whatever the client believes.
    pub(crate) open: bool,
    /// The connected publisher whose packets count. A second device replaces the first.
    pub(crate) peer: Option<PeerKey>,
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
    pub(crate) publishers: Vec<PeerKey>,
    pub(crate) listeners: Vec<PeerKey>,
}

impl Router {
    pub(crate) fn new(now: Instant) -> Result<Self, AudioError> {
        Ok(Self {
            mixer: Mixer::new(now)?,
            seats: HashMap::new(),
            timestamp: 0,
            publishers: Vec::new(),
            listeners: Vec::new(),
        })
    }

    pub(crate) fn mixer(&self) -> &Mixer {
        &self.mixer
    }

    pub(crate) fn seat(&self, participant: &str) -> Option<&Seat> {
        self.seats.get(participant)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.publishers.is_empty() && self.listeners.is_empty()
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
            self.seats.insert(participant.to_owned(), Seat { source, open, peer });
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

    /// Takes a packet of a publisher in; the source it counts for, or None where it may not be heard.
    pub(crate) fn accept(
        &mut self,
        now: Instant,
        participant: &str,
        key: PeerKey,
        packet: &ReceivedPacket,
    ) -> Option<SourceId> {
        let seat = self.seats.get(participant).filter(|s| s.open && s.peer == Some(key))?;
        let packet = Packet {
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            payload: &packet.payload,
            level_dbov: packet.level_dbov,
        };
        self.mixer.push(now, seat.source, packet);
        Some(seat.source)
    }

    /// Mixes the next 20 ms. None while there is nothing to send (DTX): the sequence stands still, RTP time goes on.
    pub(crate) fn tick(&mut self, now: Instant, frames: u32) -> Option<Frame> {
        self.timestamp = self.timestamp.wrapping_add(FRAME_TIME.wrapping_mul(frames));
        let mixed = self.mixer.tick(now);
        Some(Frame {
            timestamp: self.timestamp,
            starts_talkspurt: mixed.starts_talkspurt,
            csrcs: mixed.sources.iter().map(|s| s.0).collect(),
            payload: mixed.payload?.into(),
        })
    }

    pub(crate) fn set_expected_loss(&mut self, percent: f32) {
        self.mixer.set_expected_loss(percent);
    }

    /// Begins the mix anew with the same seats, after a fault in it.
    pub(crate) fn rebuild_mixer(&mut self, now: Instant) -> Result<(), AudioError> {
        self.mixer = Mixer::new(now)?;
        for seat in self.seats.values() {
            self.mixer.add_source(seat.source)?;
            self.mixer.set_open(seat.source, seat.open);
        }
        Ok(())
    }
}
