//! Brings each speaker to the same loudness: K-weighted (ITU-R BS.1770-5), measured only while they speak.
//!
//! Silence and noise do not count, so they are not pulled up; the gain is bounded, falls quickly and rises slowly.

use super::FRAME_SAMPLES;

/// Where voices are brought. The usual for spoken word is -16 to -19 LUFS in mono; raising it makes the limiter work, lowering it makes the mix quiet
/// beside everything else on a phone.
pub const TARGET_LUFS: f32 = -18.0;

/// The gain's bounds. A higher maximum brings up whisperers and their rooms; a lower minimum quietens shouters more.
const MOST_GAIN_DB: f32 = 26.0;
const LEAST_GAIN_DB: f32 = -18.0;

/// How fast the gain moves, in dB per frame of speech: up while a speaker is new (15 dB/s, nothing is known of them yet), up
/// later (3 dB/s), down (30 dB/s). Faster pumps with every word, slower leaves the first sentence too quiet or loud.
const NEW_RISE_DB: f32 = 0.3;
const RISE_DB: f32 = 0.06;
const FALL_DB: f32 = 0.6;

/// Frames of speech for which a speaker is new (2 s), and over which loudness is averaged (4 s).
/// A longer average is steadier and follows a changed distance to the microphone later.
const NEW_FRAMES: f32 = 100.0;
const AVERAGE_FRAMES: f32 = 200.0;

/// Quieter parts of speech, this far below the average, do not count (the relative gate of BS.1770-5 Annex 1 §2.3).
const RELATIVE_GATE: f32 = 0.1;

/// A word may be this much above the target at once; a shout after whispers is brought down to it within some frames.
/// Raising it hurts ears; lowering it flattens emphasis.
const EMPHASIS_DB: f32 = 6.0;
const MOMENT: f32 = 0.15;

/// Second-order filter, transposed direct form II.
#[derive(Clone, Copy, Debug)]
struct Biquad {
    b: [f32; 3],
    a: [f32; 2],
    z: [f32; 2],
}

impl Biquad {
    fn run(&mut self, x: f32) -> f32 {
        let y = self.b[0] * x + self.z[0];
        self.z[0] = self.b[1] * x - self.a[0] * y + self.z[1];
        self.z[1] = self.b[2] * x - self.a[1] * y;
        y
    }
}

/// The K-weighting for 48 kHz, coefficients of ITU-R BS.1770-5 Annex 1, tables 1 and 2.
const SHELF: Biquad = Biquad {
    b: [1.535_124_9, -2.691_696_2, 1.198_392_8],
    a: [-1.690_659_3, 0.732_480_76],
    z: [0.0; 2],
};
const HIGH_PASS: Biquad = Biquad {
    b: [1.0, -2.0, 1.0],
    a: [-1.990_047_5, 0.990_072_25],
    z: [0.0; 2],
};

/// Loudness of a mean K-weighted square in LUFS, of one channel (BS.1770-5 Annex 1 §2.2).
fn lufs(mean_square: f32) -> f32 {
    -0.691 + 10.0 * mean_square.max(1e-12).log10()
}

/// Measures the loudness of frames.
#[derive(Debug)]
pub struct LoudnessMeter {
    shelf: Biquad,
    high_pass: Biquad,
}

impl Default for LoudnessMeter {
    fn default() -> Self {
        Self {
            shelf: SHELF,
            high_pass: HIGH_PASS,
        }
    }
}

impl LoudnessMeter {
    /// The mean square of the next samples, K-weighted.
    pub fn mean_square(&mut self, samples: &[f32]) -> f32 {
        let mut sum = 0.0;
        for sample in samples {
            let weighted = self.high_pass.run(self.shelf.run(*sample));
            sum += weighted * weighted;
        }
        sum / samples.len().max(1) as f32
    }

    /// The loudness of the next samples in LUFS, ungated.
    pub fn lufs(&mut self, samples: &[f32]) -> f32 {
        lufs(self.mean_square(samples))
    }
}

/// The slow gain of one speaker.
#[derive(Debug, Default)]
pub struct Leveller {
    meter: LoudnessMeter,
    average: f32,
    moment: f32,
    frames: f32,
    gain_db: f32,
    gain: Option<f32>,
}

impl Leveller {
    /// Applies the gain to a frame, after learning from it if it holds a voice.
    pub fn level(&mut self, frame: &mut [f32; FRAME_SAMPLES], is_voice: bool) {
        if is_voice {
            let mean_square = self.meter.mean_square(frame);
            self.learn(mean_square);
        }
        let target = 10.0_f32.powf(self.gain_db / 20.0);
        let from = self.gain.replace(target).unwrap_or(target);
        let step = (target - from) / FRAME_SAMPLES as f32;
        let mut gain = from;
        for sample in frame {
            gain += step;
            *sample *= gain;
        }
    }

    /// The gain now, in dB.
    #[must_use]
    pub fn gain_db(&self) -> f32 {
        self.gain_db
    }

    fn learn(&mut self, mean_square: f32) {
        self.moment += (mean_square - self.moment) * if self.frames == 0.0 { 1.0 } else { MOMENT };
        if self.frames < 5.0 || mean_square > self.average * RELATIVE_GATE {
            self.frames = (self.frames + 1.0).min(AVERAGE_FRAMES);
            self.average += (mean_square - self.average) / self.frames;
        }
        let wanted = (TARGET_LUFS - lufs(self.average))
            .min(TARGET_LUFS + EMPHASIS_DB - lufs(self.moment))
            .clamp(LEAST_GAIN_DB, MOST_GAIN_DB);
        let rise = if self.frames < NEW_FRAMES { NEW_RISE_DB } else { RISE_DB };
        self.gain_db += (wanted - self.gain_db).clamp(-FALL_DB, rise);
    }
}
