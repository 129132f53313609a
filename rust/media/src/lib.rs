//! The media of live audio spaces, sans-IO: datagrams and time come in, datagrams and events go out.
//!
//! [`routers::Routers`] is the whole of a node without its sockets. Nothing here reads a clock, a socket or the environment,
//! and no bad packet is an error: it is dropped and counted.

#![forbid(unsafe_code)]

pub mod addresses;
pub mod audio;
#[cfg(test)]
mod counting;
mod demux;
mod dtls;
pub mod error;
mod listener;
mod peer;
pub mod red;
mod router;
pub mod routers;
pub mod sdp;
pub mod srtp;
mod stun;
pub mod tape;

pub use dtls::crypto;
#[cfg(feature = "test-hooks")]
pub use listener::fuzzing;
pub use listener::{Delivered, FrameClass, Memory, Outbox, ReportedLoss, SLOT_BYTES, Share, Work, Worked};
pub use peer::{Datagram, PeerKind, PeerState};
