//! Writes what a listener hears to a file whose length is the time listened.
//!
//! [`Recording`] takes packets as they come, puts them in order on one timeline and hands each piece, packet or gap, to the file format.

mod ogg;
mod timeline;
mod wav;

use std::path::Path;
use std::time::Duration;

use voxhall_media::audio::decode::carries_correction;

use crate::error::ClientError;
use crate::progress::Packet;
use crate::voice::{FRAME_SAMPLES, SAMPLE_RATE_HZ};
use timeline::{Piece, Timeline};

/// A file format: takes the pieces of the timeline in order.
trait Writer: Send {
    fn write(&mut self, piece: Piece<'_>) -> Result<(), ClientError>;
    /// Closes the file at exactly this many samples.
    fn finish(&mut self, samples: u64) -> Result<(), ClientError>;
    /// Of what was concealed, how much is so quiet that it lies in a pause; none where nothing is decoded.
    fn concealed_quiet(&self) -> u64 {
        0
    }
}

/// What a recording is made of, in samples of 48 kHz.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Makeup {
    /// Of packets that came, themselves or in later ones.
    pub received: u64,
    /// Of lost packets, from the correction in the next one.
    pub corrected: u64,
    /// Of lost packets, guessed from what went before or left silent.
    pub concealed: u64,
    /// Of the concealed, what is so quiet that it lies in a pause: Opus corrects speech only.
    pub concealed_quiet: u64,
}

impl Makeup {
    fn note(&mut self, piece: &Piece<'_>) {
        match *piece {
            Piece::Packet { samples, .. } => self.received += samples,
            Piece::Silence { .. } => {}
            Piece::Lost { samples, next } => {
                let correction = if carries_correction(next) {
                    FRAME_SAMPLES as u64
                } else {
                    0
                };
                self.corrected += correction.min(samples);
                self.concealed += samples.saturating_sub(correction);
            }
        }
    }
}

/// An open file.
pub struct Recording {
    timeline: Timeline,
    writer: Box<dyn Writer>,
    makeup: Makeup,
}

impl Recording {
    /// An Ogg file with the Opus packets as received (RFC 7845); short gaps are left to the player's concealment, long ones are silence.
    pub fn ogg(path: &Path) -> Result<Self, ClientError> {
        Ok(Self {
            timeline: Timeline::default(),
            writer: Box::new(ogg::OggWriter::create(path)?),
            makeup: Makeup::default(),
        })
    }

    /// A WAV file, 48 kHz mono 16 bit, decoded here: lost packets are recovered by in-band correction or concealed.
    pub fn wav(path: &Path) -> Result<Self, ClientError> {
        Ok(Self {
            timeline: Timeline::default(),
            writer: Box::new(wav::WavWriter::create(path)?),
            makeup: Makeup::default(),
        })
    }

    /// Takes a packet; `at` is when it came, counted from the start of the recording.
    pub fn add(&mut self, packet: &Packet, at: Duration) -> Result<(), ClientError> {
        let (writer, makeup) = (&mut self.writer, &mut self.makeup);
        self.timeline.add(
            packet.sequence,
            packet.timestamp,
            &packet.payload,
            samples(at),
            |piece| {
                makeup.note(&piece);
                writer.write(piece)
            },
        )
    }

    /// The packets from here on come over another connection.
    pub fn begin_anew(&mut self) {
        self.timeline.begin_anew();
    }

    /// Ends the recording after `length` and closes the file; says what it is made of.
    pub fn finish(mut self, length: Duration) -> Result<Makeup, ClientError> {
        let (writer, makeup) = (&mut self.writer, &mut self.makeup);
        let length = samples(length);
        self.timeline.finish(length, |piece| {
            makeup.note(&piece);
            writer.write(piece)
        })?;
        self.writer.finish(length)?;
        self.makeup.concealed_quiet = self.writer.concealed_quiet();
        Ok(self.makeup)
    }
}

fn samples(time: Duration) -> u64 {
    (time.as_micros() * u128::from(SAMPLE_RATE_HZ) / 1_000_000) as u64
}
