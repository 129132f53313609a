//! The session descriptions of WHIP (RFC 9725) and WHEP, as text: which lines of an offer are taken, and the answer to it.
//!
//! str0m negotiates the lines that are taken. Everything around them is ours, because str0m puts its candidates on the first
//! line even where that line is rejected, and because independent clients stumble over details it does not decide.

mod answer;
mod fragment;
mod listen;
mod offer;
mod sections;

pub use answer::compose_answer;
pub use fragment::{Fragment, compose_fragment};
pub use listen::ListenOffer;
pub use offer::{Offer, Purpose};
pub use sections::MAX_SDP_BYTES;

/// Receive slots a speaker's offer may bring: how many others one hears at once.
/// Raising it lets more people talk over each other and costs every speaker another stream; 4 is what an ear can follow.
pub const MAX_SLOTS: usize = 4;
