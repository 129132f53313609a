//! Asking again for sound that was lost, where the server has said that it repeats (RFC 4585 §6.2.1): when and how often libwebrtc does.
//!
//! It asks with each packet that comes (`ChannelReceive::OnReceivedPayloadData`, audio/channel_receive.cc) for those of the missing ones that
//! are worth waiting for (`NackTracker::GetNackList`, modules/audio_coding/neteq/nack_tracker.cc): those that are played after more than a
//! round trip, or that are younger than 20 ms for each percent of loss, less the round trip. The whole list goes once in 100 ms, between
//! that only what is new (`ModuleRtpRtcpImpl2::SendNACK`). So each is asked for once, as soon as the next one is there, and again where much
//! is lost: Chromium 156 with LiveKit asked 36 times for 33 at 3 % of loss, 159 times for 120 at 10 %.

use std::time::{Duration, Instant};

use super::transport_feedback::TRANSPORT_FEEDBACK;

/// `NackTracker::Config`: what each new packet leaves of the share that was lost before, what a percent of it is worth, and the round trip
/// where none was measured.
const FORGETTING: f64 = 0.996;
const MS_PER_PERCENT: f64 = 20.0;
const ROUND_TRIP_MS: f64 = 100.0;
/// For so long Chromium 156 held sound back before it played it, with little loss (`jitterBufferDelay` of its statistics; 127 to 140 ms).
/// Nothing is played here. Raised by 20, a second one of two in a row is asked for too.
const PLAYED_AFTER_MS: f64 = 130.0;
/// `ModuleRtpRtcpImpl2::TimeToSendFullNackList`, where no round trip was measured.
const WHOLE_EVERY: Duration = Duration::from_millis(100);

/// What a packet holds: every rival's.
const PACKET_MS: f64 = 20.0;

/// A request (RFC 4585 §6.2.1), and its fields: a number, and which of the 16 above it.
const FORMAT: u8 = 1;
const ABOVE: u64 = 16;

/// What was asked for of one source.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    lost_share: f64,
    whole_at: Option<Instant>,
    last: u64,
}

impl Repeats {
    /// A packet came that is newer than all others, and so many between it and them did not.
    pub(super) fn count(&mut self, missing: u64) {
        self.lost_share *= FORGETTING;
        for _ in 0..missing {
            self.lost_share = self.lost_share * FORGETTING + (1.0 - FORGETTING);
        }
    }

    /// How many numbers below the newest are worth waiting for.
    pub(super) fn reach(&self) -> u64 {
        let younger_than_ms = PLAYED_AFTER_MS.max(MS_PER_PERCENT * 100.0 * self.lost_share) - ROUND_TRIP_MS;
        ((younger_than_ms / PACKET_MS).ceil() as u64).saturating_sub(1)
    }

    /// Which of the missing ones, in their order, are asked for now.
    pub(super) fn choose<'a>(&mut self, now: Instant, missing: &'a [u64]) -> &'a [u64] {
        let Some(&newest) = missing.last() else {
            return &[];
        };
        let is_whole = self
            .whole_at
            .is_none_or(|at| now.saturating_duration_since(at) > WHOLE_EVERY);
        let from = if is_whole {
            self.whole_at = Some(now);
            0
        } else {
            // Nothing is found where what was asked for last has come meanwhile; libwebrtc sends the whole list then.
            missing
                .iter()
                .position(|number| *number == self.last)
                .map_or(0, |place| place + 1)
        };
        self.last = newest;
        &missing[from..]
    }
}

/// The request of `sender` for packets of `source`; their numbers stand in order.
pub(super) fn request(sender: u32, source: u32, missing: &[u64]) -> Vec<u8> {
    let mut fields: Vec<(u64, u16)> = Vec::new();
    for &number in missing {
        match fields.last_mut() {
            Some((first, above)) if number - *first <= ABOVE => *above |= 1 << (number - *first - 1),
            _ => fields.push((number, 0)),
        }
    }
    let mut packet = vec![0x80 | FORMAT, TRANSPORT_FEEDBACK, 0, 2 + fields.len() as u8];
    packet.extend_from_slice(&sender.to_be_bytes());
    packet.extend_from_slice(&source.to_be_bytes());
    for (number, above) in fields {
        packet.extend_from_slice(&(number as u16).to_be_bytes());
        packet.extend_from_slice(&above.to_be_bytes());
    }
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_a_number_and_those_above_it_in_bits() {
        // 10 with 11 (bit 0) and 26 (bit 15) above it; 27 is out of reach of its bits.
        let request = request(1, 2, &[10, 11, 26, 27]);
        assert_eq!(
            request,
            [0x81, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 10, 0x80, 0x01, 0, 27, 0, 0]
        );
    }

    #[test]
    fn where_little_is_lost_the_last_is_asked_for_and_where_much_is_lost_older_ones_too() {
        let mut repeats = Repeats::default();
        // One in thirty-three: 3 % are worth waiting 60 ms, less than sound is held back anyway. Only the last is played late enough.
        for packet in 0..3_000 {
            repeats.count(u64::from(packet % 32 == 0));
        }
        assert_eq!(repeats.reach(), 1);
        // One in five: 20 %, worth waiting 400 ms. What is asked for 300 ms later comes in time: 14 packets of 20 ms and not 15.
        for packet in 0..3_000 {
            repeats.count(u64::from(packet % 4 == 0));
        }
        assert!((13..=15).contains(&repeats.reach()), "{}", repeats.reach());
    }

    #[test]
    fn the_whole_list_goes_once_in_a_tenth_of_a_second_and_between_that_only_what_is_new() {
        let (mut repeats, now) = (Repeats::default(), Instant::now());
        let after = |ms| now + Duration::from_millis(ms);
        assert!(repeats.choose(after(0), &[]).is_empty());
        assert_eq!(repeats.choose(after(0), &[5, 7]), [5, 7]);
        assert!(repeats.choose(after(20), &[5, 7]).is_empty());
        assert_eq!(repeats.choose(after(40), &[5, 7, 9]), [9]);
        assert_eq!(
            repeats.choose(after(60), &[5, 10]),
            [5, 10],
            "9 came, so that nothing says where it was"
        );
        assert_eq!(repeats.choose(after(101), &[5, 10]), [5, 10]);
        assert!(repeats.choose(after(200), &[5, 10]).is_empty());
    }
}
