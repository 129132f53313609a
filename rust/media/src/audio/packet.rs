//! What goes into the mixer and what is counted on the way: packets, their sources, the statistics of a source.

use serde::Serialize;

/// One published audio stream, as the router numbers them within its space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// One received Opus packet, out of its RTP header.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// The RTP sequence number, extended so that it never wraps (RFC 3711 §3.3.1 calls it the packet index).
    pub sequence: u64,
    /// The RTP timestamp, extended so that it never wraps, in samples of 48 kHz (RFC 7587 §4.1).
    pub timestamp: u64,
    /// The Opus packet (RFC 6716 §3).
    pub payload: &'a [u8],
    /// What the sender says of its level, 0 to -127 dBov (RFC 6464 §3), if it says.
    pub level_dbov: Option<i8>,
}

/// Why the audio of a space, or one more source in it, could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The stage is full.
    #[error("a mixer takes at most {} sources", super::MAX_SOURCES)]
    TooManySources,
    /// The router gave the same number to two sources.
    #[error("source {} is already there", .0.0)]
    SourceExists(SourceId),
    /// The codec could not be made or set; only a lack of memory is known to cause it.
    #[error("the Opus codec failed: {0}")]
    Codec(#[from] opus::Error),
}

/// What became of the packets of one source. Counts only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SourceStats {
    /// Packets handed in while the source was open.
    pub received: u64,
    /// Packets that were already there or already played.
    pub duplicates: u64,
    /// Packets that came after their place had been played without them.
    pub late: u64,
    /// Packets that had not come when their place was played, made good or not.
    pub lost: u64,
    /// Of the lost, those made good by the forward error correction in the next packet (RFC 6716 §2.1.7).
    pub recovered: u64,
    /// Packets that never came in time while a later one carried them again (RED, RFC 2198). They do not count as lost.
    pub restored: u64,
    /// Time that was guessed from what went before, because neither a packet nor its correction was there.
    pub concealed_ms: u64,
    /// Of the guessed, what is so quiet that it lies in a pause: Opus corrects speech only (RFC 6716 §2.1.7).
    pub concealed_quiet_ms: u64,
    /// Time that was played, the concealed included, the pauses of the sender not.
    pub played_ms: u64,
    /// Payloads that are not Opus.
    pub malformed: u64,
    /// Packets dropped for other reasons: the source is closed, its buffer full, its numbers absurd.
    pub discarded: u64,
    /// How often the source began a new sequence.
    pub restarts: u64,
    /// From a packet's arrival to its sound leaving the source, as of the last tick; the mixer adds its look-ahead.
    pub buffer_ms: f32,
    /// How much faster (positive) or slower the sender's clock runs than ours, in parts per million, slowly averaged.
    pub skew_ppm: f32,
}
