//! The reports of one listener (RFC 3550 §6.4.2), and the good-bye of the server in its own.

use super::sound::Account;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const CNAME: &[u8] = b"crowd";

/// A receiver report from `ssrc`, with a description behind it as a compound packet has (§6.1).
/// `accounts`: one for each source that is heard, at most [`super::MAX_VOICES`].
pub(super) fn receiver_report(ssrc: u32, accounts: &[Account]) -> Vec<u8> {
    let count = accounts.len() as u8;
    let mut packet = vec![0x80 | count, RECEIVER_REPORT, 0, 1 + 6 * count];
    packet.extend_from_slice(&ssrc.to_be_bytes());
    for account in accounts {
        push(&mut packet, account);
    }
    packet.extend_from_slice(&[0x81, DESCRIPTION, 0, 3]);
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(&[1, CNAME.len() as u8]);
    packet.extend_from_slice(CNAME);
    // The end of the list is a zero, and here it ends on a word.
    packet.push(0);
    packet
}

fn push(packet: &mut Vec<u8>, account: &Account) {
    packet.extend_from_slice(&account.ssrc.to_be_bytes());
    packet.extend_from_slice(&(u32::from(account.fraction_lost) << 24 | account.lost).to_be_bytes());
    packet.extend_from_slice(&account.highest.to_be_bytes());
    // Jitter, and when the last sender report came: nobody here asks.
    packet.extend_from_slice(&[0; 12]);
}

/// Whether the server says in this compound packet that it ends.
pub(super) fn says_goodbye(mut compound: &[u8]) -> bool {
    while let Some(&[_, kind, high, low]) = compound.first_chunk() {
        if kind == GOODBYE {
            return true;
        }
        if !(SENDER_REPORT..=DESCRIPTION).contains(&kind) {
            return false;
        }
        let length = 4 * (1 + usize::from(u16::from_be_bytes([high, low])));
        compound = compound.get(length..).unwrap_or_default();
    }
    false
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
        };
        let mut report = receiver_report(9, &[account]);
        assert_eq!(report.len(), 32 + 16);
        assert_eq!(report[8..20], [0, 0, 0, 7, 64, 0, 0, 3, 0, 1, 0, 2]);
        let of_two = receiver_report(9, &[account, Account { ssrc: 8, ..account }]);
        assert_eq!((of_two.len(), of_two[0], of_two[3]), (32 + 24 + 16, 0x82, 13));
        assert_eq!(of_two[32..36], [0, 0, 0, 8]);
        assert!(!says_goodbye(&report));
        report.extend_from_slice(&[0x81, GOODBYE, 0, 1, 0, 0, 0, 9]);
        assert!(says_goodbye(&report));
        for length in 0..48 {
            assert!(!says_goodbye(&report[..length]), "cut at {length}");
        }
    }
}
