//! Each parser that reads what a stranger sent, as a function that takes any bytes: it may refuse them, and nothing else may happen.
//!
//! `make fuzz` lets libFuzzer look for bytes that do something else; `cargo test` throws those it found worth keeping (`corpus/`).

mod node;

use voxhall_media::fuzzing;
use voxhall_media::sdp::{Fragment, ListenOffer, Offer, Purpose};
use voxhall_media::tape::{Past, last_granule};
use voxhall_node::framing::{Frame, next_frame};

/// A target's name, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All of them; a folder of the corpus has the name of each.
pub const TARGETS: [Target; 10] = [
    ("stun", stun),
    ("offer", offer),
    ("fragment", fragment),
    ("handshake", handshake),
    ("protected", protected),
    ("reports", reports),
    ("red", red),
    ("frames", frames),
    ("tape", tape),
    ("node", node::receive),
];

/// A check of ICE, before anything is known of who sent it.
fn stun(bytes: &[u8]) {
    fuzzing::read_check(bytes);
}

/// What a browser offers, at both doors; an offer that is taken can be reduced and read again.
fn offer(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for purpose in [Purpose::Publish, Purpose::Listen] {
        let Ok(offer) = Offer::read(&text, purpose) else {
            continue;
        };
        let _ = ListenOffer::read(&offer);
        let reduced = offer.reduced(None);
        assert!(reduced.len() <= 2 * text.len() + 1_000, "it grows");
    }
}

/// Trickled candidates and ICE restarts.
fn fragment(bytes: &[u8]) {
    let _ = Fragment::read(&String::from_utf8_lossy(bytes));
}

/// Datagrams for the server's side of a DTLS handshake: records, fragments of messages, in any order.
fn handshake(bytes: &[u8]) {
    let answered: usize = fuzzing::shake_hands(&datagrams(bytes)).iter().map(Vec::len).sum();
    // What we say at most to somebody whose address was proved: our flight, and its repetitions.
    assert!(answered <= 64 * 1_024, "{answered} bytes of answer");
}

/// Protected RTP and RTCP, and RTCP that was opened.
fn protected(bytes: &[u8]) {
    assert!(!fuzzing::opens(bytes), "nobody but us has the keys");
}

/// RTCP that was authentic.
fn reports(bytes: &[u8]) {
    if let Some(loss) = fuzzing::read_reports(bytes) {
        assert!((0.0..1.0).contains(&loss), "{loss}");
    }
}

/// A speaker's packet that carries earlier frames again (RFC 2198), and how long the Opus packets in it say they are.
fn red(bytes: &[u8]) {
    let Some(unpacked) = voxhall_media::red::unpack(bytes, 111) else {
        return;
    };
    let earlier: usize = unpacked.earlier.iter().map(|one| one.payload.len()).sum();
    assert!(unpacked.primary.len() + earlier < bytes.len(), "more than was sent");
    assert!(
        unpacked.earlier.windows(2).all(|two| two[0].offset < two[1].offset),
        "not one after the other"
    );
}

/// Frames on a TCP connection (RFC 4571), however they are cut.
fn frames(bytes: &[u8]) {
    let mut rest = bytes;
    while let Ok(Frame::Whole { contents, length }) = next_frame(rest) {
        assert_eq!(contents.len() + 2, length);
        rest = &rest[length..];
    }
}

/// What is left of a tape whose writer died.
fn tape(bytes: &[u8]) {
    let (mut past, whole) = Past::read(bytes);
    assert!(whole <= bytes.len());
    let first = bytes.first_chunk().copied().map(u64::from_le_bytes);
    // A page that is whole has a checksum, which bytes by chance have not.
    if let Some(granule) = last_granule(bytes).or(first) {
        past.see_mix(granule);
    }
}

/// Cuts the bytes into datagrams: two bytes of length before each, what is left is the last.
fn datagrams(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut cut = Vec::new();
    while let [high, low, rest @ ..] = bytes {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (datagram, after) = rest.split_at(length);
        cut.push(datagram.to_vec());
        bytes = after;
    }
    cut
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn whatever_was_found_before_does_no_harm_any_more() {
        for (name, target) in TARGETS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
            let mut count = 0;
            for entry in fs::read_dir(&folder).expect("a folder for each target") {
                target(&fs::read(entry.expect("an entry").path()).expect("a file"));
                count += 1;
            }
            assert!(count > 0, "{name} has nothing to begin with");
        }
    }

    #[test]
    fn no_bytes_and_any_single_byte_do_no_harm() {
        for (_, target) in TARGETS {
            target(&[]);
            (0..=u8::MAX).for_each(|byte| target(&[byte]));
        }
    }
}
