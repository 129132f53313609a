//! WAV, decoded: correction and concealment happen here.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use opus::{Channels, Decoder};
use voxhall_media::audio::decode::carries_correction;

use super::Writer;
use super::timeline::Piece;
use crate::error::ClientError;
use crate::voice::{FRAME_SAMPLES, SAMPLE_RATE_HZ, level_dbov};

/// Concealment turns to buzzing after about this long (100 ms); then silence is the truth.
const CONCEALED_SAMPLES: u64 = 4_800;

/// The longest Opus packet, 120 ms.
const MAX_PACKET_SAMPLES: usize = 5_760;

/// Below it is what microphones hear in a pause.
const QUIET_DBOV: f64 = -45.0;

const HEADER_BYTES: u32 = 44;

pub(super) struct WavWriter {
    file: BufWriter<File>,
    decoder: Decoder,
    written: u64,
    concealed_quiet: u64,
}

impl WavWriter {
    pub(super) fn create(path: &Path) -> Result<Self, ClientError> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(&header(0))?;
        Ok(Self {
            file,
            decoder: Decoder::new(SAMPLE_RATE_HZ, Channels::Mono)?,
            written: 0,
            concealed_quiet: 0,
        })
    }

    fn samples(&mut self, samples: &[i16]) -> Result<(), ClientError> {
        for sample in samples {
            self.file.write_all(&sample.to_le_bytes())?;
        }
        self.written += samples.len() as u64;
        Ok(())
    }

    fn silence(&mut self, mut samples: u64) -> Result<(), ClientError> {
        while samples > 0 {
            let now = samples.min(FRAME_SAMPLES as u64);
            self.samples(&[0; FRAME_SAMPLES][..now as usize])?;
            samples -= now;
        }
        Ok(())
    }

    /// Decodes a packet, or with `payload` empty conceals; `length` is what comes out, and the answer its level in dBov. A packet that
    /// does not decode is concealed too.
    fn decode(&mut self, payload: &[u8], correct: bool, length: usize) -> Result<f64, ClientError> {
        let mut frame = [0i16; MAX_PACKET_SAMPLES];
        let length = length.min(MAX_PACKET_SAMPLES);
        let decoded = self.decoder.decode(payload, &mut frame[..length], correct);
        if decoded.is_err() {
            let _ = self.decoder.decode(&[], &mut frame[..length], false);
        }
        self.samples(&frame[..length])?;
        Ok(level_dbov(&frame[..length]))
    }

    fn lost(&mut self, samples: u64, next: &[u8]) -> Result<(), ClientError> {
        let frame = FRAME_SAMPLES as u64;
        if samples > CONCEALED_SAMPLES || !samples.is_multiple_of(frame) {
            return self.silence(samples);
        }
        for _ in 1..samples / frame {
            self.conceal(&[])?;
        }
        if carries_correction(next) {
            return self.decode(next, true, FRAME_SAMPLES).map(drop);
        }
        self.conceal(next)
    }

    /// A frame that is guessed; whatever of `next` helps is used.
    fn conceal(&mut self, next: &[u8]) -> Result<(), ClientError> {
        let is_quiet = self.decode(next, !next.is_empty(), FRAME_SAMPLES)? < QUIET_DBOV;
        self.concealed_quiet += if is_quiet { FRAME_SAMPLES as u64 } else { 0 };
        Ok(())
    }
}

impl Writer for WavWriter {
    fn write(&mut self, piece: Piece<'_>) -> Result<(), ClientError> {
        match piece {
            Piece::Packet { payload, samples } => self.decode(payload, false, samples as usize).map(drop),
            Piece::Lost { samples, next } => self.lost(samples, next),
            Piece::Silence { samples } => self.silence(samples),
        }
    }

    fn concealed_quiet(&self) -> u64 {
        self.concealed_quiet
    }

    fn finish(&mut self, samples: u64) -> Result<(), ClientError> {
        let kept = samples.min(self.written);
        self.file.flush()?;
        let file = self.file.get_mut();
        file.set_len(u64::from(HEADER_BYTES) + kept * 2)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header(kept))?;
        file.sync_all()?;
        Ok(())
    }
}

/// RIFF, one `fmt ` and one `data` chunk: PCM, mono, 16 bit. Sizes beyond 4 GiB (12 hours) saturate, which players read as "to the end".
fn header(samples: u64) -> [u8; HEADER_BYTES as usize] {
    let data_bytes = u32::try_from(samples * 2).unwrap_or(u32::MAX - HEADER_BYTES);
    let mut header = [0; HEADER_BYTES as usize];
    header[0..4].copy_from_slice(b"RIFF");
    header[4..8].copy_from_slice(&(data_bytes + HEADER_BYTES - 8).to_le_bytes());
    header[8..16].copy_from_slice(b"WAVEfmt ");
    header[16..20].copy_from_slice(&16u32.to_le_bytes());
    header[20..22].copy_from_slice(&1u16.to_le_bytes());
    header[22..24].copy_from_slice(&1u16.to_le_bytes());
    header[24..28].copy_from_slice(&SAMPLE_RATE_HZ.to_le_bytes());
    header[28..32].copy_from_slice(&(SAMPLE_RATE_HZ * 2).to_le_bytes());
    header[32..34].copy_from_slice(&2u16.to_le_bytes());
    header[34..36].copy_from_slice(&16u16.to_le_bytes());
    header[36..40].copy_from_slice(b"data");
    header[40..44].copy_from_slice(&data_bytes.to_le_bytes());
    header
}
