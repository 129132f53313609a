//! The mix as Opus: one packet per tick while there is something to hear, one in twenty while there is not.

use opus::{Application, Bitrate, Channels, Encoder as Opus};

use super::{AudioError, FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// Enough for speech of any voice in full band. Raising it costs every listener's line; below 24,000 voices dull.
const BITS_PER_SECOND: i32 = 32_000;

/// Effort of the encoder. 10 sounds hardly better at this rate and costs four times as much; below 5 speech roughens.
const COMPLEXITY: i32 = 5;

/// Loss (percent) from which packets carry a correction for the one before, and below which they no longer do.
/// A lower threshold spends bits, and the costlier speech mode of the codec, on listeners who need neither.
const CORRECT_FROM: f32 = 2.0;
const CORRECT_UNTIL: f32 = 1.0;

/// The least loss the encoder is told of when it is to correct: at 5 and below it finds corrections too dear at our rate
/// (`decide_fec` of libopus). And the most: beyond it the correction takes so much that the sound itself suffers.
const LEAST_LOSS: f32 = 8.0;
const MOST_LOSS: f32 = 30.0;

/// Ticks between two packets in silence (400 ms, as Opus has it). Longer lets receivers, and mappings of the network on the
/// way, forget us; shorter sends more for nothing.
const SILENT_TICKS: u32 = 20;

/// Packets this small say "nothing to hear" (RFC 6716 §2.1.9).
const PAUSE_BYTES: usize = 2;

/// The largest packet made. At 32 kb/s they stay below 200 bytes.
const MAX_PACKET_BYTES: usize = 1_275;

/// See the module.
#[derive(Debug)]
pub struct Encoder {
    opus: Opus,
    buffer: Vec<u8>,
    corrects: bool,
    /// Since the pause was announced; `None` while packets flow.
    silent_ticks: Option<u32>,
}

impl Encoder {
    /// # Errors
    /// [`AudioError::Codec`] when there is no memory for it.
    pub fn new() -> Result<Self, AudioError> {
        let mut opus = Opus::new(SAMPLE_RATE_HZ, Channels::Mono, Application::Audio)?;
        opus.set_bitrate(Bitrate::Bits(BITS_PER_SECOND))?;
        opus.set_complexity(COMPLEXITY)?;
        Ok(Self {
            opus,
            buffer: vec![0; MAX_PACKET_BYTES],
            corrects: false,
            silent_ticks: None,
        })
    }

    /// Tells how much the listeners lose, so that packets carry corrections when it helps them.
    ///
    /// Only the speech mode of the codec can correct (RFC 6716 §2.1.7), and it costs four times as much to encode; told of no
    /// loss, the encoder uses the other one at our rate.
    pub fn set_expected_loss(&mut self, percent: f32) {
        let percent = if percent.is_finite() {
            percent.clamp(0.0, MOST_LOSS)
        } else {
            0.0
        };
        self.corrects = percent >= if self.corrects { CORRECT_UNTIL } else { CORRECT_FROM };
        // Setting known options within their ranges does not fail; if it did, the old ones would stay.
        let _ = self.opus.set_inband_fec(self.corrects);
        let _ = self.opus.set_packet_loss_perc(if self.corrects {
            percent.max(LEAST_LOSS).ceil() as i32
        } else {
            0
        });
    }

    /// The packet for a frame; `None` when there is nothing to send.
    pub fn encode(&mut self, frame: &[f32; FRAME_SAMPLES]) -> Option<Vec<u8>> {
        let is_silent = frame.iter().all(|sample| *sample == 0.0);
        match self.silent_ticks {
            Some(ticks) if is_silent && ticks + 1 < SILENT_TICKS => {
                // Silence after silence changes nothing in the encoder: not running it is why empty spaces cost nothing.
                self.silent_ticks = Some(ticks + 1);
                None
            }
            Some(_) if is_silent => {
                self.silent_ticks = Some(0);
                self.run(frame, false)
            }
            _ => {
                let packet = self.run(frame, is_silent);
                let announces = is_silent && packet.as_ref().is_some_and(|packet| packet.len() <= PAUSE_BYTES);
                self.silent_ticks = announces.then_some(0);
                packet
            }
        }
    }

    /// `may_pause` lets the encoder answer with a pause. Only for exact silence: for anything else its speech mode would
    /// take a steady tone or a quiet laugh for noise and send nothing.
    fn run(&mut self, frame: &[f32; FRAME_SAMPLES], may_pause: bool) -> Option<Vec<u8>> {
        let _ = self.opus.set_dtx(may_pause);
        let length = self.opus.encode_float(frame, &mut self.buffer).ok()?;
        Some(self.buffer[..length].to_vec())
    }
}
