//! `stage.jsonl`: what happened, one line each (`docs/tape.md`).

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::clock::to_ms;

/// The file's name.
pub const FILE: &str = "stage.jsonl";

#[derive(Debug, Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    what: What<'a>,
    at_ms: u64,
    wall: String,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum What<'a> {
    Tape {
        version: u32,
        space: &'a str,
    },
    Segment {
        segment: u32,
        start: u64,
    },
    Track {
        segment: u32,
        participant: &'a str,
        csrc: u32,
        file: &'a str,
        start: u64,
    },
    Heard {
        csrcs: &'a [u32],
    },
    Event {
        seq: u64,
        name: &'a str,
        data: &'a Value,
    },
    Paused,
    Resumed,
    Gap {
        from_ms: u64,
        to_ms: u64,
        lost_ms: u64,
        reason: GapReason,
    },
    Damaged {
        segment: u32,
        file: &'a str,
        reason: &'a str,
    },
    Finished,
}

/// Why nothing was written for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// A node died, and another went on.
    NodeRestarted,
    /// There was no space on the disk.
    DiskFull,
    /// The disk refused for another reason.
    DiskError,
    /// The machine could not keep up.
    Overload,
}

/// The line, its line feed included. `at` is tape time in samples.
pub(super) fn line(at: u64, wall_ms: i64, what: What<'_>) -> Vec<u8> {
    let line = Line {
        what,
        at_ms: to_ms(at),
        wall: to_wire(wall_ms),
    };
    // Numbers, text and JSON that was read as JSON: there is nothing in it that could not be written.
    let mut bytes = serde_json::to_vec(&line).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// A time on the wall as RFC 3339 in UTC, with milliseconds.
fn to_wire(wall_ms: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(wall_ms) * 1_000_000);
    let (date, clock) = time.map_or((OffsetDateTime::UNIX_EPOCH.date(), time::Time::MIDNIGHT), |at| {
        (at.date(), at.time())
    });
    let (hour, minute, second, millisecond) = clock.as_hms_milli();
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z")
}

/// Milliseconds since 1970 of a time in RFC 3339; None where it is none.
#[must_use]
pub fn from_wire(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}
