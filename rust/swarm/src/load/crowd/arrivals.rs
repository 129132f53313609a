//! Feedback about every packet that came, whatever source it is of (draft-holmer-rmcat-transport-wide-cc-extensions-01), where the server
//! has asked for it: what it estimates the bandwidth from.
//!
//! The rhythm is that of libwebrtc's `TransportSequenceNumberFeedbackGenerator`
//! (modules/remote_bitrate_estimator/transport_sequence_number_feedback_generator.cc; before 2024 `RemoteEstimatorProxy`): packets are
//! counted as they come, kept for half a second in case an older one comes late, and told in each interval, from the first number that was
//! not told of yet. The interval is 100 ms until there is an estimate of what may be sent, and then such that feedback takes a twentieth of
//! that, 50 to 250 ms. Who only listens estimates what it began with, 300 kbit/s (`BitrateConstraints`), which makes 50 ms. In Chromium such
//! timers wait for the next 64th of a second: version 156 told a server 16 times a second, 61 to 63 ms apart.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::transport_feedback::{self, Arrival, Head};

const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_millis(250);
/// Chromium's timers that need no precision ring together, so often.
const RING: Duration = Duration::from_micros(1_000_000 / 64);
/// A packet of feedback with all its headers, as libwebrtc reckons: IPv4, UDP, SRTCP, and 30 bytes on average.
const FEEDBACK_BITS: u64 = 8 * (20 + 8 + 10 + 30);
/// Of the bandwidth one part in so many is for feedback.
const SHARE: u64 = 20;
/// `BitrateConstraints::kDefaultStartBitrateBps`. A listener sends no sound, so that nothing ever changes it.
const ESTIMATE_BPS: u64 = 300_000;

/// So long an arrival is kept to be told again when an older packet comes late. Raised, a late packet repeats more.
const KEPT: Duration = Duration::from_millis(500);

/// What one listener will say of what came.
pub(super) struct Arrivals {
    /// The number of the header extension in which packets are counted.
    extension: u8,
    began: Instant,
    /// By number, and none twice.
    came: VecDeque<Arrival>,
    /// The first number that has not been told of.
    next: u64,
    /// Of the last packet that came.
    source: u32,
    told: u8,
    due: Option<Instant>,
}

impl Arrivals {
    pub(super) fn new(now: Instant, extension: u8) -> Self {
        Self {
            extension,
            began: now,
            came: VecDeque::new(),
            next: 0,
            source: 0,
            told: 0,
            due: None,
        }
    }

    /// When the next feedback goes; None before the first packet that is counted.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Takes a packet that has come, of this source.
    pub(super) fn take(&mut self, now: Instant, packet: &[u8], source: u32) {
        let Some(number) = transport_feedback::number_in(packet, self.extension) else {
            return;
        };
        let number = self.extend(number);
        self.source = source;
        let Err(place) = self.came.binary_search_by_key(&number, |arrival| arrival.number) else {
            return;
        };
        let at = now.saturating_duration_since(self.began);
        self.came.insert(place, Arrival { number, at });
        if self.due.is_none() {
            self.due = Some(now + interval(ESTIMATE_BPS));
            self.next = number;
        }
        // One that is late is told, and with it all that came after it.
        self.next = self.next.min(number);
        self.forget(at);
    }

    fn forget(&mut self, at: Duration) {
        while let Some(first) = self.came.front()
            && first.number < self.next
            && first.at + KEPT < at
        {
            self.came.pop_front();
        }
    }

    /// The number with the wraps that bring it nearest to the last. The first is one wrap up, so that an older one has room below it.
    fn extend(&self, number: u16) -> u64 {
        let Some(last) = self.came.back() else {
            return 1 << 16 | u64::from(number);
        };
        let ahead = number.wrapping_sub(last.number as u16) as i16;
        last.number.saturating_add_signed(i64::from(ahead))
    }

    /// The feedback of `sender` that is due: none where nothing came, and more than one packet where a time is too far from the one before.
    pub(super) fn tell(&mut self, now: Instant, sender: u32) -> Vec<Vec<u8>> {
        self.due = Some(now + interval(ESTIMATE_BPS));
        let mut packets = Vec::new();
        loop {
            let from = self.came.partition_point(|arrival| arrival.number < self.next);
            let untold = &self.came.make_contiguous()[from..];
            let head = Head {
                sender,
                source: self.source,
                base: self.next,
                count: self.told,
            };
            let (packet, told) = transport_feedback::packet(head, untold);
            let Some(last) = told.checked_sub(1).and_then(|last| untold.get(last)) else {
                return packets;
            };
            self.next = last.number + 1;
            self.told = self.told.wrapping_add(1);
            packets.push(packet);
        }
    }
}

/// Between two packets of feedback, where so much may be sent.
fn interval(estimate_bps: u64) -> Duration {
    let share_bps = estimate_bps / SHARE;
    let apart = (FEEDBACK_BITS * 1_000_000)
        .checked_div(share_bps)
        .map(Duration::from_micros);
    let apart = apart.map_or(LONGEST, |apart| apart.clamp(SHORTEST, LONGEST));
    RING * apart.as_micros().div_ceil(RING.as_micros()) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENSION: u8 = 3;

    fn packet(number: u16) -> Vec<u8> {
        let [high, low] = number.to_be_bytes();
        let mut packet = vec![0x90, 111, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
        packet.extend_from_slice(&[0xbe, 0xde, 0, 1, EXTENSION << 4 | 1, high, low, 0, 1, 2, 3]);
        packet
    }

    struct Listening {
        began: Instant,
        arrivals: Arrivals,
    }

    impl Listening {
        fn new() -> Self {
            let began = Instant::now();
            let arrivals = Arrivals::new(began, EXTENSION);
            Self { began, arrivals }
        }

        fn at(&self, ms: u64) -> Instant {
            self.began + Duration::from_millis(ms)
        }

        fn take(&mut self, ms: u64, numbers: &[u16]) {
            let at = self.at(ms);
            numbers
                .iter()
                .for_each(|number| self.arrivals.take(at, &packet(*number), 7));
        }

        /// Of each packet of feedback: its number, the first number that it tells of, and of how many.
        fn told(&mut self, ms: u64) -> Vec<(u8, u16, u16)> {
            let told = self.arrivals.tell(self.at(ms), 9);
            let two = |packet: &[u8], at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
            let what = |packet: &Vec<u8>| (packet[19], two(packet, 12), two(packet, 14));
            told.iter().map(what).collect()
        }
    }

    #[test]
    fn each_interval_tells_what_came_and_what_is_missing_since_the_one_before() {
        let mut listening = Listening::new();
        assert_eq!(listening.arrivals.due(), None, "nothing is due before the first packet");
        listening.take(10, &[0xfffe]);
        listening.take(30, &[0xffff, 1]);
        assert_eq!(
            listening.arrivals.due(),
            Some(listening.at(10) + interval(ESTIMATE_BPS))
        );
        assert_eq!(listening.told(60), [(0, 0xfffe, 4)], "0 is missing");
        assert_eq!(
            listening.arrivals.due(),
            Some(listening.at(60) + interval(ESTIMATE_BPS))
        );
        assert_eq!(listening.told(110), [], "nothing came");
        listening.take(120, &[4, 4]);
        assert_eq!(listening.told(160), [(1, 2, 3)], "2 and 3 are missing, and 4 came once");
    }

    #[test]
    fn one_that_comes_late_is_told_with_those_behind_it() {
        let mut listening = Listening::new();
        listening.take(0, &[10, 12, 13]);
        assert_eq!(listening.told(50), [(0, 10, 4)]);
        listening.take(60, &[14, 11]);
        assert_eq!(listening.told(100), [(1, 11, 4)]);
        // Half a second later nobody comes late any more.
        listening.take(700, &[15]);
        assert_eq!(listening.told(750), [(2, 15, 1)]);
        assert_eq!(listening.arrivals.came.len(), 1);
    }

    #[test]
    fn packets_that_are_not_counted_are_not_told() {
        let mut listening = Listening::new();
        let at = listening.at(0);
        listening.arrivals.take(at, &[0x80; 40], 7);
        assert_eq!((listening.arrivals.due(), listening.told(50).len()), (None, 0));
    }

    #[test]
    fn feedback_takes_a_twentieth_of_what_may_be_sent_within_its_bounds() {
        // 68 bytes are 544 bits: at 136 kbit/s, of which 6.8 are for feedback, one in 80 ms, and the sixth ring is the next; the fourth for 50.
        let apart = [0, 43_520, 136_000, ESTIMATE_BPS, 10_000_000].map(|bps| interval(bps).as_micros());
        assert_eq!(apart, [250_000, 250_000, 93_750, 62_500, 62_500]);
    }
}
