//! What a receiver says of its losses, and what follows for it.

use std::time::{Duration, Instant};

/// The loss from which its packets are protected, and below which they need it no more (RED triples their bytes).
const PROTECT_FROM: f32 = 0.02;
const UNTIL: f32 = 0.01;
/// How long the last report of loss protects. Browsers report every 2.5 to 7.5 s, so that the next one comes before it ends.
const PROTECTS_FOR: Duration = Duration::from_secs(8);
/// A report older than this says nothing any more: several were due since.
const BELIEVED_FOR: Duration = Duration::from_secs(20);

/// The reports of one who receives, and what follows for its packets. Senders of either side go by it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReportedLoss {
    latest: Option<(Instant, f32)>,
    protected_until: Option<Instant>,
}

impl ReportedLoss {
    /// Takes in a report: the fraction that was lost since the one before.
    pub fn note(&mut self, now: Instant, loss: f32) {
        self.latest = Some((now, loss));
        let threshold = if self.is_lossy(now) { UNTIL } else { PROTECT_FROM };
        if loss >= threshold {
            self.protected_until = Some(now + PROTECTS_FOR);
        }
    }

    /// Goes on protecting until the next report, for somebody who was protected by another process.
    pub(crate) fn presume(&mut self, now: Instant) {
        self.protected_until = Some(now + PROTECTS_FOR);
    }

    /// The fraction reported last.
    pub(crate) fn latest(&self) -> Option<f32> {
        self.latest.map(|(_, loss)| loss)
    }

    /// The same, where it is still believed.
    pub(crate) fn current(&self, now: Instant) -> Option<f32> {
        let is_fresh = |at: Instant| now.saturating_duration_since(at) < BELIEVED_FOR;
        self.latest.filter(|(at, _)| is_fresh(*at)).map(|(_, loss)| loss)
    }

    /// Whether its packets are to be protected.
    #[must_use]
    pub fn is_lossy(&self, now: Instant) -> bool {
        self.protected_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "where simulated time begins")]
    fn loss_protects_at_once_stays_while_it_goes_on_and_ends_within_ten_seconds() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut reported = ReportedLoss::default();
        reported.note(at(0), 0.01);
        assert!(!reported.is_lossy(at(0)), "one packet in a hundred is nothing");
        reported.note(at(5), 0.2);
        assert!(reported.is_lossy(at(5)));
        reported.note(at(12), 0.015);
        assert!(reported.is_lossy(at(19)), "it is still there");
        reported.note(at(17), 0.0);
        reported.note(at(22), 0.0);
        assert!(!reported.is_lossy(at(22)), "ten seconds after the last report of loss");
        assert_eq!(reported.current(at(30)), Some(0.0));
        assert_eq!((reported.current(at(60)), reported.latest()), (None, Some(0.0)));
    }
}
