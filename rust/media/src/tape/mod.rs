//! The tape of a space (`docs/tape.md`): what was heard and said, as pages of Ogg and lines of JSON on one clock.
//!
//! The routers hand out a [`TapeTick`] every 20 ms for each space that is recorded. A [`Tape`] takes them and says by
//! [`Effect`]s what is to be written; whoever carries them out tells it what the disk refused. It runs beside the routers, on
//! a thread that may wait for disks.

mod clock;
mod pages;
mod past;
mod segment;
mod silence;
mod stage;
mod track;
mod writing;

pub use pages::{PRE_SKIP_SAMPLES, Pages, last_granule};
pub use past::Past;
pub use silence::FRAME as SILENT_FRAME;
pub use stage::{FILE as STAGE_FILE, GapReason, from_wire};
pub use writing::{Kind, Tape};

use std::sync::Arc;
use std::time::Instant;

/// 20 ms of a space that is recorded.
#[derive(Debug, Clone)]
pub struct TapeTick {
    /// The space.
    pub space: Arc<str>,
    /// When.
    pub at: Instant,
    /// How many frames of 20 ms have passed since recording began here, this one included. More than one further than the
    /// tick before: those between are lost.
    pub count: u64,
    /// What listeners were sent; None in silence.
    pub payload: Option<Arc<[u8]>>,
    /// Who is heard in it, the loudest first.
    pub csrcs: Vec<u32>,
    /// What the mix began to play in it.
    pub packets: Vec<TrackPacket>,
}

/// A speaker's packet, in the tick in which the mix begins to play it.
#[derive(Debug, Clone)]
pub struct TrackPacket {
    /// Whose it is.
    pub participant: Arc<str>,
    /// How packets name them.
    pub csrc: u32,
    /// Where it begins, in samples from the beginning of the tick.
    pub offset: u32,
    /// How long it plays.
    pub samples: u32,
    /// Whether the packet before it belongs to the same flow of sound: a hole between them is loss, and not a pause.
    pub joins: bool,
    /// Whether nobody would miss it.
    pub is_quiet: bool,
    /// The Opus packet.
    pub payload: Box<[u8]>,
}

/// Something that happened in the space, told by the control plane.
#[derive(Debug, Clone)]
pub struct StageEvent {
    /// Its number in the space, from 1.
    pub seq: u64,
    /// When, in milliseconds since 1970.
    pub wall_ms: i64,
    /// What.
    pub name: String,
    /// More of it.
    pub data: serde_json::Value,
}

/// What is to be done in the tape's folder, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A new file that begins with these bytes.
    Create {
        /// Its name.
        file: String,
        /// Its beginning.
        bytes: Vec<u8>,
    },
    /// More of a file.
    Append {
        /// Its name.
        file: String,
        /// What comes after its end.
        bytes: Vec<u8>,
    },
    /// Nothing more of a file will come.
    Close {
        /// Its name.
        file: String,
    },
    /// A file is not needed any more.
    Remove {
        /// Its name.
        file: String,
    },
    /// Lines for the stage log.
    Log(Vec<u8>),
}

/// Whether a name that came from outside may be part of a file's name.
#[must_use]
pub fn is_safe_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=64).contains(&name.len()) && name.chars().all(is_plain) && name != MIX
}

/// What the mix's files are called, and nobody else's.
const MIX: &str = "mix";
