//! What a writer has to know of a tape that another began.

use serde_json::Value;

use super::clock::{to_ms, to_samples};
use super::silence::FRAME_SAMPLES;
use super::stage::from_wire;

/// What `stage.jsonl` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// The highest `seq` of an event.
    pub last_seq: u64,
    /// The last segment, 0 where there is none yet.
    pub segment: u32,
    /// Whether it was closed in peace: the clock stands still until recording is started again.
    pub is_finished: bool,
    /// Whether recording was paused.
    pub is_paused: bool,
    /// Tape time up to which there is anything, in samples.
    pub end: u64,
    /// Where the last segment began.
    start: u64,
    /// A moment when the clock ran: on the wall, and in samples.
    anchor: Option<(i64, u64)>,
    has_lines: bool,
}

impl Past {
    /// Reads the log; returns also how many of its bytes are whole lines. Lines that make no sense are left alone.
    #[must_use]
    pub fn read(log: &[u8]) -> (Self, usize) {
        let mut past = Self::default();
        let whole = log.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in log[..whole].split(|byte| *byte == b'\n') {
            if let Ok(line) = serde_json::from_slice::<Value>(line) {
                past.take(&line);
            }
        }
        (past, whole)
    }

    fn take(&mut self, line: &Value) {
        let number = |name: &str| line.get(name).and_then(Value::as_u64).unwrap_or(0);
        let at = to_samples(number("at_ms"));
        self.has_lines = true;
        let mut anchors = false;
        match line.get("kind").and_then(Value::as_str).unwrap_or_default() {
            "segment" => {
                self.segment = self.segment.max(u32::try_from(number("segment")).unwrap_or(0));
                self.start = number("start");
                self.is_finished = false;
                anchors = true;
            }
            "event" => self.last_seq = self.last_seq.max(number("seq")),
            "paused" => self.is_paused = true,
            "resumed" => {
                self.is_paused = false;
                anchors = true;
            }
            "finished" => (self.is_finished, self.is_paused) = (true, false),
            "heard" => anchors = true,
            _ => {}
        }
        self.end = self.end.max(at);
        if anchors {
            let wall = line.get("wall").and_then(Value::as_str).and_then(from_wire);
            self.anchor = wall.map(|wall| (wall, at)).or(self.anchor);
        }
    }

    /// Whether nothing was ever written.
    #[must_use]
    pub fn is_new(&self) -> bool {
        !self.has_lines && self.segment == 0
    }

    /// Takes in that there is a file of this segment, whether or not the log knows of it.
    pub fn see_segment(&mut self, segment: u32) {
        self.segment = self.segment.max(segment);
    }

    /// Takes in the last granule position of the last segment's mix.
    pub fn see_mix(&mut self, granule: u64) {
        self.end = self
            .end
            .max(self.start.saturating_add(granule / FRAME_SAMPLES * FRAME_SAMPLES));
    }

    /// How long the tape has not been written at `wall_ms`, in milliseconds; none where its clock stood still.
    pub(super) fn lost_ms(&self, wall_ms: i64) -> u64 {
        let Some((wall, at)) = self.anchor.filter(|_| !self.is_finished && !self.is_paused) else {
            return 0;
        };
        let ended = wall.saturating_add_unsigned(to_ms(self.end.saturating_sub(at)));
        u64::try_from(wall_ms.saturating_sub(ended)).unwrap_or(0)
    }
}
