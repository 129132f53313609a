//! One receiving line: which packets came, what was lost on the way, and what later ones brought again.

use voxhall_media::red::{self, Earlier};

/// How far back a line remembers what came. Earlier frames reach a few packets back; more would change nothing.
const REMEMBERED: u64 = 64;

/// The packets of one line, by their extended sequence numbers.
#[derive(Debug, Default)]
pub(crate) struct Line {
    lowest: Option<u64>,
    highest: u64,
    /// Of the last [`REMEMBERED`] up to `highest`, a bit for each that is there.
    there: u64,
}

impl Line {
    /// Whether nothing came yet.
    pub(crate) fn is_new(&self) -> bool {
        self.lowest.is_none()
    }

    /// Notes a packet that came; how many more are expected by its number than before.
    pub(crate) fn note(&mut self, sequence: u64) -> u64 {
        let Some(lowest) = self.lowest else {
            (self.lowest, self.highest, self.there) = (Some(sequence), sequence, 1);
            return 1;
        };
        if sequence > self.highest {
            let ahead = sequence - self.highest;
            self.there = if ahead >= REMEMBERED { 0 } else { self.there << ahead };
            self.highest = sequence;
            self.there |= 1;
            return ahead;
        }
        self.keep(sequence);
        let before = lowest.saturating_sub(sequence);
        self.lowest = Some(lowest.min(sequence));
        before
    }

    /// The earlier frames in a packet just noted that had not come, the oldest first.
    pub(crate) fn restore<'a>(&mut self, sequence: u64, earlier: &[Earlier<'a>]) -> Vec<Earlier<'a>> {
        let lowest = self.lowest.unwrap_or(sequence);
        let mut restored: Vec<Earlier<'a>> = Vec::new();
        for one in earlier.iter().rev() {
            let missing = sequence
                .checked_sub(one.back)
                .is_some_and(|number| number >= lowest && self.keep(number));
            if missing {
                restored.push(*one);
            }
        }
        restored
    }

    /// Marks a packet as there; whether it was not. Of one that is too old nothing is known: it counts as there.
    fn keep(&mut self, sequence: u64) -> bool {
        let age = self.highest.saturating_sub(sequence);
        let bit = if age < REMEMBERED { 1 << age } else { 0 };
        let is_new = bit != 0 && self.there & bit == 0;
        self.there |= bit;
        is_new
    }
}

/// The own frame of a payload and those before it; `red`: it is to be taken apart, its blocks being of the type `opus`.
pub(crate) fn frames(payload: &[u8], is_red: bool, opus: u8) -> Option<red::Unpacked<'_>> {
    if is_red {
        return red::unpack(payload, opus);
    }
    Some(red::Unpacked {
        primary: payload,
        earlier: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn earlier(back: u64) -> Earlier<'static> {
        Earlier {
            back,
            offset: back as u32 * 960,
            payload: &[0xf8],
        }
    }

    fn restored(line: &mut Line, sequence: u64, reach: u64) -> Vec<u64> {
        line.note(sequence);
        let earlier: Vec<_> = (1..=reach).map(earlier).collect();
        let restored = line.restore(sequence, &earlier);
        restored.iter().map(|one| sequence - one.back).collect()
    }

    #[test]
    fn what_is_missing_is_restored_once_and_nothing_from_before_the_first() {
        let mut line = Line::default();
        assert_eq!(restored(&mut line, 10, 2), [0; 0], "we were not there");
        assert_eq!(restored(&mut line, 11, 2), [0; 0]);
        assert_eq!(restored(&mut line, 14, 2), [12, 13]);
        assert_eq!(restored(&mut line, 15, 2), [0; 0], "they are there");
        assert_eq!(
            restored(&mut line, 19, 2),
            [17, 18],
            "three in a row: the first is lost"
        );
    }

    #[test]
    fn as_many_are_expected_as_the_numbers_say_whatever_their_order() {
        let mut line = Line::default();
        let expected: u64 = [7, 9, 8, 6, 100, 100].iter().map(|sequence| line.note(*sequence)).sum();
        assert_eq!(expected, 95);
    }
}
