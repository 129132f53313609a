//! Sound into Opus packets: 20 ms each, with in-band error correction and the level of RFC 6464.

use std::sync::Arc;
use std::time::Duration;

use opus::{Application, Bitrate, Channels, Encoder};

use crate::error::ClientError;

/// RTP's clock for Opus, and ours.
pub const SAMPLE_RATE_HZ: u32 = 48_000;

/// Samples in one packet.
pub const FRAME_SAMPLES: usize = 960;

/// The time one packet lasts.
pub const FRAME_DURATION: Duration = Duration::from_millis(20);

/// What browsers send for a voice. More is not heard in speech; less costs consonants.
const BITRATE_BPS: i32 = 32_000;

/// The loss that in-band correction is made for. At 0 libopus leaves the correction out whatever the flag says.
const EXPECTED_LOSS_PERCENT: i32 = 10;

/// No 20 ms packet at our rate comes near this.
const MAX_PACKET_BYTES: usize = 1275;

/// One encoded frame.
#[derive(Clone, Debug)]
pub struct VoicePacket {
    /// The Opus packet.
    pub payload: Arc<[u8]>,
    /// How loud the frame is: 0 is full scale, -127 silence.
    pub level_dbov: i8,
}

/// A mono voice encoder.
#[derive(Debug)]
pub struct VoiceEncoder(Encoder);

impl VoiceEncoder {
    /// An encoder with nothing said yet.
    pub fn new() -> Result<Self, ClientError> {
        let mut encoder = Encoder::new(SAMPLE_RATE_HZ, Channels::Mono, Application::Voip)?;
        encoder.set_bitrate(Bitrate::Bits(BITRATE_BPS))?;
        encoder.set_inband_fec(true)?;
        encoder.set_packet_loss_perc(EXPECTED_LOSS_PERCENT)?;
        encoder.set_complexity(5)?;
        Ok(Self(encoder))
    }

    /// Encodes one frame of exactly [`FRAME_SAMPLES`] samples.
    pub fn encode(&mut self, frame: &[i16]) -> Result<VoicePacket, ClientError> {
        let payload = self.0.encode_vec(frame, MAX_PACKET_BYTES)?;
        Ok(VoicePacket {
            payload: payload.into(),
            level_dbov: level_dbov(frame).round().clamp(-127.0, 0.0) as i8,
        })
    }
}

/// RFC 6464 §3: the root mean square against an overload of full scale.
pub(crate) fn level_dbov(frame: &[i16]) -> f64 {
    let sum: f64 = frame.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let rms = (sum / frame.len().max(1) as f64).sqrt() / 32_768.0;
    20.0 * rms.max(1e-7).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_as_quiet_as_the_extension_can_say() {
        assert!(level_dbov(&[0; FRAME_SAMPLES]) <= -127.0);
    }

    #[test]
    fn a_full_scale_square_wave_is_zero_dbov() {
        assert_eq!(level_dbov(&[i16::MIN; FRAME_SAMPLES]), 0.0);
    }
}
