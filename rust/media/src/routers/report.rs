//! What the node says upwards: events as they happen, a report of everything when asked.

use serde::Serialize;

use crate::audio::SourceStats;
use crate::peer::{PeerKind, PeerState};
use crate::tape::GapReason;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// A command or the device itself closed it.
    Closed,
    /// Nothing authenticated was heard for too long.
    Gone,
    /// The handshake was never done.
    NeverConnected,
    /// The session broke, or its handler did.
    Failed,
}

/// Something happened to a peer, or to the tape of a space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum NodeEvent {
    /// The handshake is done, media flows.
    Connected(PeerRef),
    /// No authenticated packet for fifteen seconds, all told.
    Away(PeerRef),
    /// Nothing comes from a speaker who was sending sound a moment ago.
    Interrupted(PeerRef),
    /// An away or interrupted peer was heard again.
    Back(PeerRef),
    /// The session is over.
    Closed {
        /// The peer that was.
        #[serde(flatten)]
        peer: PeerRef,
        /// Why.
        reason: CloseReason,
    },
    /// The tape is whole and on the disk: the space is over, or recording was stopped.
    TapeFinished {
        /// The space.
        space: String,
        /// Tape time at its end.
        duration_ms: u64,
    },
    /// The disk failed to keep a file; the tape goes on in its next segment.
    TapeDamaged {
        /// The space.
        space: String,
        /// In the system's words.
        reason: String,
    },
    /// The disk takes nothing more; it is tried again until it does.
    TapeStopped {
        /// The space.
        space: String,
        /// Why.
        reason: GapReason,
    },
    /// The tape goes on after it had stopped.
    TapeResumed {
        /// The space.
        space: String,
    },
}

/// A peer by the names the control plane gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PeerRef {
    /// The space.
    pub space: String,
    /// The media session.
    pub peer: String,
    /// Whose it is.
    pub participant: String,
    /// What for.
    pub kind: PeerKind,
}

/// One peer in a report.
#[derive(Debug, Clone, Serialize)]
pub struct PeerReport {
    /// The media session.
    pub peer: String,
    /// Whose it is.
    pub participant: String,
    /// What for.
    pub kind: PeerKind,
    /// How far.
    pub state: PeerState,
    /// Whether nothing comes from it although it was sending sound a moment ago.
    pub interrupted: bool,
    /// Whether what it sends may be heard.
    pub publish: bool,
    /// How its packets arrive, for a publisher.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<SourceStats>,
    /// Fraction of our packets a listener reported lost last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_loss: Option<f32>,
}

/// One space in a report.
#[derive(Debug, Clone, Serialize)]
pub struct SpaceReport {
    /// The space.
    pub space: String,
    /// Everyone connected to it.
    pub peers: Vec<PeerReport>,
}

/// Everything the node holds.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// All spaces with a peer or a tape.
    pub spaces: Vec<SpaceReport>,
    /// Totals since the node started.
    pub stats: Counters,
}

/// Totals since the node started. Dropped packets are counted by reason, never raised.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Counters {
    /// Datagrams handed in.
    pub datagrams_in: u64,
    /// Datagrams handed out.
    pub datagrams_out: u64,
    /// From an address nobody authenticated.
    pub dropped_unknown_address: u64,
    /// STUN that names nobody, or is not a binding request.
    pub dropped_unknown_stun: u64,
    /// STUN whose MESSAGE-INTEGRITY is wrong.
    pub dropped_unauthentic_stun: u64,
    /// Audio of someone who may not be heard.
    pub dropped_not_allowed: u64,
    /// Audio beyond a publisher's packet budget.
    pub dropped_over_budget: u64,
    /// Audio packets taken from publishers.
    pub packets_in: u64,
    /// Packets passed on between speakers.
    pub packets_forwarded: u64,
    /// Mixed packets sent to listeners.
    pub packets_mixed: u64,
    /// Errors a session reported and survived.
    pub session_errors: u64,
    /// Handlers that panicked; each cost its peer the session and nobody else.
    pub panics: u64,
    /// Offers answered: the first phase of a join.
    pub joins_answered: u64,
    /// Of those, whose first authentic check came: a way through the network is there.
    pub joins_reached: u64,
    /// Listeners whom this node took over from one that had died.
    pub listeners_carried_on: u64,
    /// Handshakes done: the last phase.
    pub joins: u64,
    /// Offers refused because the node was full.
    pub joins_refused: u64,
    /// Sessions given up because no handshake was ever done.
    pub joins_abandoned: u64,
    /// Packets to listeners that carried earlier frames, or one frame instead of several, because they lose some.
    pub packets_protected: u64,
    /// Sound of speakers that was played, in milliseconds, and how much of it was guessed because packets were missing.
    pub played_ms: u64,
    /// See `played_ms`.
    pub concealed_ms: u64,
    /// Frames mixed, or silent.
    pub ticks: u64,
    /// Nanoseconds that making listeners' packets took: row, header, seal, place in the batch; over all threads.
    pub making_ns: u64,
    /// Nanoseconds that the kernel took for taking datagrams, whomever they are for; over all threads.
    pub sending_ns: u64,
    /// Datagrams dropped because the socket was full.
    pub unsent_full: u64,
    /// Datagrams that the kernel refused: no route to where they were to go.
    pub unsent_refused: u64,
    /// Ticks that came more than one frame late.
    pub late_ticks: u64,
}

/// How the node is now.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Gauges {
    /// Listeners on the thin path, connected or about to be.
    pub listeners: u64,
    /// Of those, who reported loss lately that is worth protecting against.
    pub lossy_listeners: u64,
    /// Of those, whose packets are protected.
    pub protected_listeners: u64,
    /// How much of a core the media thread used in the last second; 100 also where it was not given what it needed.
    pub busy_percent: u64,
    /// How much of it is left.
    pub headroom_percent: u64,
    /// How much sound a packet carries to the listeners of a large space.
    pub frame_ms: u64,
    /// Handshakes that wait for a thread.
    pub handshakes_waiting: u64,
}

/// What is told to those who watch over the node.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Stats {
    /// Totals.
    #[serde(flatten)]
    pub totals: Counters,
    /// As it is.
    pub now: Gauges,
}
