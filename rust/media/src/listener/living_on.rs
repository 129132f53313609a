//! How a listener's session goes on in another process than the one that shook hands with it.

use std::time::Instant;

use super::entry::Entry;
use super::ice::Agent;
use super::place::Place;
use super::register::Counts;
use super::reports::Reports;
use super::{Listener, Sender, Shake};
use crate::addresses::Addresses;

/// The process that goes on.
pub(crate) struct Successor {
    pub(crate) now: Instant,
    /// When the first node began: reports count from there.
    pub(crate) began: Instant,
    pub(crate) addresses: Addresses,
}

impl Listener {
    /// Goes on with what was kept; None where keys cannot be made of it.
    pub(crate) fn live_on(successor: Successor, place: Place, entry: &Entry, counts: Counts) -> Option<(Self, Sender)> {
        let (seal, mut reports) = Reports::of(&entry.keys)?;
        (reports.heard, reports.next) = (counts.heard_report, counts.next_report.max(1));
        let sender = Sender::going_on(seal, entry, counts);
        let listener = Self {
            place,
            agent: Agent::of(entry.ufrag.clone(), &entry.password, entry.route),
            remote_ufrag: entry.remote_ufrag.clone(),
            mid: entry.mid.clone(),
            addresses: successor.addresses,
            ssrc: entry.ssrc,
            payload_type: entry.payload_type,
            red: entry.red,
            began: successor.began,
            // Whoever still waits for the last flight of it waits in vain, and joins anew.
            handshake: Shake::Gone,
            done_at: Some(successor.now),
            keys: Some(reports),
            heard_from: None,
            goes_on_at: Some(counts.sequence as u32),
            farewell: entry.farewell.clone(),
            is_alive: true,
            outputs: Vec::new(),
        };
        Some((listener, sender))
    }

    /// Whether a report tells of the numbers that the process before this one had used up ahead and nobody was sent: they are no loss.
    /// Only the first that reaches beyond them does.
    pub(super) fn is_of_the_hole(&mut self, highest: u32) -> bool {
        let Some(first) = self.goes_on_at else { return false };
        if highest.wrapping_sub(first).cast_signed() >= 0 {
            self.goes_on_at = None;
        }
        true
    }

    pub(super) fn write_into(&self, entry: &mut Entry) {
        self.agent.ufrag().clone_into(&mut entry.ufrag);
        self.agent.password().clone_into(&mut entry.password);
        entry.remote_ufrag.clone_from(&self.remote_ufrag);
        entry.mid.clone_from(&self.mid);
        entry.farewell.clone_from(&self.farewell);
        (entry.ssrc, entry.payload_type, entry.red) = (self.ssrc, self.payload_type, self.red);
    }
}
