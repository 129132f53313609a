//! One connected device: its WebRTC session, its liveness, what it is for.
//!
//! This module is the seam between the spaces and the transport. The router above it knows packets and frames; what carries them
//! is behind [`Transport`]: str0m in `session`, or for those who only listen `crate::listener`.

mod forward;
mod paths;
mod pulse;
mod session;
mod sources;
mod transport;

pub(crate) use forward::Forwarder;
pub(crate) use paths::Paths;
pub(crate) use pulse::Pulse;
pub(crate) use session::{OutgoingPacket, Output, ReceivedPacket, Session};
pub(crate) use transport::{Broken, Route, Transport};

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::net::Protocol;

/// Bytes from the network: a UDP datagram, or over TCP one frame (RFC 4571 §2).
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// What carried it.
    pub protocol: Protocol,
    /// Who claims to have sent it.
    pub source: SocketAddr,
    /// Which of our addresses it was sent to.
    pub destination: SocketAddr,
    /// The bytes.
    pub contents: &'a [u8],
}

/// A peer without an authenticated packet for this long is sent nothing and not counted: a second less than is promised, which the look
/// once a second and the way to the pages take.
/// Lower drops phones that only changed networks; higher keeps ghosts in the count.
pub(crate) const AWAY_AFTER: Duration = Duration::from_secs(14);
/// An away peer's keys are kept this much longer, so that it can come back by itself.
/// Lower costs a new join after a tunnel; higher keeps the memory of those who never return.
pub(crate) const GONE_AFTER: Duration = Duration::from_secs(60);
/// A handshake that is not done by then is given up, though checks still come, and gone within 30 s with the look once a second; where not
/// even those come, half of it is enough.
/// Lower refuses slow networks; higher lets POSTs without media fill the node.
pub(crate) const NEVER_CONNECTED_AFTER: Duration = Duration::from_secs(29);

/// What a peer is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerKind {
    /// Puts a microphone on stage and may hear others in slots.
    Publisher,
    /// Hears the mix.
    Listener,
}

/// How far a peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerState {
    /// The answer is out, no handshake is done yet.
    New,
    /// Media flows.
    Connected,
    /// No authenticated packet for 15 s: nothing is sent, nobody counts it.
    Away,
}

/// Whether a peer's silence has a consequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Liveness {
    Unchanged,
    WentAway,
    Gone,
    NeverConnected,
}

/// Judges a peer by when it was last heard with authentication.
pub(crate) fn liveness(now: Instant, state: PeerState, created: Instant, last_heard: Instant) -> Liveness {
    let silent = now.saturating_duration_since(last_heard);
    match state {
        PeerState::New if silent >= AWAY_AFTER || now.saturating_duration_since(created) >= NEVER_CONNECTED_AFTER => {
            Liveness::NeverConnected
        }
        PeerState::Connected if silent >= AWAY_AFTER => Liveness::WentAway,
        PeerState::Away if silent >= AWAY_AFTER + GONE_AFTER => Liveness::Gone,
        _ => Liveness::Unchanged,
    }
}
