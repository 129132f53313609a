//! Whether a speaker who was sending is still heard: a dead connection is noticed within a second, long before the peer counts as away.
//!
//! It is counted in ticks, not in time: a node that was held up has heard nobody meanwhile, and that is nobody's fault.

/// Ticks of nothing after which one who was sending sound is interrupted (880 ms). Who falls silent sends something every 400 ms (Opus' DTX),
/// so that this is one such lost and a little; with the way to the pages it must stay below a second.
const INTERRUPTED_AFTER: u32 = 44;
/// The same for one who had fallen silent (2.2 s): five in a row that were lost.
const SILENT_INTERRUPTED_AFTER: u32 = 110;
/// Of the ticks before the pause so many had a packet, if it was sound: speech fills all of them, in packets of 60 ms every third, silence one
/// in ten. More overlooks long packets and lossy networks, fewer takes silence for sound.
const SOUND_TICKS: u32 = 12;
/// Ticks for which nothing but sound ends an interruption (3 s): a check may have come on a path that the sound does not take, and a page that is
/// told of it has looked for another one by then. After that a check shows somebody who is there and sends nothing. Lower could leave a page on a
/// dead path; higher shows as gone for longer who only stopped sending.
const SOUND_ALONE: u32 = 150;
/// A packet of Opus that is no longer says that there are none until something is heard again (RFC 6716 §3.1: a header without a frame).
const PAUSE_BYTES: usize = 2;

/// What came from one publisher lately.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    /// Which of the last ticks had a packet, the newest in the lowest bit.
    ticks: u128,
    quiet_ticks: u32,
    /// Whether it said that it falls silent.
    is_pausing: bool,
    /// Whether sound came since this was judged last, while it may be heard: who never sends is not missed.
    is_expected: bool,
    /// For how many ticks it has been missed.
    missed_ticks: Option<u32>,
}

impl Pulse {
    /// A check came; true where it had been missed and no longer is.
    pub(crate) fn hear_check(&mut self) -> bool {
        self.missed_ticks.take_if(|ticks| *ticks >= SOUND_ALONE).is_some()
    }

    /// A packet of sound came, whether it may be heard or not; true where it had been missed.
    pub(crate) fn hear(&mut self) -> bool {
        self.quiet_ticks = 0;
        self.missed_ticks.take().is_some()
    }

    /// And it may be heard.
    pub(crate) fn hear_sound(&mut self, payload_bytes: usize) {
        self.ticks |= 1;
        self.is_pausing = payload_bytes <= PAUSE_BYTES;
        self.is_expected = true;
    }

    /// Lets a tick pass; true where from now on it is missed. `is_open`: whether it may be heard; of who is muted nothing is expected.
    pub(crate) fn tick(&mut self, is_open: bool) -> bool {
        let was_sound = !self.is_pausing && self.ticks.count_ones() >= SOUND_TICKS;
        self.ticks <<= 1;
        self.quiet_ticks = self.quiet_ticks.saturating_add(1);
        self.is_expected &= is_open;
        self.missed_ticks = self.missed_ticks.map(|ticks| ticks.saturating_add(1));
        let limit = if was_sound {
            INTERRUPTED_AFTER
        } else {
            SILENT_INTERRUPTED_AFTER
        };
        let is_missed = self.is_expected && self.quiet_ticks >= limit;
        if is_missed {
            self.is_expected = false;
            self.missed_ticks = Some(0);
        }
        is_missed
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.missed_ticks.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks of nothing until it is missed, none within three seconds.
    fn missed_after(pulse: &mut Pulse) -> Option<usize> {
        (1..=150).find(|_| pulse.tick(true))
    }

    fn send(pulse: &mut Pulse, payload_bytes: usize) {
        pulse.hear();
        pulse.hear_sound(payload_bytes);
    }

    fn speak(pulse: &mut Pulse, packets: usize, every_ticks: usize) {
        for number in 0..packets * every_ticks {
            if number.is_multiple_of(every_ticks) {
                send(pulse, 80);
            }
            assert!(!pulse.tick(true), "it is heard");
        }
    }

    #[test]
    fn who_was_speaking_is_missed_within_a_second_whatever_the_length_of_its_packets() {
        for every_ticks in [1, 2, 3, 5] {
            let mut pulse = Pulse::default();
            speak(&mut pulse, 150 / every_ticks, every_ticks);
            let after = missed_after(&mut pulse).expect("missed");
            assert!((39..=44).contains(&after), "{after} ticks");
            assert!(pulse.is_interrupted());
            assert!(pulse.hear(), "it had been missed");
            assert!(!pulse.hear());
        }
    }

    #[test]
    fn who_fell_silent_is_given_longer_and_is_not_missed_while_something_comes() {
        let mut pulse = Pulse::default();
        speak(&mut pulse, 100, 1);
        for _ in 0..20 {
            // A refreshment and that it falls silent again, every 400 ms.
            send(&mut pulse, 20);
            assert!(!pulse.tick(true));
            send(&mut pulse, 1);
            assert!((0..19).all(|_| !pulse.tick(true)));
        }
        assert!(missed_after(&mut pulse).is_some_and(|after| after > 80));
    }

    #[test]
    fn who_is_muted_or_never_sent_is_not_missed() {
        let mut pulse = Pulse::default();
        assert_eq!(missed_after(&mut pulse), None);
        speak(&mut pulse, 100, 1);
        assert!((0..200).all(|_| !pulse.tick(false)));
        // Unmuted, and nothing comes yet.
        assert_eq!(missed_after(&mut pulse), None);
    }

    #[test]
    fn checks_keep_nobody_from_being_missed_and_end_it_after_three_seconds_until_sound_comes_again() {
        let mut pulse = Pulse::default();
        speak(&mut pulse, 100, 1);
        let after = (1..=60).find(|_| !pulse.hear_check() && pulse.tick(true));
        assert!(after.is_some_and(|after| (40..=44).contains(&after)), "{after:?}");
        for _ in 0..SOUND_ALONE {
            assert!(!pulse.hear_check() && pulse.is_interrupted());
            assert!(!pulse.tick(true));
        }
        assert!(pulse.hear_check());
        assert!(!pulse.is_interrupted());
        assert_eq!(missed_after(&mut pulse), None);
        speak(&mut pulse, 100, 1);
        assert!(missed_after(&mut pulse).is_some());
    }

    /// SplitMix64, the same in every run.
    fn is_lost(chance: &mut u64, percent: u64) -> bool {
        *chance = chance.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (*chance ^ (*chance >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) % 100 < percent
    }

    #[test]
    fn an_hour_of_talk_with_pauses_over_a_lossy_network_has_hardly_a_false_alarm() {
        for (percent, at_most) in [(2, 0), (20, 1)] {
            let (mut pulse, mut chance, mut alarms) = (Pulse::default(), 1, 0);
            for tick in 0..180_000_u32 {
                // Three seconds of sound, three of silence.
                let within = tick % 300;
                let bytes = match within {
                    0..150 => Some(80),
                    _ if within % 20 == 10 => Some(20),
                    _ if within == 150 || within % 20 == 11 => Some(1),
                    _ => None,
                };
                if let Some(bytes) = bytes.filter(|_| !is_lost(&mut chance, percent)) {
                    send(&mut pulse, bytes);
                }
                alarms += u32::from(pulse.tick(true));
            }
            assert!(alarms <= at_most, "{alarms} at {percent} %");
        }
    }
}
