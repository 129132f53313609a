//! A speaker who says a short rising tone at times that are known, by a clock that may run fast or slow.

use std::time::Duration;

use opus::{Application, Bitrate, Channels, Encoder};

const FRAME_SAMPLES: usize = 960;
/// A beep is so many frames long: 100 ms.
pub const BEEP_FRAMES: usize = 5;

/// Numbers that look random and are the same in every run.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The sound of one speaker's beeps: each has a band of their own.
#[derive(Debug, Clone)]
pub struct Beep {
    pub samples: Vec<f32>,
    frames: Vec<Vec<u8>>,
    silence: Vec<u8>,
}

impl Beep {
    pub fn rising_from(hz: f32) -> Self {
        let length = BEEP_FRAMES * FRAME_SAMPLES;
        let (mut phase, mut samples) = (0.0_f32, Vec::with_capacity(length));
        for i in 0..length {
            let share = i as f32 / length as f32;
            phase += hz * (1.0 + 0.5 * share) * std::f32::consts::TAU / 48_000.0;
            samples.push(0.3 * phase.sin() * (share * std::f32::consts::PI).sin().sqrt());
        }
        let mut encoder = Encoder::new(48_000, Channels::Mono, Application::Voip).expect("encoder");
        encoder.set_bitrate(Bitrate::Bits(32_000)).expect("bitrate");
        encoder.set_inband_fec(true).expect("correction");
        encoder.set_packet_loss_perc(10).expect("loss");
        let mut encode = |samples: &[f32]| encoder.encode_vec_float(samples, 1_275).expect("a frame");
        let quiet = [0.0; FRAME_SAMPLES];
        let silence = (0..10).map(|_| encode(&quiet)).last().expect("ten");
        let mut frames: Vec<Vec<u8>> = samples.chunks(FRAME_SAMPLES).map(&mut encode).collect();
        // What the encoder still holds back of the beep.
        frames.extend((0..2).map(|_| encode(&quiet)));
        Self {
            samples,
            frames,
            silence,
        }
    }
}

pub(super) struct Frame {
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) payload: Vec<u8>,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Beeper {
    beep: Beep,
    /// World time of its first frame, and how much faster than the world its clock runs.
    origin: Duration,
    skew: f64,
    /// World times between two beeps, and of the first.
    every: Duration,
    next_beep: Duration,
    sent: u64,
    in_beep: usize,
    /// World times at which beeps were begun.
    pub said: Vec<Duration>,
}

impl Beeper {
    pub fn new(beep: &Beep, now: Duration, skew_ppm: f64, every: Duration, first: Duration) -> Self {
        Self {
            beep: beep.clone(),
            origin: now,
            skew: 1.0 + skew_ppm / 1e6,
            every,
            next_beep: first,
            sent: 0,
            in_beep: usize::MAX,
            said: Vec::new(),
        }
    }

    /// The next frame if it is due at `now`.
    pub(super) fn next(&mut self, now: Duration) -> Option<Frame> {
        let due = self.origin + Duration::from_secs_f64(self.sent as f64 * 0.02 / self.skew);
        if due > now {
            return None;
        }
        while self.next_beep + self.every <= due {
            self.next_beep += self.every;
        }
        if self.next_beep <= due {
            self.next_beep += self.every;
            self.said.push(due);
            self.in_beep = 0;
        }
        let payload = self.beep.frames.get(self.in_beep).unwrap_or(&self.beep.silence).clone();
        self.in_beep = self.in_beep.saturating_add(1);
        self.sent += 1;
        Some(Frame {
            sequence: self.sent,
            timestamp: (self.sent as u32).wrapping_mul(FRAME_SAMPLES as u32),
            payload,
        })
    }
}
