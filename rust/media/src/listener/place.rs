//! Where a listener is in the audience's table, and how its checks name it.

/// A row of the table. It is in the user fragment that the listener's checks name, so that the row is found without a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place(pub(super) u32);

/// Which shard holds the row. There is one; more would be told apart by this letter.
const SHARD: char = 'a';
/// Five bits a digit, so that four of them name a million rows. RFC 8839 §5.4 allows all of these letters in a fragment.
const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const PLACE_DIGITS: usize = 4;
pub(super) const MAX_PLACES: usize = 1 << (5 * PLACE_DIGITS);

impl Place {
    /// The user fragment of whoever has this place; `secret` tells them from those who had it before.
    pub(crate) fn name(self, secret: &str) -> String {
        let digit = |index: usize| DIGITS[(self.0 >> (5 * index)) as usize % DIGITS.len()] as char;
        let digits: String = (0..PLACE_DIGITS).map(digit).collect();
        format!("{SHARD}{digits}{secret}")
    }

    pub(super) fn read(ufrag: &str) -> Option<Self> {
        let digits = ufrag.strip_prefix(SHARD)?.as_bytes().get(..PLACE_DIGITS)?;
        let value = |digit: &u8| DIGITS.iter().position(|d| d == digit);
        let number = digits.iter().rev().try_fold(0, |sum, d| Some(sum << 5 | value(d)?))?;
        Some(Self(number as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_from_the_name_it_gave() {
        for number in [0, 1, 31, 32, 12_345, MAX_PLACES as u32 - 1] {
            assert_eq!(Place::read(&Place(number).name("secret")), Some(Place(number)));
        }
        for other in ["", "a", "abc", "bbbbbsecret", "aAAAAsecret", "a\u{e9}\u{e9}"] {
            assert_eq!(Place::read(other), None, "{other}");
        }
    }
}
