//! The reports of one listener (RFC 3550 §6.4.2), and what the server says in its own: its time, and its good-bye.

use super::sound::Account;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const GOODBYE: u8 = 203;

/// A receiver report from `ssrc` on one source. Alone, as libwebrtc sends it: who only listens has no name to add.
pub(super) fn receiver_report(ssrc: u32, account: &Account) -> Vec<u8> {
    let mut packet = vec![0x81, RECEIVER_REPORT, 0, 7];
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(&account.ssrc.to_be_bytes());
    packet.extend_from_slice(&(u32::from(account.fraction_lost) << 24 | account.lost).to_be_bytes());
    packet.extend_from_slice(&account.highest.to_be_bytes());
    // Jitter: a crowd that goes round does not know when a packet came.
    packet.extend_from_slice(&[0; 4]);
    packet.extend_from_slice(&account.sent_report.to_be_bytes());
    packet.extend_from_slice(&account.since.to_be_bytes());
    packet
}

/// Whether the server says in this compound packet that it ends.
pub(super) fn says_goodbye(compound: &[u8]) -> bool {
    parts(compound).any(|(kind, _)| kind == GOODBYE)
}

/// Each source that the server reports on as its sender, and the middle of its time (§6.4.1), to be sent back in our report.
pub(super) fn sender_reports(compound: &[u8]) -> impl Iterator<Item = (u32, u32)> {
    let of_sender = parts(compound).filter(|(kind, _)| *kind == SENDER_REPORT);
    of_sender.filter_map(|(_, part)| {
        let source = part.get(4..8)?.first_chunk()?;
        let middle = part.get(10..14)?.first_chunk()?;
        Some((u32::from_be_bytes(*source), u32::from_be_bytes(*middle)))
    })
}

/// The packets of a compound one by kind, up to the first that is none.
fn parts(mut compound: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let &[_, kind, high, low] = compound.first_chunk()?;
        let length = 4 * (1 + usize::from(u16::from_be_bytes([high, low])));
        let (part, rest) = compound.split_at(length.min(compound.len()));
        compound = rest;
        (SENDER_REPORT..=GOODBYE).contains(&kind).then_some((kind, part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_whole_words_with_its_account_and_says_no_goodbye() {
        let account = Account {
            ssrc: 7,
            fraction_lost: 64,
            lost: 3,
            highest: 0x1_0002,
            sent_report: 0x0102_0304,
            since: 65_536,
        };
        let mut report = receiver_report(9, &account);
        assert_eq!(report.len(), 32);
        assert_eq!(report[8..20], [0, 0, 0, 7, 64, 0, 0, 3, 0, 1, 0, 2]);
        assert_eq!(report[20..32], [0, 0, 0, 0, 1, 2, 3, 4, 0, 1, 0, 0]);
        assert!(!says_goodbye(&report));
        report.extend_from_slice(&[0x81, GOODBYE, 0, 1, 0, 0, 0, 9]);
        assert!(says_goodbye(&report));
        for length in 0..32 {
            assert!(!says_goodbye(&report[..length]), "cut at {length}");
        }
    }
    #[test]
    fn the_time_of_the_server_is_the_middle_of_its_64_bits_for_each_source() {
        let report = |source: u8| {
            let mut report = vec![0x80, SENDER_REPORT, 0, 6, 0, 0, 0, source];
            report.extend_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8]);
            report.resize(28, 0);
            report
        };
        let both = [report(7), report(8)].concat();
        let found: Vec<_> = sender_reports(&both).collect();
        assert_eq!(found, [(7, 0x0304_0506), (8, 0x0304_0506)]);
        assert_eq!(sender_reports(&both[..13]).count(), 0);
    }
}
