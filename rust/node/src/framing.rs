//! Packets on a TCP connection (RFC 4571 §2): two bytes of length before each.

use std::io::{self, ErrorKind};

/// The largest frame read: nothing in this protocol is larger than an Ethernet packet.
const MAX_FRAME_BYTES: usize = 2_048;

/// What the bytes of a connection begin with.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A packet, and how many bytes it took with its length.
    Whole {
        /// The packet.
        contents: &'a [u8],
        /// Of it and what is before it.
        length: usize,
    },
    /// Not all of it has come.
    Partial,
}

/// The next frame.
///
/// # Errors
/// `InvalidData` where it says that it is larger than any packet of ours: what follows is not ours either.
pub fn next_frame(received: &[u8]) -> io::Result<Frame<'_>> {
    let Some((head, rest)) = received.split_first_chunk::<2>() else {
        return Ok(Frame::Partial);
    };
    let length = usize::from(u16::from_be_bytes(*head));
    if length > MAX_FRAME_BYTES {
        return Err(ErrorKind::InvalidData.into());
    }
    Ok(rest.get(..length).map_or(Frame::Partial, |contents| Frame::Whole {
        contents,
        length: length + head.len(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_whole_however_they_were_cut_and_a_length_beyond_any_packet_is_refused() {
        let stream = [0, 2, 7, 8, 0, 0, 0, 1, 9];
        let mut rest = &stream[..];
        for expected in [&[7, 8][..], &[], &[9]] {
            for cut in 0..expected.len() + 2 {
                assert_eq!(next_frame(&rest[..cut]).expect("no error"), Frame::Partial);
            }
            match next_frame(rest).expect("no error") {
                Frame::Whole { contents, length } => {
                    assert_eq!(contents, expected);
                    rest = &rest[length..];
                }
                Frame::Partial => panic!("it is whole"),
            }
        }
        assert!(rest.is_empty());
        assert!(next_frame(&[8, 1]).is_err());
    }
}
