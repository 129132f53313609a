//! DTLS 1.2 (RFC 6347), as both kinds of sessions use it: dimpl does the talking, and what it keeps of a stranger's words and how long it waits
//! before it says a thing again is decided here.

mod association;
mod flight;
mod key;
mod provider;
mod repeats;

pub(crate) use association::{Association, Config, config};
pub use provider::crypto;
