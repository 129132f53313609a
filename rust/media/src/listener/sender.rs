//! A space's packet, made for one listener.

use super::entry::Entry;
use super::place::Place;
use super::register::{Counts, Register};
use super::rtcp::SentSoFar;
use crate::peer::Route;
use crate::red;
use crate::router::Frame;
use crate::srtp::{MAX_OVERHEAD, Seal};

/// RTP header with the most CSRCs that fit its four bits (RFC 3550 §5.1).
const MAX_HEADER: usize = 12 + 15 * 4;

/// One listener, as far as its next packet needs it.
pub(crate) struct Sender {
    seal: Seal,
    ssrc: u32,
    payload_type: u8,
    /// RED's, where it was agreed on.
    red: Option<u8>,
    /// The first packet after joining begins a talkspurt for its receiver, whatever it is for the others.
    is_fresh: bool,
    sequence: u64,
    /// Numbers below it may be used: see [`super::register`].
    below: u64,
    pub(super) sent: SentSoFar,
    pub(super) route: Option<Route>,
}

impl Sender {
    /// Goes on at this number, where it is ahead: no number is used twice.
    #[cfg(feature = "test-hooks")]
    pub(super) fn skip_to(&mut self, sequence: u64) {
        self.sequence = self.sequence.max(sequence);
    }

    /// Begins at `sequence`, which is below 2^15: a receiver that loses packets around the first wrap would otherwise guess a
    /// wrong roll-over count for good (RFC 3711 §3.3.1).
    pub(crate) fn new(seal: Seal, ssrc: u32, payload_type: u8, red: Option<u8>, sequence: u16) -> Self {
        Self {
            seal,
            ssrc,
            payload_type,
            red,
            is_fresh: true,
            sequence: u64::from(sequence & 0x7fff),
            below: 0,
            sent: SentSoFar::default(),
            route: None,
        }
    }

    /// Goes on behind every number that another process may have used.
    pub(super) fn going_on(seal: Seal, entry: &Entry, counts: Counts) -> Self {
        Self {
            sequence: counts.sequence,
            sent: counts.sent,
            route: entry.route,
            ..Self::new(seal, entry.ssrc, entry.payload_type, entry.red, 0)
        }
    }

    /// Whether the next number is one that may not be used yet.
    pub(super) fn is_spent(&self) -> bool {
        self.sequence >= self.below
    }

    /// Takes more numbers.
    pub(super) fn use_up(&mut self, register: Register, place: Place) {
        self.below = register.use_up(place, self.sequence, self.sent);
    }

    pub(super) fn takes_red(&self) -> bool {
        self.red.is_some()
    }

    pub(super) fn write(&mut self, plain: &Plain<'_>, buffer: &mut [u8]) -> Option<usize> {
        let header = plain.header;
        let length = header.len() + plain.payload.len();
        // A number that is not used up ahead could be used once more by another process: better no packet than the same nonce twice.
        if self.is_spent() || buffer.len() < length + MAX_OVERHEAD {
            return None;
        }
        buffer[..header.len()].copy_from_slice(header);
        let payload_type = if plain.blocks == 0 {
            self.payload_type
        } else {
            self.red?
        };
        buffer[1] = payload_type | (u8::from(plain.marker || self.is_fresh) << 7);
        buffer[2..4].copy_from_slice(&(self.sequence as u16).to_be_bytes());
        buffer[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        buffer[header.len()..length].copy_from_slice(plain.payload);
        if plain.blocks > 0 {
            red::name_blocks(&mut buffer[header.len()..length], plain.blocks, self.payload_type);
        }
        let sealed = self.seal.rtp(buffer, header.len(), length, self.ssrc, self.sequence)?;
        // A number is used once, whatever becomes of its packet.
        self.sequence += 1;
        self.is_fresh = false;
        self.sent.packets = self.sent.packets.wrapping_add(1);
        self.sent.octets = self.sent.octets.wrapping_add(plain.payload.len() as u32);
        Some(sealed)
    }
}

/// What a space's packet is for everyone, before it is sealed for one.
pub(super) struct Plain<'a> {
    header: &'a [u8],
    payload: &'a [u8],
    marker: bool,
    /// How many earlier frames are before its own (RED); 0: it is plain Opus.
    blocks: usize,
}

/// A space's frame with its header.
#[derive(Clone)]
pub(super) struct Mixed {
    frame: Frame,
    header: [u8; MAX_HEADER],
    header_length: usize,
    blocks: usize,
}

impl Mixed {
    pub(super) fn new(frame: Frame) -> Self {
        Self::of_blocks(frame, 0)
    }

    /// A frame whose payload is RED, with so many earlier ones.
    pub(super) fn of_blocks(frame: Frame, blocks: usize) -> Self {
        let mut header = [0; MAX_HEADER];
        let csrcs = &frame.csrcs[..frame.csrcs.len().min(15)];
        header[0] = 0x80 | csrcs.len() as u8;
        header[4..8].copy_from_slice(&frame.timestamp.to_be_bytes());
        for (place, csrc) in header[12..].chunks_exact_mut(4).zip(csrcs) {
            place.copy_from_slice(&csrc.to_be_bytes());
        }
        let header_length = 12 + 4 * csrcs.len();
        Self {
            frame,
            header,
            header_length,
            blocks,
        }
    }

    #[cfg(test)]
    pub(super) fn payload(&self) -> &[u8] {
        &self.frame.payload
    }

    #[cfg(test)]
    pub(super) fn frame(&self) -> &Frame {
        &self.frame
    }

    pub(super) fn plain(&self) -> Plain<'_> {
        Plain {
            header: &self.header[..self.header_length],
            payload: &self.frame.payload,
            marker: self.frame.starts_talkspurt,
            blocks: self.blocks,
        }
    }
}

#[cfg(test)]
mod tests {
    use dimpl::SrtpProfile;

    use super::*;
    use crate::counting;
    use crate::srtp::Master;

    #[test]
    fn numbers_begin_low_and_at_their_wrap_the_roll_over_count_goes_on() {
        let master = |bytes: &[u8]| -> Option<Seal> {
            let (_, server) = Master::of_both(SrtpProfile::AEAD_AES_128_GCM, bytes)?;
            server.rtp()?.seal()
        };
        let material: Vec<u8> = (0..56).collect();
        let (ours, theirs) = (
            master(&material).expect("a cipher"),
            master(&material).expect("a cipher"),
        );
        let mut sender = Sender::new(ours, 7, 111, None, 0xffff);
        sender.use_up(Register::default(), Place(0));
        assert_eq!(sender.sequence, 0x7fff);
        sender.sequence = 0xffff;
        let header = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let plain = Plain {
            header: &header,
            payload: b"sound",
            marker: false,
            blocks: 0,
        };
        for sequence in [0xffff_u64, 0x1_0000, 0x1_0001] {
            let mut buffer = [0; 64];
            let length = sender.write(&plain, &mut buffer).expect("written");
            let mut expected = [0; 64];
            expected[0] = 0x80;
            expected[1] = 111 | if sequence == 0xffff { 0x80 } else { 0 };
            expected[2..4].copy_from_slice(&(sequence as u16).to_be_bytes());
            expected[11] = 7;
            expected[12..17].copy_from_slice(b"sound");
            let sealed = theirs.rtp(&mut expected, 12, 17, 7, sequence).expect("sealed");
            assert_eq!(buffer[..length], expected[..sealed]);
        }
        assert_eq!((sender.sent.packets, sender.sent.octets), (3, 15));
        assert_eq!(sender.write(&plain, &mut [0; 30]), None, "it does not fit");
    }

    /// A packet made as often as the environment says: see [`counting`].
    #[test]
    fn packets_are_made() {
        let material: Vec<u8> = (0..88).collect();
        let (_, server) = Master::of_both(SrtpProfile::AEAD_AES_256_GCM, &material).expect("enough");
        let seal = server.rtp().and_then(|keys| keys.seal()).expect("a cipher");
        let mut sender = Sender::new(seal, 7, 111, None, 1);
        sender.use_up(Register::default(), Place(0));
        let (header, payload, mut buffer) = ([0x80; 16], [7; 80], [0; 1_500]);
        let plain = Plain {
            header: &header,
            payload: &payload,
            marker: false,
            blocks: 0,
        };
        for _ in 0..counting::rounds() {
            assert_eq!(sender.write(&plain, &mut buffer), Some(16 + 80 + 16));
        }
    }

    #[test]
    fn a_packet_costs_no_more_instructions_than_it_did() {
        // 1,580 when this was written.
        counting::assert_at_most(2_400, 1_000, "listener::sender::tests::packets_are_made");
    }
}
