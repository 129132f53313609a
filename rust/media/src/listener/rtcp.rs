//! RTCP between us and a listener (RFC 3550 §6): our sender reports and good-bye, its receiver reports.

use std::time::Duration;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
/// Who sends the mix, the same in every space; it ties the stream's reports together and says nothing else.
pub(crate) const CNAME: &str = "voxhall";
/// Seconds of NTP time at which our clock begins. Only differences count; a receiver may not find zero in it, which would mean
/// "no clock" (RFC 3550 §6.4.1).
const CLOCK_BEGINS_S: u64 = 1 << 31;

/// What was sent until now, for a sender report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SentSoFar {
    pub(crate) packets: u32,
    /// Of payload.
    pub(crate) octets: u32,
    /// RTP time at the moment of the report.
    pub(crate) timestamp: u32,
}

/// A sender report with a description; `clock` is the time since this node began.
pub(crate) fn sender_report(ssrc: u32, clock: Duration, sent: SentSoFar) -> Vec<u8> {
    let mut packet = header(SENDER_REPORT, 0, ssrc);
    let fraction = (u64::from(clock.subsec_nanos()) << 32) / 1_000_000_000;
    let seconds = CLOCK_BEGINS_S + clock.as_secs();
    for word in [
        seconds as u32,
        fraction as u32,
        sent.timestamp,
        sent.packets,
        sent.octets,
    ] {
        packet.extend_from_slice(&word.to_be_bytes());
    }
    finish(&mut packet, 0);
    describe(&mut packet, ssrc);
    packet
}

/// A good-bye, behind the empty report that a compound packet begins with.
pub(crate) fn goodbye(ssrc: u32) -> Vec<u8> {
    let mut packet = header(RECEIVER_REPORT, 0, ssrc);
    finish(&mut packet, 0);
    describe(&mut packet, ssrc);
    let start = packet.len();
    packet.extend_from_slice(&header(GOODBYE, 1, ssrc));
    finish(&mut packet, start);
    packet
}

/// The fraction of `ssrc`'s packets that was lost since the report before, and the highest number that came, where the compound
/// packet reports on it.
pub(crate) fn reported_loss(mut compound: &[u8], ssrc: u32) -> Option<(f32, u32)> {
    let mut loss = None;
    while let Some(head) = compound.first_chunk::<4>() {
        let length = 4 * (1 + usize::from(u16::from_be_bytes([head[2], head[3]])));
        let Some((packet, rest)) = compound.split_at_checked(length) else {
            break;
        };
        let blocks = match head[1] {
            SENDER_REPORT => packet.get(28..),
            RECEIVER_REPORT => packet.get(8..),
            _ => None,
        };
        let count = usize::from(head[0] & 0x1f);
        for block in blocks.unwrap_or_default().chunks_exact(24).take(count) {
            if block[..4] == ssrc.to_be_bytes() {
                let highest = u32::from_be_bytes([block[8], block[9], block[10], block[11]]);
                loss = Some((f32::from(block[4]) / 256.0, highest));
            }
        }
        compound = rest;
    }
    loss
}

fn header(kind: u8, count: u8, ssrc: u32) -> Vec<u8> {
    let mut packet = vec![0x80 | count, kind, 0, 0];
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet
}

/// Writes the length, in words less one, of the packet that begins at `start`.
fn finish(packet: &mut [u8], start: usize) {
    let words = ((packet.len() - start) / 4 - 1) as u16;
    packet[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

fn describe(packet: &mut Vec<u8>, ssrc: u32) {
    let start = packet.len();
    packet.extend_from_slice(&header(DESCRIPTION, 1, ssrc));
    packet.extend_from_slice(&[1, CNAME.len() as u8]);
    packet.extend_from_slice(CNAME.as_bytes());
    // The list ends with a zero, and the chunk on a word.
    packet.push(0);
    while !(packet.len() - start).is_multiple_of(4) {
        packet.push(0);
    }
    finish(packet, start);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_is_read_from_the_block_that_is_about_us_and_from_nowhere_else() {
        let mut report = header(RECEIVER_REPORT, 2, 9);
        for (ssrc, lost) in [(5_u32, 128_u8), (7, 64)] {
            report.extend_from_slice(&ssrc.to_be_bytes());
            report.push(lost);
            report.extend_from_slice(&[0, 0, 0, 0, 1, ssrc as u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        }
        finish(&mut report, 0);
        let mut compound = sender_report(7, Duration::from_millis(1_500), SentSoFar::default());
        compound.extend_from_slice(&report);
        assert_eq!(reported_loss(&compound, 7), Some((0.25, 0x1_0700)));
        assert_eq!(reported_loss(&compound, 5), Some((0.5, 0x1_0500)));
        assert_eq!(reported_loss(&compound, 6), None);
        for length in 0..compound.len() {
            assert_eq!(reported_loss(&compound[..length], 7), None, "cut at {length}");
        }
    }

    #[test]
    fn reports_and_good_byes_are_whole_words_with_the_time_that_passed() {
        let sent = SentSoFar {
            packets: 3,
            octets: 300,
            timestamp: 960,
        };
        let report = sender_report(0x0102_0304, Duration::from_millis(2_500), sent);
        assert_eq!(report[..4], [0x80, 200, 0, 6]);
        assert_eq!(report[8..16], [0x80, 0, 0, 2, 0x80, 0, 0, 0]);
        assert_eq!(report[16..28], [0, 0, 3, 192, 0, 0, 0, 3, 0, 0, 1, 44]);
        assert_eq!(
            report[28..32],
            [0x81, 202, 0, 4],
            "a word of header, one of ssrc, three of name"
        );
        assert_eq!(report.len(), 28 + 20);
        let goodbye = goodbye(7);
        assert_eq!(goodbye[goodbye.len() - 8..], [0x81, 203, 0, 1, 0, 0, 0, 7]);
    }
}
