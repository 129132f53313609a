//! Forwarding: other speakers' packets in a speaker's fixed receive slots.
//!
//! A slot is one RTP stream to the browser whose content changes hands. Its sequence numbers go on without a gap and its
//! timestamps with the time that passed, so that the browser's jitter buffer sees one stream with a pause.

use std::sync::Arc;
use std::time::Instant;

use str0m::media::Mid;

use super::session::{OutgoingPacket, ReceivedPacket};
use super::transport::Transport;
use crate::audio::{SAMPLE_RATE_HZ, SLOTS, Selection, Slots, SourceId};
use crate::demux::PeerKey;

/// Sequence numbers start low: a receiver that loses packets around the first wrap would otherwise guess a wrong rollover
/// counter for good (RFC 3711 §3.3.1).
const FIRST_SEQUENCE: u64 = 1;

/// The slots of one receiving speaker.
pub(crate) struct Forwarder {
    own: SourceId,
    slots: Slots,
    streams: Vec<Stream>,
    assigned: [Option<SourceId>; SLOTS],
}

#[derive(Debug)]
struct Stream {
    mid: Mid,
    /// Whose packets, and through which session of theirs: one who comes back begins with numbers of chance.
    from: Option<(SourceId, PeerKey)>,
    /// Extended sequence number and timestamp of the source's first packet in this slot.
    first_in: (u64, u64),
    first_out: (u64, u32),
    last_out: Option<(u64, u32, Instant)>,
}

impl Forwarder {
    /// `mids` are the receive lines of the speaker `own`.
    pub(crate) fn new(own: SourceId, mids: &[Mid]) -> Self {
        let stream = |mid: &Mid| Stream {
            mid: *mid,
            from: None,
            first_in: (0, 0),
            first_out: (FIRST_SEQUENCE, 0),
            last_out: None,
        };
        let streams = mids.iter().take(SLOTS).map(stream).collect();
        Self {
            own,
            slots: Slots::new(),
            streams,
            assigned: [None; SLOTS],
        }
    }

    /// Decides who is in which slot, from the last tick's selection.
    pub(crate) fn assign(&mut self, now: Instant, selection: &Selection) {
        self.assigned = self.slots.assign(now, selection, self.own);
    }

    /// Queues `packet` of `source`, which came through the session `key`, on its slot; false where it has none.
    pub(crate) fn forward(
        &mut self,
        now: Instant,
        (source, key): (SourceId, PeerKey),
        packet: &ReceivedPacket,
        session: &mut dyn Transport,
    ) -> bool {
        let Some(index) = self.assigned.iter().position(|s| *s == Some(source)) else {
            return false;
        };
        let Some(stream) = self.streams.get_mut(index) else {
            return false;
        };
        let Some((sequence, timestamp, switched)) = stream.place(now, (source, key), packet) else {
            return false;
        };
        session.send(
            now,
            stream.mid,
            OutgoingPacket {
                sequence,
                timestamp,
                marker: packet.marker || switched,
                csrcs: &[source.0],
                payload: Arc::clone(&packet.payload),
            },
        );
        true
    }
}

impl Stream {
    /// The packet's sequence number and timestamp in this slot, and whether the slot has just changed hands. None for a packet
    /// from before the change.
    fn place(&mut self, now: Instant, from: (SourceId, PeerKey), packet: &ReceivedPacket) -> Option<(u64, u32, bool)> {
        let switched = self.from != Some(from) || packet.sequence.abs_diff(self.first_in.0) > 1 << 40;
        if switched {
            self.from = Some(from);
            self.first_in = (packet.sequence, packet.timestamp);
            self.first_out = self.next_after_pause(now);
        }
        let sequence_offset = packet.sequence.checked_sub(self.first_in.0)?;
        let elapsed = packet.timestamp.wrapping_sub(self.first_in.1) as u32;
        let sequence = self.first_out.0 + sequence_offset;
        let timestamp = self.first_out.1.wrapping_add(elapsed);
        if self.last_out.is_none_or(|(last, _, _)| sequence > last) {
            self.last_out = Some((sequence, timestamp, now));
        }
        Some((sequence, timestamp, switched))
    }

    fn next_after_pause(&self, now: Instant) -> (u64, u32) {
        let Some((sequence, timestamp, at)) = self.last_out else {
            return (FIRST_SEQUENCE, 0);
        };
        let pause = now.saturating_duration_since(at).as_secs_f64() * f64::from(SAMPLE_RATE_HZ);
        // At least one 20 ms frame on: the last packet's own duration.
        (sequence + 1, timestamp.wrapping_add((pause as u32).max(960)))
    }
}
