//! A frame of the mix with those before it as RED, so that a listener who loses two packets in a row misses nothing.

use super::sender::Mixed;
use crate::red::pack;
use crate::router::{FRAME_TIME, Frame};

/// How many frames before its own a packet carries. Two restore all but p³ of what is lost at random; a third would help in
/// bursts, for a third more of bytes.
pub(super) const DISTANCE: usize = 2;

/// The frame with those of `before` that are near enough, oldest first; None where there are none. Opus' payload type, which is the
/// receiver's, is written into the headers when the packet is made for one.
pub(super) fn with_those_before<'a>(frame: &Frame, before: impl Iterator<Item = &'a Frame>) -> Option<Mixed> {
    let offset = |earlier: &Frame| frame.timestamp.wrapping_sub(earlier.timestamp);
    let is_near = |earlier: &&Frame| (1..=DISTANCE as u32 * FRAME_TIME).contains(&offset(earlier));
    let blocks: Vec<(u32, &[u8])> = before
        .filter(is_near)
        .map(|earlier| (offset(earlier), &*earlier.payload))
        .collect();
    let (payload, count) = pack(&blocks, &frame.payload)?;
    let with_blocks = Frame {
        payload: payload.into(),
        ..frame.clone()
    };
    Some(Mixed::of_blocks(with_blocks, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::red::name_blocks;

    fn frame(timestamp: u32, payload: &[u8]) -> Frame {
        Frame {
            timestamp,
            starts_talkspurt: false,
            csrcs: vec![1],
            payload: payload.into(),
        }
    }

    #[test]
    fn a_packet_carries_the_two_frames_before_its_own_as_rfc_2198_has_it() {
        let before = [frame(960, b"ab"), frame(1_920, b"cde")];
        let mixed = with_those_before(&frame(2_880, b"now"), before.iter()).expect("blocks");
        let mut payload = mixed.payload().to_vec();
        name_blocks(&mut payload, 2, 111);
        let offset = |samples: u32, length: u32| (samples << 10 | length).to_be_bytes();
        let mut expected = vec![0x80 | 111];
        expected.extend_from_slice(&offset(1_920, 2)[1..]);
        expected.push(0x80 | 111);
        expected.extend_from_slice(&offset(960, 3)[1..]);
        expected.push(111);
        expected.extend_from_slice(b"abcdenow");
        assert_eq!(payload, expected);
    }

    #[test]
    fn what_was_before_a_pause_is_not_repeated_and_time_may_wrap() {
        let old = [frame(960, b"ab"), frame(1_920, b"cd")];
        assert!(with_those_before(&frame(96_000, b"now"), old.iter()).is_none());
        let wrapped = [frame(u32::MAX - 959, b"ab")];
        let mixed = with_those_before(&frame(960, b"now"), wrapped.iter()).expect("one block");
        assert_eq!(mixed.payload().len(), 4 + 1 + 2 + 3);
    }
}
