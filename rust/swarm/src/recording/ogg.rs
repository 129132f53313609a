//! Ogg/Opus (RFC 7845), packets as received.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::BuildHasher;
use std::io::BufWriter;
use std::path::Path;

use ogg::writing::{PacketWriteEndInfo, PacketWriter};

use super::Writer;
use super::timeline::Piece;
use crate::error::ClientError;
use crate::voice::{FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// What libopus looks ahead at 48 kHz: the decoder's first samples are its own warming-up (RFC 7845 §4.2).
const PRE_SKIP_SAMPLES: u64 = 312;

/// A page every 200 ms: what is lost if the process dies.
const PACKETS_PER_PAGE: u32 = 10;

/// 20 ms of digital silence, mono fullband CELT.
const SILENT_PACKET: [u8; 3] = [0xf8, 0xff, 0xfe];

/// Up to this long (100 ms) a gap is left to the decoder's concealment.
const CONCEALED_SAMPLES: u64 = 4_800;

/// The part of an Opus packet's first byte that says one frame follows (RFC 6716 §3.1); that byte alone is a lost frame (§3.2.1).
const ONE_FRAME: u8 = 0b1111_1100;

pub(super) struct OggWriter {
    pages: PacketWriter<'static, BufWriter<File>>,
    serial: u32,
    /// Kept back: only the last packet may end the stream.
    held: Option<Held>,
    samples: u64,
    /// Position at the end of the last whole page; no later page may go back behind it.
    paged: u64,
    in_page: u32,
    /// Samples of silence that did not fill a packet yet.
    owed: u64,
}

struct Held {
    payload: Box<[u8]>,
    samples: u64,
}

impl OggWriter {
    pub(super) fn create(path: &Path) -> Result<Self, ClientError> {
        let mut pages = PacketWriter::new(BufWriter::new(File::create(path)?));
        let serial = RandomState::new().hash_one(path) as u32;
        pages.write_packet(head(), serial, PacketWriteEndInfo::EndPage, 0)?;
        pages.write_packet(tags(), serial, PacketWriteEndInfo::EndPage, 0)?;
        Ok(Self {
            pages,
            serial,
            held: None,
            samples: 0,
            paged: 0,
            in_page: 0,
            owed: 0,
        })
    }

    fn packet(&mut self, payload: &[u8], samples: u64) -> Result<(), ClientError> {
        self.put_held(None)?;
        self.held = Some(Held {
            payload: payload.into(),
            samples,
        });
        Ok(())
    }

    /// `end`: the granule position that closes the stream.
    fn put_held(&mut self, end: Option<u64>) -> Result<(), ClientError> {
        let Some(Held { payload, samples }) = self.held.take() else {
            return Ok(());
        };
        self.samples += samples;
        self.in_page += 1;
        let (info, position) = match end {
            Some(position) => (PacketWriteEndInfo::EndStream, position),
            None if self.in_page >= PACKETS_PER_PAGE => (PacketWriteEndInfo::EndPage, self.samples),
            None => (PacketWriteEndInfo::NormalPacket, self.samples),
        };
        if matches!(info, PacketWriteEndInfo::EndPage) {
            self.in_page = 0;
            self.paged = position;
        }
        self.pages
            .write_packet(payload.into_vec(), self.serial, info, position)?;
        Ok(())
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
            Piece::Silence { samples } => self.fill(samples, &SILENT_PACKET),
            Piece::Lost { samples, next } => match next.first() {
                // Only where one frame is 20 ms does the lone byte stand for as much.
                Some(first) if samples <= CONCEALED_SAMPLES && frame_is_20_ms(*first) => {
                    self.fill(samples, &[first & ONE_FRAME])
                }
                _ => self.fill(samples, &SILENT_PACKET),
            },
        }
    }

    fn finish(&mut self, samples: u64) -> Result<(), ClientError> {
        let end = samples + PRE_SKIP_SAMPLES;
        loop {
            let coming = self.held.as_ref().map_or(0, |held| held.samples);
            if self.held.is_some() && self.samples + coming >= end {
                break;
            }
            self.packet(&SILENT_PACKET, FRAME_SAMPLES as u64)?;
        }
        self.put_held(Some(end.max(self.paged)))?;
        self.pages.inner_mut().get_mut().sync_all()?;
        Ok(())
    }
}

fn frame_is_20_ms(first_byte: u8) -> bool {
    opus::packet::get_samples_per_frame(&[first_byte], SAMPLE_RATE_HZ).is_ok_and(|samples| samples == FRAME_SAMPLES)
}

/// RFC 7845 §5.1: version 1, one channel, no gain, mapping family 0.
fn head() -> Vec<u8> {
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend_from_slice(&(PRE_SKIP_SAMPLES as u16).to_le_bytes());
    head.extend_from_slice(&SAMPLE_RATE_HZ.to_le_bytes());
    head.extend_from_slice(&[0, 0, 0]);
    head
}

/// RFC 7845 §5.2: a vendor string and no comments.
fn tags() -> Vec<u8> {
    let vendor = concat!("voxhall ", env!("CARGO_PKG_VERSION"));
    let mut tags = b"OpusTags".to_vec();
    tags.extend_from_slice(&(vendor.len() as u32).to_le_bytes());
    tags.extend_from_slice(vendor.as_bytes());
    tags.extend_from_slice(&0u32.to_le_bytes());
    tags
}
