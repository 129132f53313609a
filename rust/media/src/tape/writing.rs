//! One tape while it is written.

use std::collections::VecDeque;

use super::clock::{Clock, to_ms, to_samples};
use super::past::Past;
use super::segment::Segment;
use super::silence::{self, FRAME_SAMPLES};
use super::stage::{GapReason, What, line};
use super::{Effect, StageEvent, TapeTick, TrackPacket};

const VERSION: u32 = 1;
/// A page is ended at the latest this long after it was begun (200 ms): what is lost when the process dies. Longer loses
/// more, shorter writes more headers.
const PAGE_SAMPLES: u64 = 10 * FRAME_SAMPLES;
/// Of a time without a writer the tape keeps this much (60 s): enough to see that something is missing.
const KEPT_GAP_SAMPLES: u64 = 3_000 * FRAME_SAMPLES;
/// Frames missed in one go that are worth a line in the log (1 s); fewer are a hiccup that nobody looks for.
const NOTED_LOSS_FRAMES: u64 = 50;
/// Who is heard is written at most every 200 ms: a log for eyes, not a meter.
const HEARD_SAMPLES: u64 = 10 * FRAME_SAMPLES;
/// A ring's segments: shorter ones make more files, longer ones keep more than was promised.
const RING_SEGMENT_SAMPLES: u64 = 500 * FRAME_SAMPLES;
const RING_SAMPLES: u64 = 6_000 * FRAME_SAMPLES;

/// What a tape is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// To be kept.
    Recording,
    /// The last two minutes of a space that is not recorded.
    Ring,
}

/// See the module.
#[derive(Debug)]
pub struct Tape {
    space: String,
    kind: Kind,
    segment: Segment,
    /// Tape time at the end of the last tick.
    position: u64,
    count: Option<u64>,
    clock: Clock,
    last_seq: u64,
    is_paused: bool,
    stopped: Option<Stopped>,
    /// Who is heard as the log has it; None where the segment's does not say yet.
    heard: Option<Vec<u32>>,
    heard_at: u64,
    /// Of a ring: where past segments ended, and their files.
    past: VecDeque<(u64, Vec<String>)>,
    effects: Vec<Effect>,
}

#[derive(Debug)]
struct Stopped {
    reason: GapReason,
    frames: u64,
}

impl Tape {
    /// Begins a tape, or goes on with one that has a past, in its next segment.
    #[must_use]
    pub fn open(space: &str, kind: Kind, past: &Past, is_paused: bool, wall_ms: i64) -> Self {
        let mut tape = Self {
            space: space.to_owned(),
            kind,
            segment: Segment::after(past.segment),
            position: past.end.div_ceil(FRAME_SAMPLES) * FRAME_SAMPLES,
            count: None,
            clock: Clock::default(),
            last_seq: past.last_seq,
            is_paused: past.is_paused,
            stopped: None,
            heard: None,
            heard_at: 0,
            past: VecDeque::new(),
            effects: Vec::new(),
        };
        if past.is_new() {
            let space = tape.space.clone();
            tape.log(
                0,
                wall_ms,
                What::Tape {
                    version: VERSION,
                    space: &space,
                },
            );
        }
        match past.lost_ms(wall_ms) {
            lost_ms if lost_ms < to_ms(FRAME_SAMPLES) => tape.clock.run(wall_ms, tape.position),
            lost_ms => tape.skip(wall_ms, lost_ms, GapReason::NodeRestarted),
        }
        tape.begin_segment(wall_ms);
        tape.set_paused(is_paused, wall_ms);
        tape
    }

    /// What is to be done since the last call.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The segment that is written.
    #[must_use]
    pub fn segment(&self) -> u32 {
        self.segment.number
    }

    /// The highest `seq` that is in the log.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Whether the clock stands still on request.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Why nothing can be written now, if so.
    #[must_use]
    pub fn stopped(&self) -> Option<GapReason> {
        self.stopped.as_ref().map(|stopped| stopped.reason)
    }

    /// Tape time in milliseconds.
    #[must_use]
    pub fn at_ms(&self) -> u64 {
        let missed = self
            .stopped
            .as_ref()
            .map_or(0, |stopped| stopped.frames * FRAME_SAMPLES);
        to_ms(self.position + missed.min(KEPT_GAP_SAMPLES))
    }

    /// Takes the next 20 ms.
    pub fn tick(&mut self, tick: &TapeTick, wall_ms: i64) {
        let frames = self.count.map_or(1, |count| tick.count.saturating_sub(count).max(1));
        self.count = Some(tick.count);
        if let Some(stopped) = &mut self.stopped {
            stopped.frames += frames;
            return;
        }
        self.miss(frames - 1, wall_ms);
        let at = self.position;
        self.position += FRAME_SAMPLES;
        self.clock.reach(wall_ms, self.position);
        if let Some(mix) = &mut self.segment.mix {
            mix.push(at, tick.payload.as_deref().unwrap_or(&silence::FRAME));
        }
        // On the wall the tick begins a frame before it is here.
        let began_ms = wall_ms - to_ms(FRAME_SAMPLES) as i64;
        for packet in &tick.packets {
            self.put(at, packet, began_ms);
        }
        self.hear(at, &tick.csrcs, began_ms);
        self.segment.end_pages(self.position, PAGE_SAMPLES, &mut self.effects);
        if self.kind == Kind::Ring && self.position - self.segment.start >= RING_SEGMENT_SAMPLES {
            self.turn(wall_ms);
        }
    }

    /// Writes down what happened in the space, unless it is there already.
    pub fn note(&mut self, events: &[StageEvent]) {
        for event in events {
            if self.kind == Kind::Ring || event.seq <= self.last_seq {
                continue;
            }
            self.last_seq = event.seq;
            let what = What::Event {
                seq: event.seq,
                name: &event.name,
                data: &event.data,
            };
            let at = self.clock.at(event.wall_ms);
            self.effects.push(Effect::Log(line(at, event.wall_ms, what)));
        }
    }

    /// Lets the clock stand still, or go on.
    pub fn set_paused(&mut self, is_paused: bool, wall_ms: i64) {
        if self.is_paused == is_paused {
            return;
        }
        self.is_paused = is_paused;
        if is_paused {
            self.segment.end_pages(self.position, 0, &mut self.effects);
            self.log(self.position, wall_ms, What::Paused);
        } else {
            self.clock.run(wall_ms, self.position);
            self.log(self.position, wall_ms, What::Resumed);
        }
    }

    /// The disk failed to keep `file`: what it has stands, and the next segment begins.
    pub fn damaged(&mut self, file: &str, reason: &str, wall_ms: i64) {
        // It may be one of the segment before, which was being closed.
        let number = file.rsplit('.').nth(1).and_then(|number| number.parse().ok());
        let segment = number.unwrap_or(self.segment.number);
        self.log(self.position, wall_ms, What::Damaged { segment, file, reason });
        self.segment.close(Some(file), &mut self.effects);
        self.begin_segment(wall_ms);
    }

    /// The disk takes nothing more: all files are given up, with what they have.
    pub fn stop(&mut self, reason: GapReason) {
        self.segment.give_up();
        self.effects.retain(|effect| matches!(effect, Effect::Log(_)));
        self.stopped.get_or_insert(Stopped { reason, frames: 0 });
    }

    /// The disk takes what is written again.
    pub fn resume(&mut self, wall_ms: i64) {
        if let Some(Stopped { reason, frames }) = self.stopped.take() {
            self.skip(wall_ms, to_ms(frames * FRAME_SAMPLES), reason);
            self.begin_segment(wall_ms);
        }
    }

    /// Ends all files. Another writer may go on.
    pub fn close(&mut self) {
        self.segment.close(None, &mut self.effects);
    }

    /// Says that the space ended, or that recording was stopped.
    pub fn finish(&mut self, wall_ms: i64) {
        self.log(self.position, wall_ms, What::Finished);
    }

    /// So many frames did not come: silence.
    fn miss(&mut self, frames: u64, wall_ms: i64) {
        if frames == 0 {
            return;
        }
        let from = self.position;
        let kept = (frames * FRAME_SAMPLES).min(KEPT_GAP_SAMPLES);
        self.position += kept;
        if let Some(mix) = &mut self.segment.mix {
            silence::silent(kept, |frame, samples| mix.pages.push(frame, samples));
        }
        if frames >= NOTED_LOSS_FRAMES {
            self.log_gap(from, wall_ms, to_ms(frames * FRAME_SAMPLES), GapReason::Overload);
        }
    }

    /// Nothing was written for so long: the tape goes on where it would be, or a little later than it was.
    fn skip(&mut self, wall_ms: i64, lost_ms: u64, reason: GapReason) {
        let from = self.position;
        let kept = to_samples(lost_ms).min(KEPT_GAP_SAMPLES) / FRAME_SAMPLES * FRAME_SAMPLES;
        self.position += kept;
        self.clock
            .miss(wall_ms.saturating_sub_unsigned(lost_ms), from, self.position);
        self.clock.run(wall_ms, self.position);
        self.log_gap(from, wall_ms, lost_ms, reason);
    }

    fn log_gap(&mut self, from: u64, wall_ms: i64, lost_ms: u64, reason: GapReason) {
        let (from_ms, to_ms) = (to_ms(from), to_ms(self.position));
        let what = What::Gap {
            from_ms,
            to_ms,
            lost_ms,
            reason,
        };
        self.log(self.position, wall_ms, what);
    }

    fn begin_segment(&mut self, wall_ms: i64) {
        let (segment, start) = (self.segment.number + 1, self.position);
        self.log(start, wall_ms, What::Segment { segment, start });
        self.segment.begin(&self.space, start, &mut self.effects);
        self.heard = None;
    }

    fn put(&mut self, at: u64, packet: &TrackPacket, wall_ms: i64) {
        let begun = self.segment.put(&self.space, at, packet, &mut self.effects);
        if let Some(file) = begun {
            let what = What::Track {
                segment: self.segment.number,
                participant: &packet.participant,
                csrc: packet.csrc,
                file: &file,
                start: at,
            };
            self.log(at, wall_ms, what);
        }
    }

    fn hear(&mut self, at: u64, csrcs: &[u32], wall_ms: i64) {
        if let Some(heard) = &self.heard {
            let is_same = csrcs.len() == heard.len() && csrcs.iter().all(|csrc| heard.contains(csrc));
            if is_same || at - self.heard_at < HEARD_SAMPLES {
                return;
            }
        }
        self.heard = Some(csrcs.to_vec());
        self.heard_at = at;
        self.log(at, wall_ms, What::Heard { csrcs });
    }

    /// The ring's next segment; those that are too old go.
    fn turn(&mut self, wall_ms: i64) {
        self.past.push_back((self.position, self.segment.files()));
        self.segment.close(None, &mut self.effects);
        self.begin_segment(wall_ms);
        while let Some((end, files)) = self.past.pop_front() {
            if end + RING_SAMPLES > self.position {
                self.past.push_front((end, files));
                break;
            }
            self.effects
                .extend(files.into_iter().map(|file| Effect::Remove { file }));
        }
    }

    fn log(&mut self, at: u64, wall_ms: i64, what: What<'_>) {
        if self.kind == Kind::Recording {
            self.effects.push(Effect::Log(line(at, wall_ms, what)));
        }
    }
}
