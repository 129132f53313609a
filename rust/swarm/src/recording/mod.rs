//! Writes what a listener hears to a file whose length is the time listened.
//!
//! [`Recording`] takes packets as they come, puts them in order on one timeline and hands each piece, packet or gap, to the file format.

mod ogg;
mod timeline;
mod wav;

use std::path::Path;
use std::time::Duration;

use crate::error::ClientError;
use crate::progress::Packet;
use crate::voice::SAMPLE_RATE_HZ;
use timeline::{Piece, Timeline};

/// A file format: takes the pieces of the timeline in order.
trait Writer: Send {
    fn write(&mut self, piece: Piece<'_>) -> Result<(), ClientError>;
    /// Closes the file at exactly this many samples.
    fn finish(&mut self, samples: u64) -> Result<(), ClientError>;
}

/// An open file.
pub struct Recording {
    timeline: Timeline,
    writer: Box<dyn Writer>,
}

impl Recording {
    /// An Ogg file with the Opus packets as received (RFC 7845); short gaps are left to the player's concealment, long ones are silence.
    pub fn ogg(path: &Path) -> Result<Self, ClientError> {
        Ok(Self {
            timeline: Timeline::default(),
            writer: Box::new(ogg::OggWriter::create(path)?),
        })
    }

    /// A WAV file, 48 kHz mono 16 bit, decoded here: lost packets are recovered by in-band correction or concealed.
    pub fn wav(path: &Path) -> Result<Self, ClientError> {
        Ok(Self {
            timeline: Timeline::default(),
            writer: Box::new(wav::WavWriter::create(path)?),
        })
    }

    /// Takes a packet; `at` is when it came, counted from the start of the recording.
    pub fn add(&mut self, packet: &Packet, at: Duration) -> Result<(), ClientError> {
        let writer = &mut self.writer;
        self.timeline.add(
            packet.sequence,
            packet.timestamp,
            &packet.payload,
            samples(at),
            |piece| writer.write(piece),
        )
    }

    /// The packets from here on come over another connection.
    pub fn begin_anew(&mut self) {
        self.timeline.begin_anew();
    }

    /// Ends the recording after `length` and closes the file.
    pub fn finish(mut self, length: Duration) -> Result<(), ClientError> {
        let writer = &mut self.writer;
        let length = samples(length);
        self.timeline.finish(length, |piece| writer.write(piece))?;
        self.writer.finish(length)
    }
}

fn samples(time: Duration) -> u64 {
    (time.as_micros() * u128::from(SAMPLE_RATE_HZ) / 1_000_000) as u64
}
