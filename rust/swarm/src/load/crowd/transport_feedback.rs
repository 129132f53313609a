//! One packet of feedback about every packet (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1), and the number that it is about in
//! a packet of sound (§2). Chunks are chosen as libwebrtc chooses them (`TransportFeedback::LastChunk`), so that they are as long as a
//! browser's.

use std::time::Duration;

/// RTCP: transport feedback (RFC 4585 §6.2), of the format that the draft takes.
pub(super) const TRANSPORT_FEEDBACK: u8 = 205;
const FORMAT: u8 = 15;

/// Times are told in steps of 250 µs, and the first of them from a time in steps of 64 ms.
const STEP_US: u64 = 250;
const STEPS_OF_REFERENCE: i64 = 256;

/// How a packet is told: not at all, with a step of one byte, with one of two.
const MISSING: u8 = 0;
const SMALL: u8 = 1;
const LARGE: u8 = 2;

/// Packets of which one chunk tells: so many alike, or as many as it has bits for.
const RUN: usize = 0x1fff;
const BITS: usize = 14;
const PAIRS: usize = 7;

/// Numbers of which one packet tells at most; libwebrtc tells of no more that are missing.
const MOST: u64 = 0x7fff;

/// When a packet came, since the listener began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    /// Counted over all sources, with the wraps.
    pub(super) number: u64,
    pub(super) at: Duration,
}

/// What stands in a packet of feedback beside the arrivals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    /// Who sends it, and a source that it is about.
    pub(super) sender: u32,
    pub(super) source: u32,
    /// The first number that it tells of, come or missing.
    pub(super) base: u64,
    /// Which packet of feedback it is.
    pub(super) count: u8,
}

/// The packet, and of how many of `arrivals` it tells: of the others there has to be another. They stand in order, none below the base.
pub(super) fn packet(head: Head, arrivals: &[Arrival]) -> (Vec<u8>, usize) {
    let steps = |arrival: &Arrival| ((arrival.at.as_micros() as u64 + STEP_US / 2) / STEP_US) as i64;
    let reference = arrivals.first().map_or(0, steps) / STEPS_OF_REFERENCE;
    let base = head.base.max(
        arrivals
            .first()
            .map_or(0, |first| first.number.saturating_sub(MOST - 1)),
    );
    let (mut symbols, mut deltas, mut told) = (Vec::new(), Vec::new(), 0);
    let mut time = reference * STEPS_OF_REFERENCE;
    for arrival in arrivals {
        let (place, step) = (arrival.number - base, steps(arrival) - time);
        let Ok(large) = i16::try_from(step) else { break };
        if place >= MOST {
            break;
        }
        symbols.resize(place as usize, MISSING);
        match u8::try_from(step) {
            Ok(small) => {
                symbols.push(SMALL);
                deltas.push(small);
            }
            Err(_) => {
                symbols.push(LARGE);
                deltas.extend_from_slice(&large.to_be_bytes());
            }
        }
        time += step;
        told += 1;
    }
    let mut packet = vec![0x80 | FORMAT, TRANSPORT_FEEDBACK, 0, 0];
    packet.extend_from_slice(&head.sender.to_be_bytes());
    packet.extend_from_slice(&head.source.to_be_bytes());
    packet.extend_from_slice(&(base as u16).to_be_bytes());
    packet.extend_from_slice(&(symbols.len() as u16).to_be_bytes());
    packet.extend_from_slice(&((reference as u32) << 8 | u32::from(head.count)).to_be_bytes());
    packet.extend(chunks(&symbols).into_iter().flat_map(u16::to_be_bytes));
    packet.extend_from_slice(&deltas);
    (whole_words(packet), told)
}

/// Filled up to a whole word, with the padding's length in its last byte (RFC 3550 §6.4.1), and its length written.
fn whole_words(mut packet: Vec<u8>) -> Vec<u8> {
    let padding = packet.len().next_multiple_of(4) - packet.len();
    if padding > 0 {
        packet[0] |= 0x20;
        packet.resize(packet.len() + padding - 1, 0);
        packet.push(padding as u8);
    }
    let words = (packet.len() / 4 - 1) as u16;
    packet[2..4].copy_from_slice(&words.to_be_bytes());
    packet
}

/// The symbols in as few chunks as libwebrtc takes: runs, and where they change, vectors of bits or of pairs of bits.
fn chunks(mut symbols: &[u8]) -> Vec<u16> {
    let mut chunks = Vec::new();
    while let Some(&first) = symbols.first() {
        let run = symbols.iter().take(RUN).take_while(|symbol| **symbol == first).count();
        let ahead = &symbols[..symbols.len().min(BITS)];
        let is_of_bits = !ahead.contains(&LARGE);
        let taken = if run >= BITS || run == symbols.len() || (run >= PAIRS && !is_of_bits) {
            chunks.push(u16::from(first) << 13 | run as u16);
            run
        } else if is_of_bits && ahead.len() > PAIRS {
            chunks.push(0x8000 | vector(ahead, BITS, 1));
            ahead.len()
        } else {
            let ahead = &ahead[..ahead.len().min(PAIRS)];
            chunks.push(0xc000 | vector(ahead, PAIRS, 2));
            ahead.len()
        };
        symbols = &symbols[taken..];
    }
    chunks
}

/// The first symbol in the highest of `places` places, each so many bits wide.
fn vector(symbols: &[u8], places: usize, bits: usize) -> u16 {
    let placed = symbols.iter().enumerate();
    placed.fold(0, |vector, (place, symbol)| {
        vector | u16::from(*symbol) << (bits * (places - 1 - place))
    })
}

/// The number in which the server counts all its packets, from the header extension of this name (RFC 8285 §4).
pub(super) fn number_in(packet: &[u8], extension: u8) -> Option<u16> {
    if packet.first()? & 0x10 == 0 {
        return None;
    }
    let at = 12 + 4 * usize::from(packet[0] & 0x0f);
    let &[profile, kind, high, low] = packet.get(at..)?.first_chunk()?;
    let length = 4 * usize::from(u16::from_be_bytes([high, low]));
    let elements = packet.get(at + 4..at + 4 + length)?;
    let element = match (profile, kind) {
        (0xbe, 0xde) => of_one_byte(elements, extension),
        (0x10, 0x00..=0x0f) => of_two_bytes(elements, extension),
        _ => None,
    }?;
    element.first_chunk().map(|number| u16::from_be_bytes(*number))
}

fn of_one_byte(mut elements: &[u8], extension: u8) -> Option<&[u8]> {
    while let Some((head, rest)) = elements.split_first() {
        let (id, length) = (head >> 4, usize::from(head & 0x0f) + 1);
        match id {
            // Padding is one byte; what comes after 15 is not to be read.
            0 => elements = rest,
            15 => return None,
            _ if id == extension => return rest.get(..length),
            _ => elements = rest.get(length..)?,
        }
    }
    None
}

fn of_two_bytes(mut elements: &[u8], extension: u8) -> Option<&[u8]> {
    while let Some((id, rest)) = elements.split_first() {
        if *id == 0 {
            elements = rest;
            continue;
        }
        let (length, rest) = rest.split_first()?;
        if *id == extension {
            return rest.get(..usize::from(*length));
        }
        elements = rest.get(usize::from(*length)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers with the milliseconds at which they came.
    fn arrivals(came: &[(u64, u64)]) -> Vec<Arrival> {
        let arrival = |&(number, ms)| Arrival {
            number,
            at: Duration::from_millis(ms),
        };
        came.iter().map(arrival).collect()
    }

    fn of(base: u64, came: &[(u64, u64)]) -> (Vec<u8>, usize) {
        let head = Head {
            sender: 1,
            source: 2,
            base,
            count: 7,
        };
        packet(head, &arrivals(came))
    }

    /// What stands behind the header: chunks and steps.
    fn body(base: u64, came: &[(u64, u64)]) -> Vec<u8> {
        of(base, came).0.split_off(20)
    }

    #[test]
    fn packets_that_came_one_after_the_other_are_one_run_and_a_byte_each() {
        // The reference is 1 times 64 ms; 20 ms are 80 steps of 250 µs; 0 01 and 3 are a run of three small steps; three bytes fill the word.
        let expected = [
            &[0xaf, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2][..],
            &[0, 10, 0, 3, 0, 0, 1, 7],
            &[0x20, 0x03, 0, 80, 80, 0, 0, 3],
        ];
        assert_eq!(of(10, &[(10, 64), (11, 84), (12, 104)]), (expected.concat(), 3));
    }

    #[test]
    fn a_packet_that_is_missing_is_a_nought_among_pairs_of_bits_or_among_bits() {
        // 11 01 00 01 01 and three pairs that are empty: 10, no 11, 12, 13. Three steps and three bytes fill two words.
        let few = body(10, &[(10, 0), (12, 40), (13, 60)]);
        assert_eq!(few, [0b1101_0001, 0b0100_0000, 0, 160, 80, 0, 0, 3]);
        // 10 and fourteen bits: all but the fourth. Two bytes and thirteen steps want one more.
        let most: Vec<_> = (0..14).filter(|n| *n != 3).map(|n| (10 + n, 20 * n)).collect();
        assert_eq!(body(10, &most)[..2], [0b1011_1011, 0b1111_1111]);
        assert_eq!(
            body(10, &most)[2..],
            [0, 80, 80, 160, 80, 80, 80, 80, 80, 80, 80, 80, 80, 1]
        );
        // What is missing before the first is told too: 0 00 and 20, then one that came.
        let late = body(10, &[(30, 0)]);
        assert_eq!(late[..4], [0x00, 20, 0x20, 1]);
    }

    #[test]
    fn a_step_of_more_than_a_byte_or_back_takes_two() {
        // 100 ms are 400 steps; 11 01 10 and five pairs that are empty.
        assert_eq!(
            body(10, &[(10, 64), (11, 164)]),
            [0b1101_1000, 0, 0, 0x01, 0x90, 0, 0, 3]
        );
        // 11 came 20 ms before 10: 80 steps after the reference, and 80 back.
        assert_eq!(
            body(10, &[(10, 84), (11, 64)]),
            [0b1101_1000, 0, 80, 0xff, 0xb0, 0, 0, 3]
        );
        // One small and six large ones in pairs of bits, then 0 10 and the two that are left.
        let slow: Vec<_> = (0..9).map(|n| (n, 100 * n)).collect();
        assert_eq!(body(0, &slow)[..4], [0b1101_1010, 0b1010_1010, 0x40, 2]);
    }

    #[test]
    fn a_run_is_not_cut_into_vectors_and_a_hole_of_seconds_begins_another_packet() {
        let steady: Vec<_> = (0..9_000).map(|n| (n, 20 * n)).collect();
        // 0 01 and 8,191, then 0 01 and 809.
        assert_eq!(body(0, &steady)[..4], [0x3f, 0xff, 0x23, 0x29]);
        // 8.2 s are 32,800 steps: more than two bytes with a sign hold.
        assert_eq!(of(0, &[(0, 0), (1, 20), (2, 8_220)]).1, 2);
        assert_eq!(
            of(0, &[(0, 0), (40_000, 20)]).1,
            1,
            "nor are there so many numbers in one"
        );
        let (packet, told) = of(0, &[(100_000, 20)]);
        // Those from 67,234 on, which is 1,698 after the wrap.
        assert_eq!((told, &packet[12..16]), (1, &[0x06, 0xa2, 0x7f, 0xff][..]));
    }

    #[test]
    fn the_number_is_found_among_other_extensions_and_not_beyond_the_packet() {
        let packet = |head: &[u8]| [&[0x90, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3][..], head].concat();
        // Extension 1 with one byte, padding, extension 3 with two.
        let short = packet(&[0xbe, 0xde, 0, 2, 0x10, 9, 0, 0x31, 0x12, 0x34, 0, 0]);
        assert_eq!(number_in(&short, 3), Some(0x1234));
        assert_eq!(number_in(&short, 4), None);
        assert_eq!(number_in(&short, 1), None, "one byte is no number");
        let long = packet(&[0x10, 0x00, 0, 2, 1, 1, 9, 0, 3, 2, 0x12, 0x34]);
        assert_eq!(number_in(&long, 3), Some(0x1234));
        for length in 0..short.len() {
            assert_eq!(number_in(&short[..length], 3), None, "cut at {length}");
        }
        let mut bare = short.clone();
        bare[0] = 0x80;
        assert_eq!(number_in(&bare, 3), None);
    }
}
