//! Earlier packets that came again in later ones (RED): each takes the place of one that is missing.

use super::super::Packet;
use super::super::decode::duration;
use super::super::jitter::Insertion;
use super::Source;

/// Packets without an earlier one after which none is expected any more (half a second).
/// Raising it keeps the delay they need for longer; lowering it loses it whenever a few plain packets come between.
const EXPECTED: u8 = 25;

/// How far back packets reach lately.
#[derive(Debug, Default)]
pub(super) struct Again {
    back: u64,
    expected: u8,
}

impl Again {
    /// A packet came; if it brings earlier ones, [`Again::reach`] follows.
    pub(super) fn pass(&mut self) {
        self.expected = self.expected.saturating_sub(1);
        if self.expected == 0 {
            self.back = 0;
        }
    }

    fn reach(&mut self, back: u64) {
        self.back = self.back.max(back);
        self.expected = EXPECTED;
    }

    /// How many packets after a lost one its sound may still come.
    pub(super) fn packets(&self) -> i64 {
        self.back as i64
    }
}

impl Source {
    /// Takes an earlier packet out of one that was pushed just before, `back` packets later; whether it was missing. When it came says
    /// nothing about the network, so it is not asked.
    pub fn restore(&mut self, packet: &Packet<'_>, back: u64) -> bool {
        if !self.is_open {
            return false;
        }
        self.again.reach(back);
        if !self.jitter.lacks(packet.sequence) {
            return false;
        }
        let Some(samples) = duration(packet.payload) else {
            return false;
        };
        let is_kept = self.jitter.insert(packet, samples) == Insertion::Kept;
        if is_kept {
            self.stats.restored += 1;
            self.note_loss();
        }
        is_kept
    }
}
