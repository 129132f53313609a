//! One voice through the mixer, by a clock that nothing else on the machine disturbs: mono samples of 16 bit at 48 kHz in, what a
//! listener hears out. `benchmarks/mix.py` compares the two.

use std::io::{Read, Write};
use std::time::Instant;

use opus::{Application, Bitrate, Channels, Decoder, Encoder};
use voxhall_media::audio::{FRAME_SAMPLES, Mixer, Packet, SourceId, TICK};

#[allow(clippy::disallowed_methods, reason = "the one origin of the simulated clock")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let samples: Vec<i16> = bytes
        .chunks_exact(2)
        .map(|two| i16::from_le_bytes([two[0], two[1]]))
        .collect();
    // As a browser and `voxhall speak` have it.
    let mut encoder = Encoder::new(48_000, Channels::Mono, Application::Voip)?;
    encoder.set_bitrate(Bitrate::Bits(32_000))?;
    encoder.set_inband_fec(true)?;
    encoder.set_packet_loss_perc(10)?;
    encoder.set_complexity(5)?;
    let mut listener = Decoder::new(48_000, Channels::Mono)?;
    let began = Instant::now();
    let mut mixer = Mixer::new(began)?;
    mixer.add_source(SourceId(1))?;
    let mut heard = [0; FRAME_SAMPLES];
    for (tick, frame) in (0_u32..).zip(samples.chunks_exact(FRAME_SAMPLES)) {
        let packet = Packet {
            sequence: u64::from(tick),
            timestamp: u64::from(tick) * FRAME_SAMPLES as u64,
            payload: &encoder.encode_vec(frame, 1_275)?,
            level_dbov: None,
        };
        mixer.push(began + TICK * tick, SourceId(1), packet);
        let mixed = mixer.tick(began + TICK * tick + TICK / 4).payload.unwrap_or_default();
        listener.decode(&mixed, &mut heard, false)?;
        let out: Vec<u8> = heard.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        std::io::stdout().write_all(&out)?;
    }
    Ok(())
}
