//! Makes the sound of a source out of what is there: packets, corrections of lost ones, guesses.

use super::super::decode::{MAX_PACKET_SAMPLES, carries_correction};
use super::super::delay::Correction;
use super::super::{FRAME_SAMPLES, SAMPLES_PER_MS, level};
use super::pace::QUIET_DBOV;
use super::{CLOSE_FADE, SHORT_PAUSE, Source};

/// How long to guess when no packet comes. Raising it bridges longer holes with sound that means nothing;
/// lowering it makes every late packet a hole.
const GUESS_SAMPLES: i64 = 80 * SAMPLES_PER_MS;

/// How fast guessed sound fades, in samples from full to none. Longer pretends for longer, shorter stutters.
const GUESS_FADE: f32 = 60.0 * SAMPLES_PER_MS as f32;

/// Payloads up to this long say "nothing to hear" (RFC 6716 §2.1.9).
const PAUSE_BYTES: usize = 2;

/// Losses without a correction after which none is expected any more: pauses and bursts carry none.
/// Raising it waits in vain for longer after a sender stops correcting; lowering it stops waiting after a burst.
const CORRECTIONS_EXPECTED: u8 = 20;

impl Source {
    /// Appends the next packet's worth of sound; false when nothing is there to make it of.
    pub(super) fn supply(&mut self, now: i64) -> bool {
        let (Some(first), Some(next)) = (self.jitter.first(), self.jitter.next_sequence()) else {
            return false;
        };
        let missing = first.sequence.saturating_sub(next);
        let gap = first.timestamp as i64 - self.end;
        if gap > SHORT_PAUSE + missing as i64 * self.packet_samples {
            return false;
        }
        if missing > 0 {
            self.make_good(now, next, missing, gap);
            return true;
        }
        let timestamp = first.timestamp as i64;
        let (sequence, samples) = (first.sequence, first.duration as i64);
        if gap > 0 {
            self.sound.resize(self.sound.len() + gap as usize, 0.0);
            self.taking.part();
        }
        let before = self.sound.len();
        let announces_pause = first.payload.len() <= PAUSE_BYTES;
        let claimed = first.level_dbov;
        if self.decoder.packet(first.payload, &mut self.sound).is_none() {
            self.stats.malformed += 1;
            self.concealed += samples;
            self.decoder.guess(samples as usize, &mut self.sound);
        } else if self.is_open {
            self.taking.take(before, first.payload, &self.sound[before..]);
        }
        if claimed.is_some() {
            self.judge.compare(claimed, level::dbov(&self.sound[before..]));
        }
        self.settle(gap <= 0);
        self.pause_announced = announces_pause;
        self.loss -= self.loss / 128.0;
        self.packet_samples = samples;
        self.end = timestamp + samples;
        self.jitter.take(sequence, self.end as u64, true);
        true
    }

    /// Plays one packet (`sequence`) that is not there although a later one is, `gap` samples before that one.
    pub(super) fn make_good(&mut self, now: i64, sequence: u64, missing: u64, gap: i64) {
        let samples = if missing == 1 {
            gap
        } else {
            gap.min(self.packet_samples)
        }
        .clamp(0, MAX_PACKET_SAMPLES as i64);
        let credit = self.guessed.min(samples);
        self.settle(true);
        self.stats.lost += 1;
        self.note_loss();
        let corrected = missing == 1
            && self
                .jitter
                .first()
                .is_some_and(|following| carries_correction(following.payload));
        self.corrections = if corrected {
            CORRECTIONS_EXPECTED
        } else {
            self.corrections.saturating_sub(1)
        };
        // Sound already guessed for this packet stands for it, unless more delay is wanted anyway.
        let needs_delay = self.delay.correction(self.offset(now), self.phase(), self.spare()) == Correction::Repeat;
        if samples > 0 && (credit < samples || needs_delay) {
            match self.jitter.first() {
                Some(following) if corrected => {
                    self.decoder
                        .correction(following.payload, samples as usize, &mut self.sound);
                    self.stats.recovered += 1;
                }
                _ => {
                    let before = self.sound.len();
                    self.decoder.guess(samples as usize, &mut self.sound);
                    self.concealed += samples;
                    if level::dbov(&self.sound[before..]) < QUIET_DBOV {
                        self.concealed_quiet += samples;
                    }
                }
            }
        }
        self.end += samples;
        self.jitter.take(sequence, self.end as u64, false);
    }

    /// A packet did not come, whether or not its sound did.
    pub(super) fn note_loss(&mut self) {
        self.loss += (1.0 - self.loss) / 128.0;
    }

    /// No packet for this tick: guess, and say in how many samples to fade.
    pub(super) fn starve(&mut self) -> f32 {
        let filled = self.guess_rest();
        self.guessed += filled;
        self.unsettled += filled;
        if self.pause_announced || self.guessed >= GUESS_SAMPLES {
            CLOSE_FADE
        } else {
            GUESS_FADE
        }
    }

    pub(super) fn guess_rest(&mut self) -> i64 {
        let wanted = FRAME_SAMPLES.saturating_sub(self.sound.len());
        if wanted > 0 {
            self.decoder.guess(wanted, &mut self.sound);
        }
        wanted as i64
    }

    /// Now it is known whether what was guessed stood for lost sound or for a pause.
    pub(super) fn settle(&mut self, was_sound: bool) {
        if was_sound && !self.pause_announced {
            self.concealed += self.unsettled;
        } else {
            self.played -= self.unsettled.min(self.played);
        }
        self.guessed = 0;
        self.unsettled = 0;
    }
}
