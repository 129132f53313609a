//! Ogg/Opus (RFC 3533, RFC 7845) of one voice: packets in, whole pages out.
//!
//! A page ends with a whole packet, so that every page can be played without the next one.

use super::silence::{self, FRAME_SAMPLES};

/// What libopus looks ahead at 48 kHz: the first samples of a decoder are its own warming-up (RFC 7845 §4.2).
pub const PRE_SKIP_SAMPLES: u64 = 312;

const HEADER_BYTES: usize = 27;
/// Lacing values of a page (RFC 3533 §6, field 12).
const MAX_SEGMENTS: usize = 255;
const FIRST_PAGE: u8 = 2;
const LAST_PAGE: u8 = 4;

/// One file's pages.
#[derive(Debug)]
pub struct Pages {
    serial: u32,
    sequence: u32,
    segments: Vec<u8>,
    body: Vec<u8>,
    samples: u64,
    /// Granule position of the last page: no later one may go back behind it.
    paged: u64,
    out: Vec<u8>,
}

impl Pages {
    /// Begins with the two pages of headers: one voice, no gain, mapping family 0 (RFC 7845 §5).
    pub fn new(serial: u32, comments: &[(&str, &str)]) -> Self {
        let mut pages = Self {
            serial,
            sequence: 0,
            segments: Vec::new(),
            body: Vec::new(),
            samples: 0,
            paged: 0,
            out: Vec::new(),
        };
        pages.put(&head());
        pages.end_page(FIRST_PAGE, 0);
        pages.put(&tags(comments));
        pages.end_page(0, 0);
        pages
    }

    /// Adds a packet of so many samples; a page that it does not fit into any more ends before it.
    pub fn push(&mut self, payload: &[u8], samples: u64) {
        if self.segments.len() + payload.len() / 255 + 1 > MAX_SEGMENTS {
            self.flush();
        }
        self.put(payload);
        self.samples += samples;
    }

    /// Ends the page that is open, if any packet is in it.
    pub fn flush(&mut self) {
        if !self.segments.is_empty() {
            self.end_page(0, self.samples);
        }
    }

    /// Ends the file so that everything pushed is heard: another silent frame brings out what decoders hold back, and is cut
    /// off (RFC 7845 §4.4).
    pub fn finish(&mut self) {
        self.finish_at(self.samples);
    }

    /// Ends the file so that it plays `samples`: what is missing is silence, what is too much is cut off.
    pub fn finish_at(&mut self, samples: u64) {
        let end = (samples + PRE_SKIP_SAMPLES).max(self.paged);
        while self.samples < end || self.segments.is_empty() {
            self.push(&silence::FRAME, FRAME_SAMPLES);
        }
        self.end_page(LAST_PAGE, end);
    }

    /// Samples of all packets so far.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Whether a page is open.
    pub fn holds_packets(&self) -> bool {
        !self.segments.is_empty()
    }

    /// The pages ended since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn put(&mut self, packet: &[u8]) {
        let whole = packet.len() / 255;
        self.segments.resize(self.segments.len() + whole, 255);
        self.segments.push((packet.len() % 255) as u8);
        self.body.extend_from_slice(packet);
    }

    fn end_page(&mut self, flags: u8, granule: u64) {
        let start = self.out.len();
        self.out.extend_from_slice(b"OggS\0");
        self.out.push(flags);
        self.out.extend_from_slice(&granule.to_le_bytes());
        self.out.extend_from_slice(&self.serial.to_le_bytes());
        self.out.extend_from_slice(&self.sequence.to_le_bytes());
        self.out.extend_from_slice(&[0; 4]);
        self.out.push(self.segments.len() as u8);
        self.out.append(&mut self.segments);
        self.out.append(&mut self.body);
        let checksum = checksum(&self.out[start..]).to_le_bytes();
        self.out[start + 22..start + 26].copy_from_slice(&checksum);
        self.sequence += 1;
        self.paged = granule;
    }
}

/// The granule position of the last whole page in `bytes`, which may begin and end anywhere; None where there is none.
#[must_use]
pub fn last_granule(bytes: &[u8]) -> Option<u64> {
    let starts = (0..bytes.len().saturating_sub(HEADER_BYTES - 1)).rev();
    starts
        .filter(|at| bytes[*at..].starts_with(b"OggS"))
        .find_map(|at| granule_of(&bytes[at..]))
}

fn granule_of(bytes: &[u8]) -> Option<u64> {
    let segments = usize::from(*bytes.get(HEADER_BYTES - 1)?);
    let lacing = bytes.get(HEADER_BYTES..HEADER_BYTES + segments)?;
    let length = HEADER_BYTES + segments + lacing.iter().map(|n| usize::from(*n)).sum::<usize>();
    let mut page = bytes.get(..length)?.to_vec();
    let told = u32::from_le_bytes(page[22..26].try_into().ok()?);
    page[22..26].fill(0);
    let granule = u64::from_le_bytes(page[6..14].try_into().ok()?);
    (checksum(&page) == told).then_some(granule)
}

/// RFC 7845 §5.1.
fn head() -> Vec<u8> {
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend_from_slice(&(PRE_SKIP_SAMPLES as u16).to_le_bytes());
    head.extend_from_slice(&48_000_u32.to_le_bytes());
    head.extend_from_slice(&[0, 0, 0]);
    head
}

/// RFC 7845 §5.2.
fn tags(comments: &[(&str, &str)]) -> Vec<u8> {
    let mut tags = b"OpusTags".to_vec();
    let mut text = |text: &str| {
        tags.extend_from_slice(&(text.len() as u32).to_le_bytes());
        tags.extend_from_slice(text.as_bytes());
    };
    text(concat!("voxhall ", env!("CARGO_PKG_VERSION")));
    let mut rest = (comments.len() as u32).to_le_bytes().to_vec();
    for (name, value) in comments {
        let comment = format!("{name}={value}");
        rest.extend_from_slice(&(comment.len() as u32).to_le_bytes());
        rest.extend_from_slice(comment.as_bytes());
    }
    tags.append(&mut rest);
    tags
}

/// CRC-32 with the polynomial 0x04c11db7, not reflected, from zero (RFC 3533 §6, field 8).
const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut value = (i as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            value = (value << 1) ^ if value >> 31 == 1 { 0x04c1_1db7 } else { 0 };
            bit += 1;
        }
        table[i] = value;
        i += 1;
    }
    table
};

fn checksum(page: &[u8]) -> u32 {
    page.iter()
        .fold(0, |crc, byte| (crc << 8) ^ CRC[((crc >> 24) as u8 ^ byte) as usize])
}
