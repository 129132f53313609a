//! Ogg/Opus (RFC 7845), packets as received.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{BufWriter, Write};
use std::path::Path;

use voxhall_media::tape::{Pages, SILENT_FRAME};

use super::Writer;
use super::timeline::Piece;
use crate::error::ClientError;
use crate::voice::{FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// A page every 200 ms: what is lost if the process dies.
const PACKETS_PER_PAGE: u32 = 10;

/// Up to this long (100 ms) a gap is left to the decoder's concealment.
const CONCEALED_SAMPLES: u64 = 4_800;

/// The part of an Opus packet's first byte that says one frame follows (RFC 6716 §3.1); that byte alone is a lost frame (§3.2.1).
const ONE_FRAME: u8 = 0b1111_1100;

pub(super) struct OggWriter {
    file: BufWriter<File>,
    pages: Pages,
    in_page: u32,
    /// Samples of silence that did not fill a packet yet.
    owed: u64,
}

impl OggWriter {
    pub(super) fn create(path: &Path) -> Result<Self, ClientError> {
        let serial = RandomState::new().hash_one(path) as u32;
        let mut writer = Self {
            file: BufWriter::new(File::create(path)?),
            pages: Pages::new(serial, &[]),
            in_page: 0,
            owed: 0,
        };
        writer.write_pages()?;
        Ok(writer)
    }

    fn packet(&mut self, payload: &[u8], samples: u64) -> Result<(), ClientError> {
        self.pages.push(payload, samples);
        self.in_page += 1;
        if self.in_page == PACKETS_PER_PAGE {
            self.in_page = 0;
            self.pages.flush();
        }
        self.write_pages()
    }

    fn write_pages(&mut self) -> Result<(), ClientError> {
        Ok(self.file.write_all(&self.pages.take())?)
    }

    /// Whole packets only: the rest is owed, and paid with the next gap or at the end.
    fn fill(&mut self, samples: u64, packet: &[u8]) -> Result<(), ClientError> {
        let frame = FRAME_SAMPLES as u64;
        self.owed += samples;
        while self.owed >= frame {
            self.owed -= frame;
            self.packet(packet, frame)?;
        }
        Ok(())
    }
}

impl Writer for OggWriter {
    fn write(&mut self, piece: Piece<'_>) -> Result<(), ClientError> {
        match piece {
            Piece::Packet { payload, samples } => self.packet(payload, samples),
            Piece::Silence { samples } => self.fill(samples, &SILENT_FRAME),
            Piece::Lost { samples, next } => match next.first() {
                // Only where one frame is 20 ms does the lone byte stand for as much.
                Some(first) if samples <= CONCEALED_SAMPLES && frame_is_20_ms(*first) => {
                    self.fill(samples, &[first & ONE_FRAME])
                }
                _ => self.fill(samples, &SILENT_FRAME),
            },
        }
    }

    fn finish(&mut self, samples: u64) -> Result<(), ClientError> {
        self.pages.finish_at(samples);
        self.write_pages()?;
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok(())
    }
}

fn frame_is_20_ms(first_byte: u8) -> bool {
    opus::packet::get_samples_per_frame(&[first_byte], SAMPLE_RATE_HZ).is_ok_and(|samples| samples == FRAME_SAMPLES)
}
