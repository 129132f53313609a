//! The sound of one space: Opus packets of up to twenty speakers in, one levelled Opus mix out.
//!
//! Everything here is arithmetic: time comes in as an argument, packets go out as values, nothing waits and nothing fails
//! because of what a peer sent (a bad packet is dropped and counted).
//! The way of a packet: [`jitter`] puts it in order, [`delay`] says how long to wait for its like, [`decode`] makes it
//! samples, [`stretch`] keeps it in step with our clock ([`source`] is these four together); then [`voice`] and
//! [`select`] say who speaks, [`loudness`] levels, [`mix`] adds, [`limiter`] bounds and [`encode`] makes it a packet again.
//! [`slots`] picks whose packets a speaker gets forwarded.
//! Out of scope: RTP headers, keys, sockets, the tape (which takes its packets from here), and forwarding itself.

pub mod decode;
pub mod delay;
pub mod encode;
pub mod jitter;
pub mod level;
pub mod limiter;
pub mod loudness;
pub mod mix;
pub mod packet;
mod seat;
pub mod select;
pub mod slots;
pub mod source;
pub mod stretch;
pub mod voice;

pub use mix::{MixedFrame, Mixer};
pub use packet::{AudioError, Packet, SourceId, SourceStats};
pub use select::{Selection, Voice};
pub use slots::Slots;
pub use source::Taken;

use std::time::Duration;

/// Samples in a second, of everything here; the clock rate of Opus in RTP whatever it carries (RFC 7587 §4.1).
pub const SAMPLE_RATE_HZ: u32 = 48_000;

/// Samples in one tick. Raising it (to 40 ms) halves the packets a listener costs and adds as much delay;
/// lowering it does the reverse.
pub const FRAME_SAMPLES: usize = 960;

/// The time between two ticks: [`FRAME_SAMPLES`] at [`SAMPLE_RATE_HZ`].
pub const TICK: Duration = Duration::from_millis(20);

/// How many sources one mixer takes: a full stage. Raising it costs about 0.2 % of a core for each that sends.
pub const MAX_SOURCES: usize = 20;

/// How many others a speaker hears at once: the receiving audio lines a browser offers. Raising it needs as many more
/// lines in every offer; below three a lively conversation loses words.
pub const SLOTS: usize = 4;

/// Samples in a millisecond.
pub(crate) const SAMPLES_PER_MS: i64 = 48;

/// Sorted position `quantile` (0 to 1) of `values`, which is reordered.
pub(crate) fn quantile(values: &mut [i64], quantile: f64) -> Option<i64> {
    let last = values.len().checked_sub(1)?;
    let at = ((last as f64) * quantile).round() as usize;
    let (_, value, _) = values.select_nth_unstable(at.min(last));
    Some(*value)
}
