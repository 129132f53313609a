//! When a flight is said again that is not answered (RFC 6347 §4.2.4), and how often at most.

use std::time::{Duration, Instant};

/// The first repetition. Handshakes are looked at every 100 ms, so that it is said within 200 ms. Lower says everything twice to whoever is far
/// away; higher is silence after a single lost datagram.
const FIRST: Duration = Duration::from_millis(100);
/// Each wait is twice the one before, up to this one: clients double theirs without an end, and where every second datagram is lost it is our
/// repetitions that bring them on. Lower is more bytes for those who never answer, higher is a longer silence.
const LONGEST: Duration = Duration::from_secs(1);
/// So often by the clock: for as long as a handshake may take.
const BY_TIME: u32 = 31;
/// The last flight, which nothing answers until the first report. Of five that are lost at random the last one is in 97 of 100 handshakes not needed.
const LAST_BY_TIME: u32 = 4;
/// So often because the other side says again what was answered: more than any client repeats one flight (BoringSSL 12 times). Lower leaves
/// some without an answer; higher lets who means harm ask for more bytes.
const BY_REQUEST: u32 = 14;
/// A flight is not said again to whoever asks so soon: a message in two datagrams asks twice.
const NOT_WITHIN: Duration = Duration::from_millis(20);

/// Of one flight, and the last one after it, all told.
pub(super) const AT_MOST: u32 = BY_TIME + BY_REQUEST;

#[derive(Debug)]
pub(super) struct Repeats {
    wait: Duration,
    said_at: Option<Instant>,
    by_time: u32,
    by_request: u32,
}

impl Repeats {
    /// For the flight that is said next.
    pub(super) fn new() -> Self {
        Self {
            wait: FIRST,
            said_at: None,
            by_time: BY_TIME,
            by_request: BY_REQUEST,
        }
    }

    /// The same for the last flight.
    pub(super) fn of_the_last() -> Self {
        Self {
            by_time: LAST_BY_TIME,
            ..Self::new()
        }
    }

    /// A datagram of the flight leaves.
    pub(super) fn said(&mut self, now: Instant) {
        self.said_at = Some(now);
    }

    /// When it is to be said again; None where it is not, or was not said yet.
    pub(super) fn due(&self) -> Option<Instant> {
        self.said_at.filter(|_| self.by_time > 0).map(|at| at + self.wait)
    }

    /// Whether it is to be said again now, which is then counted.
    pub(super) fn take_turn(&mut self, now: Instant) -> bool {
        let is_due = self.due().is_some_and(|due| now >= due);
        if is_due {
            self.by_time -= 1;
            self.wait = LONGEST.min(self.wait * 2);
        }
        is_due
    }

    /// Whether whoever asks for it is told again now, which is then counted.
    pub(super) fn take_request(&mut self, now: Instant) -> bool {
        let is_new = |at: Instant| now.saturating_duration_since(at) >= NOT_WITHIN;
        let may = self.by_request > 0 && self.said_at.is_some_and(is_new);
        self.by_request -= u32::from(may);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a look every 20 ms says again within so long; each time since it was said first.
    fn said_again(mut repeats: Repeats, within: Duration, asks: bool) -> Vec<Duration> {
        #[allow(clippy::disallowed_methods, reason = "where the simulated time begins")]
        let began = Instant::now();
        repeats.said(began);
        let mut again = Vec::new();
        let mut since = Duration::ZERO;
        while since < within {
            since += Duration::from_millis(20);
            let now = began + since;
            if repeats.take_turn(now) || asks && repeats.take_request(now) {
                repeats.said(now);
                again.push(since);
            }
        }
        again
    }

    #[test]
    fn a_flight_is_said_again_after_a_tenth_of_a_second_and_then_every_second_until_the_handshake_is_given_up() {
        let again = said_again(Repeats::new(), Duration::from_secs(60), false);
        let first: Vec<u128> = again.iter().take(5).map(Duration::as_millis).collect();
        assert_eq!(first, [100, 300, 700, 1_500, 2_500]);
        assert_eq!(again.len(), BY_TIME as usize);
        let last = *again.last().expect("repetitions");
        assert!(
            last >= Duration::from_secs(28) && last < Duration::from_secs(30),
            "{last:?}"
        );
    }

    #[test]
    fn whoever_asks_without_end_is_answered_a_number_of_times() {
        let again = said_again(Repeats::new(), Duration::from_secs(60), true);
        assert_eq!(again.len(), AT_MOST as usize);
        assert_eq!(again[0], Duration::from_millis(20), "at once");
        let last = said_again(Repeats::of_the_last(), Duration::from_secs(60), false);
        assert_eq!(last.len(), LAST_BY_TIME as usize);
    }

    #[test]
    fn what_was_not_said_is_not_said_again() {
        #[allow(clippy::disallowed_methods, reason = "where the simulated time begins")]
        let now = Instant::now();
        let mut repeats = Repeats::new();
        assert!(repeats.due().is_none() && !repeats.take_turn(now) && !repeats.take_request(now));
    }
}
