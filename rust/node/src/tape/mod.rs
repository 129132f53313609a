//! The writer of the tapes: a thread of its own, because disks make one wait and packets must not.
//!
//! The media thread hands over what it has by [`Queue`], which never waits. One thread is enough for all spaces: what bounds
//! it is `fdatasync`, one for each file that grew in the last second; at 0.3 ms each (a solid-state disk) about 2,000 files,
//! which is some 300 spaces with six speakers. Beyond that the second becomes longer, and nothing else suffers.

mod disk;
mod file_log;
mod open;
mod queue;
mod status;
mod writer;

pub use disk::{Disk, LocalDisk};
pub(crate) use queue::{Message, Queue, Reply};
pub use status::Recording;
pub(crate) use status::Status;
pub(crate) use writer::Writer;

use serde::{Deserialize, Serialize};

/// From here on no new recording begins, in percent: the rest is for those that are under way, and for the database.
const FULL_PERCENT: f64 = 97.0;

/// What is to be kept of a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// All of it.
    On,
    /// Nothing for now; the recording is not over.
    Paused,
    /// The last two minutes.
    Ring,
    /// Nothing.
    Off,
}

/// Where a tape is, as `record` answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Tape time.
    pub at_ms: u64,
    /// The segment that is written.
    pub segment: u32,
    /// The highest `seq` in the stage log.
    pub last_seq: u64,
}
