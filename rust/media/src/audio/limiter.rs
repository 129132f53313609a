//! Keeps the mix below the ceiling: looks 5 ms ahead and turns down smoothly before a peak, never clipping it.
//!
//! Peaks are found in blocks of 1 ms. The gain a block needs, held until it has recovered, is taken as the least of the
//! blocks ahead and then averaged over as many: so it never exceeds what any block needs, and never jumps.

use std::collections::VecDeque;

use super::FRAME_SAMPLES;

/// The loudest sample that leaves, -2.5 dBFS: the codec and the sound card's filter add up to 1.5 dB between samples, so
/// that listeners stay below -1 dBFS. Raising it clips in their decoders; lowering it makes everything quieter.
pub const CEILING: f32 = 0.75;

/// Samples of a block, and blocks of look-ahead. More look-ahead turns down more gently and delays everyone by as much.
const BLOCK: usize = 48;
const AHEAD: usize = 5;

/// How long the limiter delays, in samples.
pub const LOOK_AHEAD_SAMPLES: usize = BLOCK * AHEAD;

/// The share of the missing gain that comes back per block (80 ms). Faster pumps, slower keeps a sentence down after a knock.
const RECOVERY: f32 = 1.0 / 80.0;

/// See the module. One channel.
#[derive(Debug)]
pub struct Limiter {
    delayed: VecDeque<f32>,
    /// What the last blocks need, oldest first: those in `delayed` and one already gone, as a block's gain starts there.
    needed: VecDeque<f32>,
    least: VecDeque<f32>,
    recovered: f32,
    gain: f32,
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            delayed: VecDeque::from(vec![0.0; LOOK_AHEAD_SAMPLES]),
            needed: VecDeque::from(vec![1.0; AHEAD + 1]),
            least: VecDeque::from(vec![1.0; AHEAD]),
            recovered: 1.0,
            gain: 1.0,
        }
    }
}

impl Limiter {
    /// Limits a frame in place; what comes out is [`LOOK_AHEAD_SAMPLES`] older than what went in.
    pub fn limit(&mut self, frame: &mut [f32; FRAME_SAMPLES]) {
        for block in frame.chunks_exact_mut(BLOCK) {
            let peak = block.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            let need = if peak > CEILING { CEILING / peak } else { 1.0 };
            self.recovered = need.min(self.recovered + (1.0 - self.recovered) * RECOVERY);
            rotate(&mut self.needed, self.recovered);
            rotate(&mut self.least, self.needed.iter().copied().fold(1.0, f32::min));
            let target = self.least.iter().sum::<f32>() / AHEAD as f32;
            let step = (target - self.gain) / BLOCK as f32;
            for sample in block {
                self.gain += step;
                self.delayed.push_back(*sample);
                let out = self.delayed.pop_front().unwrap_or_default() * self.gain;
                *sample = out.clamp(-CEILING, CEILING);
            }
            self.gain = target;
        }
    }
}

fn rotate(values: &mut VecDeque<f32>, newest: f32) {
    values.pop_front();
    values.push_back(newest);
}
