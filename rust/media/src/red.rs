//! RED (RFC 2198): a packet that carries earlier frames again, so that who loses one finds it in the next.
//!
//! Only its form is here, both ways. When it is sent and how far back it reaches is decided elsewhere: for listeners in
//! `listener`, for speakers by their client.

use crate::audio::decode::duration;

/// The block header's fields: 14 bits of time, 10 of length (RFC 2198 §3).
const MAX_OFFSET: u32 = (1 << 14) - 1;
const MAX_BLOCK_BYTES: usize = (1 << 10) - 1;
const FOLLOWED: u8 = 0x80;

/// More earlier frames than this are not read: no sender repeats a tenth of a second for every packet. Higher only lets a
/// hostile one make us look at more.
const MAX_EARLIER: usize = 5;

/// An earlier frame in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier<'a> {
    /// How many packets before this one it was in.
    pub back: u64,
    /// How long before this packet's its time is, in samples of 48 kHz.
    pub offset: u32,
    /// The Opus packet.
    pub payload: &'a [u8],
}

/// A packet taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked<'a> {
    /// The Opus packet that is its own.
    pub primary: &'a [u8],
    /// Those before it, the latest first, as far as they follow each other without a gap: only then is it certain which packet each
    /// of them was, as RFC 2198 gives times and no numbers.
    pub earlier: Vec<Earlier<'a>>,
}

/// Takes a RED payload apart; None if it is none, or its own block is not of the payload type `opus`.
#[must_use]
pub fn unpack(payload: &[u8], opus: u8) -> Option<Unpacked<'_>> {
    let mut headers: Vec<(u8, u32, usize)> = Vec::new();
    let mut rest = payload;
    loop {
        match *rest {
            [own, ..] if own & FOLLOWED == 0 => {
                if own != opus {
                    return None;
                }
                rest = &rest[1..];
                break;
            }
            [kind, a, b, c, ..] if headers.len() < MAX_EARLIER => {
                let time_and_length = u32::from_be_bytes([0, a, b, c]);
                let length = (time_and_length & MAX_BLOCK_BYTES as u32) as usize;
                headers.push((kind & !FOLLOWED, time_and_length >> 10, length));
                rest = &rest[4..];
            }
            _ => return None,
        }
    }
    let mut blocks = Vec::with_capacity(headers.len());
    for (kind, offset, length) in headers {
        let (block, after) = rest.split_at_checked(length)?;
        blocks.push((kind, offset, block));
        rest = after;
    }
    Some(Unpacked {
        primary: rest,
        earlier: in_a_row(&blocks, opus),
    })
}

/// The blocks, which are oldest first, from the latest on while each ends where the next begins.
fn in_a_row<'a>(blocks: &[(u8, u32, &'a [u8])], opus: u8) -> Vec<Earlier<'a>> {
    let mut earlier = Vec::with_capacity(blocks.len());
    let mut reached = 0;
    for (back, (kind, offset, payload)) in (1..).zip(blocks.iter().rev()) {
        let ends_there = duration(payload).is_some_and(|samples| reached + samples as u32 == *offset);
        if *kind != opus || !ends_there {
            break;
        }
        reached = *offset;
        earlier.push(Earlier {
            back,
            offset: *offset,
            payload,
        });
    }
    earlier
}

/// A payload of `primary` and of the earlier frames that fit into the form, each with its time before it, oldest first; and how many
/// they are. None where none fits. The payload type of all blocks is written by [`name_blocks`].
#[must_use]
pub fn pack(earlier: &[(u32, &[u8])], primary: &[u8]) -> Option<(Vec<u8>, usize)> {
    let fits = |block: &&(u32, &[u8])| (1..=MAX_OFFSET).contains(&block.0) && block.1.len() <= MAX_BLOCK_BYTES;
    let blocks: Vec<&(u32, &[u8])> = earlier.iter().filter(fits).collect();
    if blocks.is_empty() {
        return None;
    }
    let mut payload = Vec::new();
    for (offset, block) in &blocks {
        let time_and_length = offset << 10 | block.len() as u32;
        payload.push(FOLLOWED);
        payload.extend_from_slice(&time_and_length.to_be_bytes()[1..]);
    }
    payload.push(0);
    blocks.iter().for_each(|(_, block)| payload.extend_from_slice(block));
    payload.extend_from_slice(primary);
    Some((payload, blocks.len()))
}

/// Writes Opus' payload type into the headers of a RED payload with so many earlier frames.
pub fn name_blocks(payload: &mut [u8], blocks: usize, opus: u8) {
    for header in payload.chunks_exact_mut(4).take(blocks) {
        header[0] = FOLLOWED | opus;
    }
    if let Some(last) = payload.get_mut(4 * blocks) {
        *last = opus;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One frame of 20 ms (CELT, full band: RFC 6716 §3.1), told apart by its second byte.
    fn frame(name: u8) -> [u8; 3] {
        [0xf8, name, name]
    }

    fn packed(earlier: &[(u32, &[u8])], primary: &[u8]) -> Vec<u8> {
        let (mut payload, blocks) = pack(earlier, primary).expect("blocks");
        name_blocks(&mut payload, blocks, 111);
        payload
    }

    #[test]
    fn what_was_packed_is_found_again_with_the_number_of_each_packet() {
        let payload = packed(&[(1_920, &frame(1)), (960, &frame(2))], &frame(3));
        let unpacked = unpack(&payload, 111).expect("read");
        assert_eq!(unpacked.primary, frame(3));
        let found: Vec<_> = unpacked
            .earlier
            .iter()
            .map(|e| (e.back, e.offset, e.payload[1]))
            .collect();
        assert_eq!(found, [(1, 960, 2), (2, 1_920, 1)]);
    }

    #[test]
    fn a_frame_from_before_a_pause_is_not_taken_for_the_packet_before() {
        let payload = packed(&[(1_920, &frame(1))], &frame(3));
        assert_eq!(unpack(&payload, 111).expect("read").earlier, []);
    }

    #[test]
    fn a_packet_without_earlier_frames_is_its_own_block() {
        let unpacked = unpack(&[111, 0xf8, 7], 111).expect("read");
        assert_eq!((unpacked.primary, unpacked.earlier.len()), (&[0xf8, 7][..], 0));
    }

    #[test]
    fn no_bytes_do_harm_and_another_codec_is_refused() {
        let payload = packed(&[(1_920, &frame(1)), (960, &frame(2))], &frame(3));
        for length in 0..payload.len() {
            // Cut within the headers or an earlier frame there is nothing; beyond, less of its own.
            let unpacked = unpack(&payload[..length], 111);
            assert!(unpacked.is_none() || length >= 9 + 6, "cut at {length}");
        }
        assert_eq!(unpack(&payload, 96), None);
        assert_eq!(unpack(&[0xff; 64], 111), None, "headers without end");
        let other = {
            let mut payload = payload.clone();
            payload[4] = FOLLOWED;
            payload
        };
        assert_eq!(
            unpack(&other, 111).expect("read").earlier,
            [],
            "comfort noise is no Opus"
        );
    }
}
