//! What a crowd's network does to it: loses packets, fails for a while. Set by whoever runs the crowd, asked by its thread.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

/// The network of all its listeners. Perfect until it is told otherwise.
#[derive(Debug, Default)]
pub(in crate::load) struct Network {
    lost_per_million: AtomicU32,
    is_cut: AtomicBool,
}

impl Network {
    /// The share of media packets that is lost from now on, at random, 0 to 1.
    pub(in crate::load) fn lose(&self, share: f64) {
        self.lost_per_million
            .store((share.clamp(0.0, 1.0) * 1e6) as u32, Relaxed);
    }

    /// While it is cut nothing arrives on either side.
    pub(in crate::load) fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Relaxed);
    }

    pub(super) fn is_cut(&self) -> bool {
        self.is_cut.load(Relaxed)
    }

    /// Whether a datagram that has come never did.
    pub(super) fn takes(&self, datagram: &[u8], dice: &mut Dice) -> bool {
        let lost = self.lost_per_million.load(Relaxed);
        // RFC 7983 §7: sound and reports. What a loss does to handshakes is another question.
        let is_media = matches!(datagram.first(), Some(128..=191));
        self.is_cut() || (is_media && lost > 0 && dice.roll() % 1_000_000 < lost)
    }
}

/// Chance that is the same in every run (xorshift, Marsaglia 2003).
#[derive(Debug)]
pub(super) struct Dice(u32);

impl Dice {
    pub(super) fn new(seed: u32) -> Self {
        // Zero would stay zero; neighbours begin far apart.
        Self(seed.wrapping_mul(0x9e37_79b9) | 1)
    }

    pub(super) fn roll(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_lost_as_was_said_and_checks_arrive_unless_it_is_cut() {
        let (network, mut dice) = (Network::default(), Dice::new(7));
        let mut lost =
            |network: &Network, datagram: &[u8]| (0..10_000).filter(|_| network.takes(datagram, &mut dice)).count();
        assert_eq!(lost(&network, &[128]), 0);
        network.lose(0.2);
        let media = lost(&network, &[128]);
        assert!((1_800..2_200).contains(&media), "{media}");
        assert_eq!(lost(&network, &[0, 1]), 0);
        network.cut(true);
        assert_eq!(lost(&network, &[0, 1]), 10_000);
    }
}
