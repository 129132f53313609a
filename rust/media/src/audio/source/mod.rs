//! One speaker's packets made into an even flow of samples, a frame for each tick.
//!
//! A source is *idle* (nothing due) or *playing*. From idle it begins with the packet that waited as long as the late ones
//! need; each such beginning chooses the delay anew, at no cost, since nobody hears silence grow or shrink. While it plays:
//! - a packet missing although later ones are there is lost: corrected from the next packet, else guessed;
//! - if nothing is there, the source guesses for up to 80 ms *without* moving on, so that a packet which was
//!   only late is still played, a little later than before. If none came by then, or the sender had announced a pause by a
//!   packet of one or two bytes (RFC 6716 §2.1.9), it fades and is idle;
//! - a gap in timestamps without one in sequence numbers is a pause of the sender, not loss;
//! - [`Delay`] says when to drop or repeat a piece of sound.

mod again;
mod pace;
mod supply;
mod taken;

pub use taken::Taken;

use super::decode::{Decoder, duration};
use super::delay::Delay;
use super::jitter::{Insertion, JitterBuffer};
use super::level::LevelJudge;
use super::{AudioError, FRAME_SAMPLES, Packet, SAMPLES_PER_MS, SourceStats};
use again::Again;
use taken::Taking;

/// Fades, in samples from full to none: of sound whose source closes, of sound that begins.
/// Longer ones are smoother; the closing one must end within a tick.
const CLOSE_FADE: f32 = 10.0 * SAMPLES_PER_MS as f32;
const BEGIN_FADE: f32 = 3.0 * SAMPLES_PER_MS as f32;

/// A pause up to this long is filled with silence in place; a longer one ends the flow. Raising it keeps an old delay
/// through pauses; lowering it makes more beginnings.
const SHORT_PAUSE: i64 = 60 * SAMPLES_PER_MS;

/// See the module.
#[derive(Debug)]
pub struct Source {
    jitter: JitterBuffer,
    delay: Delay,
    decoder: Decoder,
    judge: LevelJudge,
    sound: Vec<f32>,
    is_playing: bool,
    is_open: bool,
    /// The timestamp at the end of `sound`.
    end: i64,
    gain: f32,
    /// Guessed since packets ran out, in samples; and how much of it may prove to be a pause of the sender.
    guessed: i64,
    unsettled: i64,
    pause_announced: bool,
    packet_samples: i64,
    loss: f32,
    /// How many more losses to expect a correction for, having seen one.
    corrections: u8,
    again: Again,
    patience: u32,
    claim_dbov: Option<(i64, i8)>,
    taking: Taking,
    stats: SourceStats,
    played: i64,
    concealed: i64,
    concealed_quiet: i64,
}

impl Source {
    /// # Errors
    /// [`AudioError::Codec`] when there is no memory for a decoder.
    pub fn new() -> Result<Self, AudioError> {
        Ok(Self {
            jitter: JitterBuffer::new(),
            delay: Delay::default(),
            decoder: Decoder::new()?,
            judge: LevelJudge::default(),
            sound: Vec::with_capacity(4 * FRAME_SAMPLES),
            is_playing: false,
            is_open: true,
            end: 0,
            gain: 0.0,
            guessed: 0,
            unsettled: 0,
            pause_announced: false,
            packet_samples: FRAME_SAMPLES as i64,
            loss: 0.0,
            corrections: 0,
            again: Again::default(),
            patience: 0,
            claim_dbov: None,
            taking: Taking::default(),
            stats: SourceStats::default(),
            played: 0,
            concealed: 0,
            concealed_quiet: 0,
        })
    }

    /// Closed, a source fades in its next frame, drops what it has and refuses packets.
    pub fn set_open(&mut self, open: bool) {
        self.is_open = open;
    }

    /// Whether it takes packets.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether the packets it plays are kept for [`Source::take_packets`].
    pub fn keep_packets(&mut self, keep: bool) {
        self.taking.keep(keep);
    }

    /// The packets that began to be played in the last frame.
    pub fn take_packets(&mut self) -> impl Iterator<Item = Taken> + '_ {
        self.taking.drain()
    }

    /// Begins anew: the sender has another clock and sequence.
    pub fn restart(&mut self) {
        self.jitter.clear();
        self.begin_anew();
    }

    /// Whether anything waits to be played.
    #[must_use]
    pub fn has_packets(&self) -> bool {
        !self.jitter.is_empty()
    }

    /// Counts so far.
    #[must_use]
    pub fn stats(&self) -> SourceStats {
        let ms = |samples: i64| (samples / SAMPLES_PER_MS) as u64;
        SourceStats {
            concealed_ms: ms(self.concealed),
            concealed_quiet_ms: ms(self.concealed_quiet),
            played_ms: ms(self.played),
            skew_ppm: self.delay.skew_ppm(),
            ..self.stats
        }
    }

    /// Takes a packet that came at `arrival` (samples since the mixer began).
    pub fn push(&mut self, arrival: i64, packet: &Packet<'_>) {
        if !self.is_open {
            self.stats.discarded += 1;
            return;
        }
        self.stats.received += 1;
        self.again.pass();
        let Some(samples) = duration(packet.payload) else {
            self.stats.malformed += 1;
            return;
        };
        match self.jitter.insert(packet, samples) {
            Insertion::Kept => self.note(arrival, packet),
            Insertion::Restarted => {
                self.begin_anew();
                self.note(arrival, packet);
            }
            Insertion::Duplicate => self.stats.duplicates += 1,
            Insertion::Late => {
                self.stats.late += 1;
                self.delay.observe(arrival, packet.timestamp as i64);
            }
            Insertion::Refused => self.stats.discarded += 1,
        }
    }

    fn note(&mut self, arrival: i64, packet: &Packet<'_>) {
        self.delay.observe(arrival, packet.timestamp as i64);
        if self.jitter.newest_sequence() == Some(packet.sequence) {
            self.claim_dbov = packet.level_dbov.map(|level| (arrival, level));
        }
    }

    fn begin_anew(&mut self) {
        self.delay.clear();
        self.stats.restarts += 1;
        self.unsettled = 0;
        self.stop();
    }

    /// The next frame, for the tick at `now`; false (and `frame` silent) when there is nothing to hear.
    pub fn pull(&mut self, now: i64, frame: &mut [f32; FRAME_SAMPLES]) -> bool {
        let plays = self.is_playing || (self.is_open && self.begin(now));
        if !plays {
            frame.fill(0.0);
            self.empty_if_closed();
            return false;
        }
        if self.is_open {
            self.keep_delay(now);
        }
        while self.sound.len() < FRAME_SAMPLES && self.supply(now) {}
        let step = if !self.is_open {
            self.guess_rest();
            -1.0 / CLOSE_FADE
        } else if self.sound.len() < FRAME_SAMPLES {
            -1.0 / self.starve()
        } else {
            1.0 / BEGIN_FADE
        };
        self.stats.buffer_ms = (self.offset(now) - self.delay.typical_transit()) as f32 / SAMPLES_PER_MS as f32;
        let at_hand = self.sound.len().min(FRAME_SAMPLES);
        frame[..at_hand].copy_from_slice(&self.sound[..at_hand]);
        frame[at_hand..].fill(0.0);
        self.sound.drain(..at_hand);
        if self.gain < 1.0 || step < 0.0 {
            for sample in frame {
                self.gain = (self.gain + step).clamp(0.0, 1.0);
                *sample *= self.gain;
            }
        }
        self.played += FRAME_SAMPLES as i64;
        if self.gain == 0.0 {
            self.stop();
        }
        self.empty_if_closed();
        true
    }

    /// The level that counts for who is heard: the newest claimed, if claims have proven right, else that of the frame.
    pub fn level_dbov(&self, now: i64, decoded_dbov: f32) -> f32 {
        match self.claim_dbov {
            Some((at, claim)) if self.judge.believes() && now - at <= SHORT_PAUSE => f32::from(claim),
            _ => decoded_dbov,
        }
    }

    /// Begins to play once the first packet has waited for as long as late ones need.
    fn begin(&mut self, now: i64) -> bool {
        let Some(first) = self.jitter.first() else { return false };
        let timestamp = first.timestamp as i64;
        if now < self.delay.may_begin(timestamp, self.spare()) {
            return false;
        }
        let missing = self
            .jitter
            .next_sequence()
            .map_or(0, |next| first.sequence.saturating_sub(next));
        let sequence = first.sequence;
        self.settle(missing > 0 || timestamp <= self.end);
        self.stats.lost += missing;
        if missing > 0 {
            self.jitter.take(sequence - 1, timestamp as u64, false);
        }
        self.end = timestamp;
        self.sound.clear();
        self.is_playing = true;
        self.taking.part();
        self.gain = 0.0;
        true
    }

    fn stop(&mut self) {
        self.is_playing = false;
        self.sound.clear();
        self.gain = 0.0;
        self.guessed = 0;
        self.patience = 0;
    }

    fn empty_if_closed(&mut self) {
        if !self.is_open && !self.is_playing && self.jitter.next_sequence().is_some() {
            self.jitter.clear();
            self.delay.clear();
            self.decoder.reset();
            self.claim_dbov = None;
            self.unsettled = 0;
        }
    }
}
