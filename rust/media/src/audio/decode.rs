//! Opus to samples, one decoder per source: packets, the correction a packet carries for the one before it, and guesses.
//!
//! Stereo is mixed down by the decoder itself. What comes out is finite and within ±1, whatever went in.

use opus::{Channels, Decoder as Opus};

use super::{AudioError, SAMPLE_RATE_HZ};

/// The longest Opus packet, 120 ms (RFC 6716 §3.2.5).
pub const MAX_PACKET_SAMPLES: usize = 5_760;

/// Opus guesses and corrects in steps of 2.5 ms (`opus_decode`, libopus manual).
pub const STEP_SAMPLES: usize = 120;

/// The decoder of one source. Output is appended to the caller's buffer.
#[derive(Debug)]
pub struct Decoder {
    opus: Opus,
    pcm: Vec<f32>,
}

impl Decoder {
    /// # Errors
    /// [`AudioError::Codec`] when there is no memory for it.
    pub fn new() -> Result<Self, AudioError> {
        let opus = Opus::new(SAMPLE_RATE_HZ, Channels::Mono)?;
        Ok(Self {
            opus,
            pcm: vec![0.0; MAX_PACKET_SAMPLES],
        })
    }

    /// Appends the sound of a packet; `None` and nothing appended if it is not Opus.
    pub fn packet(&mut self, payload: &[u8], out: &mut Vec<f32>) -> Option<usize> {
        if payload.is_empty() {
            return None;
        }
        self.run(payload, MAX_PACKET_SAMPLES, false, out)
    }

    /// Appends `samples` of what was lost before `following`, from the correction inside it (RFC 6716 §2.1.7).
    pub fn correction(&mut self, following: &[u8], samples: usize, out: &mut Vec<f32>) {
        let samples = in_steps(samples);
        if following.is_empty() || self.run(following, samples, true, out).is_none() {
            self.guess(samples, out);
        }
    }

    /// Appends `samples` (rounded up to 2.5 ms) guessed from what went before, silence if even that fails.
    pub fn guess(&mut self, samples: usize, out: &mut Vec<f32>) {
        let samples = in_steps(samples);
        if self.run(&[], samples, false, out).is_none() {
            out.resize(out.len() + samples, 0.0);
        }
    }

    /// Forgets what went before.
    pub fn reset(&mut self) {
        // Resetting cannot fail on a decoder that was made; should it, the next packet puts the state right.
        let _ = self.opus.reset_state();
    }

    fn run(&mut self, payload: &[u8], samples: usize, correction: bool, out: &mut Vec<f32>) -> Option<usize> {
        let decoded = self
            .opus
            .decode_float(payload, &mut self.pcm[..samples], correction)
            .ok()?;
        let start = out.len();
        out.extend_from_slice(&self.pcm[..decoded]);
        for sample in &mut out[start..] {
            // Also true of what is not a number.
            if !(-1.0..=1.0).contains(sample) {
                *sample = if sample.is_finite() { sample.signum() } else { 0.0 };
            }
        }
        Some(decoded)
    }
}

fn in_steps(samples: usize) -> usize {
    (samples.div_ceil(STEP_SAMPLES) * STEP_SAMPLES).clamp(STEP_SAMPLES, MAX_PACKET_SAMPLES)
}

/// How many samples a payload plays; `None` if it is not Opus (RFC 6716 §3.1, §3.4).
#[must_use]
pub fn duration(payload: &[u8]) -> Option<usize> {
    let samples = opus::packet::get_nb_samples(payload, SAMPLE_RATE_HZ).ok()?;
    (1..=MAX_PACKET_SAMPLES).contains(&samples).then_some(samples)
}

/// Whether a packet carries the correction (LBRR) for the one before it: only SILK frames do, and a flag says so
/// (RFC 6716 §4.2.3: one voice flag for each 20 ms, then this one).
#[must_use]
pub fn carries_correction(payload: &[u8]) -> bool {
    let Ok(packet) = opus::packet::parse(payload) else {
        return false;
    };
    let configuration = packet.toc >> 3;
    let Some(first) = packet.frames.first().and_then(|frame| frame.first()) else {
        return false;
    };
    if configuration >= 16 {
        return false;
    }
    let voice_flags = match configuration {
        0..=11 => [1, 1, 2, 3][usize::from(configuration % 4)],
        _ => 1,
    };
    let mono = (first >> (7 - voice_flags)) & 1 == 1;
    let stereo = packet.toc & 4 != 0 && (first >> (6 - 2 * voice_flags).max(0)) & 1 == 1;
    mono || stereo
}
