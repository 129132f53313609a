//! How long to wait for the packets of one source: by what share of its recent packets came how late, and by the clock.
//!
//! A packet's *transit* is its arrival minus its timestamp, both in samples; only differences of transits mean anything.
//! The source plays timestamp `t` at time `t + offset`, so the *slack* of a packet is offset minus transit: how long it
//! waited. One rule keeps the slack of the late ones (a high percentile of transit) between two bounds and so serves
//! jitter and clock drift alike: below the lower bound the source repeats a piece of sound, above the upper it drops one.
//! The bounds lie more than a tick apart, because a packet must be there at the *tick* that first needs it, which may be up
//! to a tick before its first sample is due.

use super::{FRAME_SAMPLES, SAMPLE_RATE_HZ, SAMPLES_PER_MS, quantile};

/// The share of packets that has to come in time. Raising it waits longer for fewer gaps; lowering it the reverse.
const IN_TIME: f64 = 0.98;

/// How many packets are remembered, and for how long at most. Raising them makes the delay slower to shrink after jitter
/// (and the percentile steadier); lowering them makes it pump.
const REMEMBERED_PACKETS: usize = 400;
const REMEMBERED_SAMPLES: i64 = 8 * SAMPLE_RATE_HZ as i64;

/// What has to remain between a late packet and its tick. Raising it adds as much delay; lowering it to nothing loses a
/// packet whenever the tick or the socket is served a moment late.
const GUARD: i64 = 3 * SAMPLES_PER_MS;

/// How far above the least possible the delay may be before it is shortened: a piece of sound, so that shortening never
/// causes lengthening. Raising it adds delay, lowering it makes both alternate.
const BAND: i64 = 5 * SAMPLES_PER_MS;

/// The most a percentile may ask for. Raising it follows worse networks further behind; lowering it turns their late
/// packets into lost ones.
const MAX_JITTER: i64 = 200 * SAMPLES_PER_MS;

/// A transit that differs by this much from those before is a sender whose clock was set: what was known is void.
/// Lowering it forgets the network after each stall; raising it stays silent for as long when a clock is set.
const CLOCK_SET: i64 = 2 * SAMPLE_RATE_HZ as i64;

/// Clock skew is the slope of the smallest transit over this many spans of this length (30 s): a longer time measures finer, later.
const SPANS: usize = 15;
const SPAN_SAMPLES: i64 = 2 * SAMPLE_RATE_HZ as i64;

/// What to do with the sound of a source to keep its delay right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// Nothing.
    Hold,
    /// Play a little twice: packets come too close to their tick.
    Repeat,
    /// Leave a little out: packets wait for longer than needed.
    Drop,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Delay {
    /// (arrival, transit) of the last packets, a ring.
    transits: Vec<(i64, i64)>,
    at: usize,
    scratch: Vec<i64>,
    late: i64,
    typical: i64,
    since_sorted: usize,
    spans: Vec<(i64, i64)>,
    span: Option<(i64, i64)>,
    skew_ppm: f32,
}

impl Delay {
    /// Takes note of a packet with `timestamp` that came at `arrival`.
    pub fn observe(&mut self, arrival: i64, timestamp: i64) {
        let transit = arrival - timestamp;
        if !self.transits.is_empty() && (transit - self.typical).abs() > CLOCK_SET {
            self.clear();
        }
        if self.transits.len() < REMEMBERED_PACKETS {
            self.transits.push((arrival, transit));
        } else {
            self.transits[self.at] = (arrival, transit);
            self.at = (self.at + 1) % REMEMBERED_PACKETS;
        }
        self.since_sorted += 1;
        // Sorting for every packet would cost more than decoding it; a few packets later is soon enough.
        if self.transits.len() < 8 || self.since_sorted >= 8 {
            self.sort(arrival);
        }
        self.measure_skew(arrival, transit);
    }

    /// Forgets all: another sender clock begins.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The transit of a packet in the middle, 0 before the first packet.
    #[must_use]
    pub fn typical_transit(&self) -> i64 {
        self.typical
    }

    /// The time (in samples) from which a packet with this timestamp may begin to be played, when `spare` more is wanted.
    #[must_use]
    pub fn may_begin(&self, timestamp: i64, spare: i64) -> i64 {
        timestamp + self.late + GUARD + spare
    }

    /// What to do when timestamp `t` plays at `t + offset` and packets begin `phase` samples into the frame of a tick.
    #[must_use]
    pub fn correction(&self, offset: i64, phase: i64, spare: i64) -> Correction {
        let slack = offset - self.late;
        if slack - phase < GUARD + spare {
            Correction::Repeat
        } else if slack > GUARD + spare + FRAME_SAMPLES as i64 + BAND {
            Correction::Drop
        } else {
            Correction::Hold
        }
    }

    /// How much faster the sender's clock runs than ours.
    #[must_use]
    pub fn skew_ppm(&self) -> f32 {
        self.skew_ppm
    }

    fn sort(&mut self, now: i64) {
        self.since_sorted = 0;
        self.scratch.clear();
        self.scratch.extend(
            self.transits
                .iter()
                .filter(|(at, _)| now - at <= REMEMBERED_SAMPLES)
                .map(|(_, transit)| *transit),
        );
        let least = self.scratch.iter().copied().min().unwrap_or_default();
        if let Some(late) = quantile(&mut self.scratch, IN_TIME) {
            self.late = late.min(least + MAX_JITTER);
            self.typical = quantile(&mut self.scratch, 0.5).unwrap_or(late);
        }
    }

    fn measure_skew(&mut self, arrival: i64, transit: i64) {
        let (begun, least) = *self.span.get_or_insert((arrival, transit));
        if arrival - begun < SPAN_SAMPLES {
            self.span = Some((begun, least.min(transit)));
            return;
        }
        self.span = Some((arrival, transit));
        self.spans.push((begun, least));
        if self.spans.len() > SPANS {
            let (then, was) = self.spans.remove(0);
            let slope = (was - least) as f32 / (begun - then).max(1) as f32;
            self.skew_ppm += (slope * 1e6 - self.skew_ppm) * 0.2;
        }
    }
}
