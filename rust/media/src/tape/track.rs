//! One speaker's file: each packet put where the mix plays it.
//!
//! A packet has a *place*, counted from the file's start, and the file an *end*; their difference is how far the track is
//! behind (positive) or ahead of the mix. Clocks drift, and the mixer makes up for it by pieces of sound of a few
//! milliseconds; a track has only whole packets, so it lets the difference grow a little and then corrects it in a quiet
//! packet, or in any if none comes in time.

use super::TrackPacket;
use super::pages::{PRE_SKIP_SAMPLES, Pages};
use super::silence::{self, FRAME_SAMPLES};
use crate::audio::limiter::LOOK_AHEAD_SAMPLES;

/// From this difference on a quiet packet is made silence of another length. Lower cuts more holes into quiet backgrounds, higher
/// lets tracks drift apart further.
const CORRECT_QUIETLY: i64 = FRAME_SAMPLES as i64 / 4;
/// From this difference on it is corrected whatever is said: a packet is left out, or a frame to guess is put in. Beyond half a
/// frame, which putting one in may leave. Higher comes near the 20 ms that are promised, lower breaks more words.
const CORRECT_AT_ONCE: i64 = FRAME_SAMPLES as i64 * 5 / 8;
/// A hole up to this long (100 ms) in a flow that went on is left to the decoder to guess; a longer guess is a drone.
const GUESSED_SAMPLES: i64 = 5 * FRAME_SAMPLES as i64;

/// What the mix adds in front of a sound: its limiter's look-ahead. Its encoder's is in both files the pre-skip.
const PLACE_OFFSET: u64 = PRE_SKIP_SAMPLES + LOOK_AHEAD_SAMPLES as u64;

#[derive(Debug)]
pub(super) struct Track {
    pub(super) file: String,
    pub(super) pages: Pages,
    start: u64,
    /// Tape time at which the open page was begun.
    page_since: u64,
}

impl Track {
    /// A file that begins at `start`.
    pub(super) fn new(file: String, pages: Pages, start: u64) -> Self {
        Self {
            file,
            pages,
            start,
            page_since: start,
        }
    }

    /// Adds the mix's next frame, which begins at tape time `at`.
    pub(super) fn push(&mut self, at: u64, payload: &[u8]) {
        self.begin_page(at);
        self.pages.push(payload, FRAME_SAMPLES);
    }

    /// Ends the page if it was begun so long before `now`.
    pub(super) fn end_page(&mut self, now: u64, age: u64) {
        if now.saturating_sub(self.page_since) >= age {
            self.pages.flush();
        }
    }

    fn begin_page(&mut self, at: u64) {
        if !self.pages.holds_packets() {
            self.page_since = at;
        }
    }

    /// Puts in a packet that the mix begins to play at tape time `at`.
    pub(super) fn put(&mut self, at: u64, packet: &TrackPacket) {
        self.begin_page(at);
        let place = (at + PLACE_OFFSET).saturating_sub(self.start);
        let behind = self.behind(place);
        if behind > 0 && (!packet.joins || behind > GUESSED_SAMPLES) {
            self.silence(behind);
        } else if behind >= CORRECT_AT_ONCE {
            let pages = &mut self.pages;
            silence::lost(behind as u64, &packet.payload, |frame, length| {
                pages.push(frame, length)
            });
        }
        let behind = self.behind(place);
        if behind <= -CORRECT_AT_ONCE || (packet.is_quiet && behind.abs() >= CORRECT_QUIETLY) {
            self.silence(i64::from(packet.samples) + behind);
        } else {
            self.pages.push(&packet.payload, u64::from(packet.samples));
        }
    }

    fn behind(&self, place: u64) -> i64 {
        place as i64 - self.pages.samples() as i64
    }

    fn silence(&mut self, samples: i64) {
        let pages = &mut self.pages;
        silence::silent(samples.max(0) as u64, |frame, length| pages.push(frame, length));
    }
}
