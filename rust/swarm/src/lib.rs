//! A small WebRTC client: it publishes one voice, or listens to one, over a real socket.
//!
//! `voxhall speak` and `voxhall listen` are thin shells over [`Publisher`] and [`Subscriber`]; [`load`] drives thousands of them
//! against a server to measure it. The session description goes in and out as text: HTTP belongs to the caller, except in [`load`].

mod client;
mod engine;
mod error;
mod line;
pub mod load;
mod peer;
mod progress;
mod protection;
mod publisher;
pub mod recording;
mod remote;
mod subscriber;
mod voice;
mod wire;

pub use error::ClientError;
pub use progress::{Packet, State};
pub use publisher::Publisher;
pub use subscriber::Subscriber;
pub use voice::{FRAME_DURATION, FRAME_SAMPLES, SAMPLE_RATE_HZ, VoiceEncoder, VoicePacket};
