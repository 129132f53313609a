//! Keeps the delay of a source where [`Delay`](super::super::delay::Delay) wants it, by pieces of sound nobody misses.

use super::super::delay::Correction;
use super::super::{FRAME_SAMPLES, SAMPLES_PER_MS, level, stretch};
use super::{SHORT_PAUSE, Source};

/// Delay beyond need that is dropped at once instead of piece by piece: after our own process stood still.
/// Lowering it drops words after every burst; raising it stays behind for longer.
const EXCESS: i64 = 150 * SAMPLES_PER_MS;

/// Sound below this may be cut anywhere; for louder sound a correction waits this many ticks for a quiet one, then looks for a steady vowel.
pub(super) const QUIET_DBOV: f32 = -45.0;
const PATIENCE_TICKS: u32 = 25;

/// Between two corrections in loud sound. Fewer ticks warble, more let the delay stay wrong for longer.
const LOUD_EVERY_TICKS: u32 = 5;

/// The share of packets lost, slowly averaged, from which it is worth waiting for what later packets bring of a lost one.
/// Raising it guesses more on lightly lossy networks; lowering it delays everyone by a packet for a single loss.
const LOSSY: f32 = 0.01;

impl Source {
    /// Now minus the timestamp of the first sample at hand.
    pub(super) fn offset(&self, now: i64) -> i64 {
        now - (self.end - self.sound.len() as i64)
    }

    /// The delay wanted beyond jitter, where packets get lost: until the one that carries the lost one again, or its correction.
    pub(super) fn spare(&self) -> i64 {
        if self.loss <= LOSSY {
            return 0;
        }
        self.packet_samples * self.again.packets().max(i64::from(self.corrections > 0))
    }

    /// Where in the frame of a tick packets begin, at worst.
    pub(super) fn phase(&self) -> i64 {
        let frame = FRAME_SAMPLES as i64;
        let grid = greatest_common_divisor(self.packet_samples, frame);
        (self.sound.len() as i64 % grid) + frame - grid
    }

    pub(super) fn keep_delay(&mut self, now: i64) {
        let offset = self.offset(now);
        let correction = self.delay.correction(offset, self.phase(), self.spare());
        if correction == Correction::Hold || self.guessed > 0 {
            self.patience = 0;
            return;
        }
        if correction == Correction::Drop
            && now - self.delay.may_begin(self.end - self.sound.len() as i64, self.spare()) > EXCESS
        {
            self.skip_excess(now);
            return;
        }
        while self.sound.len() < FRAME_SAMPLES + stretch::NEEDED_SAMPLES && self.is_next_at_hand() && self.supply(now) {
        }
        let at_hand = self.sound.len().min(FRAME_SAMPLES);
        let is_quiet = level::dbov(&self.sound[..at_hand]) < QUIET_DBOV;
        self.patience += 1;
        if !is_quiet && self.patience < PATIENCE_TICKS {
            return;
        }
        let before = self.sound.len();
        let changed = match correction {
            Correction::Drop if before >= FRAME_SAMPLES + stretch::NEEDED_SAMPLES => {
                stretch::drop_piece(&mut self.sound, is_quiet)
            }
            Correction::Repeat => stretch::repeat_piece(&mut self.sound, is_quiet),
            _ => 0,
        };
        self.taking.shift(self.sound.len() as i64 - before as i64);
        if changed > 0 && !is_quiet {
            self.patience = PATIENCE_TICKS - LOUD_EVERY_TICKS;
        }
    }

    /// Leaves out whole packets until the delay is right again.
    pub(super) fn skip_excess(&mut self, now: i64) {
        while let Some(first) = self.jitter.first() {
            let after = first.timestamp as i64 + first.duration as i64;
            if self.delay.may_begin(after, self.spare()) > now {
                break;
            }
            let sequence = first.sequence;
            self.stats.discarded += 1;
            self.jitter.take(sequence, after as u64, true);
            self.end = after;
            self.sound.clear();
            self.gain = 0.0;
        }
    }

    fn is_next_at_hand(&self) -> bool {
        self.jitter.first().is_some_and(|first| {
            self.jitter.next_sequence() == Some(first.sequence)
                && (first.timestamp as i64 - self.end).abs() < SHORT_PAUSE
        })
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 {
        a.max(1)
    } else {
        greatest_common_divisor(b, a % b)
    }
}
