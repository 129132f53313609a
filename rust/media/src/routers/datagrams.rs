//! Datagrams in: find the peer, let its session read, pass on what comes out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::{CloseReason, NodeEvent, PeerState, Role, Routers};
use crate::audio::SourceId;
use crate::demux::PeerKey;
use crate::listener::{Work, Worked};
use crate::peer::{AWAY_AFTER, Datagram, Output, Pulse, ReceivedPacket, Route};
use crate::stun;

/// Whoever may be gone is away unless it is heard within so long. Browsers check every 2.5 to 6 s: lower would cut off those who
/// only had their good-bye forged, higher counts those who left.
const CHECKED_WITHIN: Duration = Duration::from_secs(7);

impl Routers {
    /// Takes in a datagram.
    ///
    /// Returns whether it was authentic STUN or came from an address that was: a TCP connection that brings neither is to be
    /// closed by the shell.
    pub fn receive(&mut self, now: Instant, datagram: Datagram<'_>) -> bool {
        self.counters.datagrams_in += 1;
        let key = if stun::is_stun(datagram.contents) {
            self.authenticate(now, datagram)
        } else {
            self.find_by_address(datagram)
        };
        let Some(key) = key else { return false };
        self.guarded(key, |peer| peer.session.receive(now, datagram));
        self.drain(now, key);
        self.follow(now, key);
        true
    }

    /// The next handshake to be gone on with, by [`Work::run`] in any thread; it comes back by [`Routers::worked`]. Of each listener
    /// there is one at most.
    pub fn poll_work(&mut self) -> Option<Work> {
        self.work.pop_front()
    }

    /// How many there are.
    #[must_use]
    pub fn work_waiting(&self) -> usize {
        self.work.len()
    }

    /// Takes back a handshake that was gone on with.
    pub fn worked(&mut self, now: Instant, worked: Worked) {
        let key = worked.key;
        self.guarded(key, |peer| peer.session.worked(now, worked));
        self.drain(now, key);
        self.follow(now, key);
    }

    fn find_by_address(&mut self, datagram: Datagram<'_>) -> Option<PeerKey> {
        let key = self.demux.by_address(datagram.protocol, datagram.source);
        self.counters.dropped_unknown_address += u64::from(key.is_none());
        key
    }

    fn authenticate(&mut self, now: Instant, datagram: Datagram<'_>) -> Option<PeerKey> {
        let named = stun::binding_request(datagram.contents)
            .and_then(|(message, ufrag)| Some((message, self.by_ufrag(ufrag)?)));
        let Some((message, key)) = named else {
            self.counters.dropped_unknown_stun += 1;
            return None;
        };
        let peer = self.peers.get_mut(&key)?;
        if !peer.session.is_authentic(&message) || !peer.session.is_own(&message, datagram.source) {
            self.counters.dropped_unauthentic_stun += 1;
            return None;
        }
        let route = Route {
            protocol: datagram.protocol,
            remote: datagram.source,
            local: peer.session.advertised_for(datagram.destination),
        };
        peer.paths.hear(now, route);
        self.counters.joins_reached += u64::from(!std::mem::replace(&mut peer.is_reached, true));
        self.demux.learn(datagram.protocol, datagram.source, key);
        self.hear(now, key, Pulse::hear_check);
        Some(key)
    }

    fn by_ufrag(&self, ufrag: &str) -> Option<PeerKey> {
        self.audience.by_ufrag(ufrag).or_else(|| self.demux.by_ufrag(ufrag))
    }

    /// Notes that the peer was heard with authentication; one that was away or interrupted is back.
    fn hear(&mut self, now: Instant, key: PeerKey, what: fn(&mut Pulse) -> bool) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        peer.last_heard = now;
        let was_interrupted = match &mut peer.role {
            Role::Publisher { pulse, .. } => what(pulse),
            Role::Listener { .. } => false,
        };
        let was_away = peer.state == PeerState::Away;
        if !was_interrupted && !was_away {
            return;
        }
        self.events.push_back(NodeEvent::Back(peer.reference()));
        if was_away {
            peer.state = PeerState::Connected;
            let place = peer.place();
            if let Some(place) = place.filter(|_| !self.is_held_back(key)) {
                self.audience.set_here(place, true);
            }
        }
    }

    /// Sends what a session has queued without new input.
    pub(super) fn flush(&mut self, now: Instant, key: PeerKey) {
        let (transmits, register) = (&mut self.transmits, self.audience.register);
        let Some(peer) = self.peers.get_mut(&key) else { return };
        let place = peer.place();
        let drained = catch_unwind(AssertUnwindSafe(|| {
            peer.session.drain(&mut |output| match (output, place) {
                (Output::Transmit(transmit), _) => transmits.push_back(peer.paths.follow(now, transmit)),
                (Output::Numbered { next, heard }, Some(place)) => register.note_reports(place, next, heard),
                _ => {}
            })
        }));
        if drained.is_err() {
            self.counters.panics += 1;
            self.drop_peer(key, CloseReason::Failed);
        }
    }

    /// Drains a session and acts on what it says.
    pub(super) fn drain(&mut self, now: Instant, key: PeerKey) {
        let mut outputs = Vec::new();
        self.guarded(key, |peer| peer.session.drain(&mut |output| outputs.push(output)));
        for output in outputs {
            match output {
                Output::Transmit(transmit) => {
                    let transmit = match self.peers.get(&key) {
                        Some(peer) => peer.paths.follow(now, transmit),
                        None => transmit,
                    };
                    self.transmits.push_back(transmit);
                }
                Output::Connected => self.connected(now, key),
                Output::Packet(packet) => self.publish(now, key, packet),
                Output::ReportedLoss(loss) => self.note_loss(now, key, loss),
                Output::OverBudget => self.counters.dropped_over_budget += 1,
                Output::Closed => self.close_peer(now, key, CloseReason::Closed),
                Output::Agreed(sender, keys) => self.agree(key, *sender, keys),
                Output::Changed => self.describe_anew(key),
                Output::Numbered { next, heard } => {
                    if let Some(place) = self.peers.get(&key).and_then(super::Peer::place) {
                        self.audience.register.note_reports(place, next, heard);
                    }
                }
                Output::MayBeGone => self.doubt(now, key),
                Output::Work(due) => self.work.push_back(due.of(key)),
            }
        }
    }

    fn connected(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if peer.state != PeerState::New {
            return;
        }
        peer.state = PeerState::Connected;
        peer.last_heard = now;
        self.counters.joins += 1;
        let (reference, is_publisher) = (peer.reference(), matches!(peer.role, Role::Publisher { .. }));
        let router = self.routers.get_mut(&reference.space).filter(|_| is_publisher);
        let replaced = router.and_then(|r| r.take_seat(&reference.participant, key));
        self.events.push_back(NodeEvent::Connected(reference));
        if let Some(replaced) = replaced {
            self.close_peer(now, replaced, CloseReason::Closed);
        }
    }

    /// Sends a listener its packets where it is now.
    pub(super) fn follow(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get(&key) else { return };
        let Some(place) = peer.place() else { return };
        let route = peer.session.route().map(|chosen| peer.paths.alive(now, chosen));
        self.audience.set_route(place, route);
    }

    /// Something says that it is gone, but nothing proves it.
    fn doubt(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if let Some(then) = now.checked_sub(AWAY_AFTER - CHECKED_WITHIN) {
            peer.last_heard = peer.last_heard.min(then);
        }
    }

    fn note_loss(&mut self, now: Instant, key: PeerKey, lost: f32) {
        if let Some(Role::Listener { loss, .. }) = self.peers.get_mut(&key).map(|p| &mut p.role) {
            loss.note(now, lost);
        }
    }

    /// A publisher's packet: into the mix and into the other speakers' slots, if it may be heard at all.
    fn publish(&mut self, now: Instant, key: PeerKey, mut packet: ReceivedPacket) {
        self.hear(now, key, Pulse::hear);
        let Some(peer) = self.peers.get_mut(&key) else { return };
        let Role::Publisher { budget, .. } = &mut peer.role else {
            return;
        };
        if *budget < 1.0 {
            self.counters.dropped_over_budget += 1;
            return;
        }
        *budget -= 1.0;
        let Some(router) = self.routers.get_mut(&peer.space) else {
            return;
        };
        let accepted = catch_unwind(AssertUnwindSafe(|| {
            router.accept(now, &peer.participant, key, &mut packet)
        }));
        let Ok(accepted) = accepted else {
            self.counters.panics += 1;
            // Where there is no memory for a new mix, the next tick tries again.
            let _ = router.rebuild_mixer(now);
            return self.drop_peer(key, CloseReason::Failed);
        };
        let Some(source) = accepted else {
            self.counters.dropped_not_allowed += 1;
            return;
        };
        self.counters.packets_in += 1;
        if let Role::Publisher { pulse, .. } = &mut peer.role {
            pulse.hear_sound(packet.payload.len());
        }
        for other in router.publishers.clone() {
            if other != key {
                self.forward(now, (source, key), &packet, other);
            }
        }
    }

    /// Passes a publisher's packet on to another, before it those that had been missing.
    fn forward(&mut self, now: Instant, from: (SourceId, PeerKey), packet: &ReceivedPacket, other: PeerKey) {
        let mut sent = 0;
        self.guarded(other, |peer| {
            let Role::Publisher { forwarder, .. } = &mut peer.role else {
                return Ok(false);
            };
            if peer.state != PeerState::Connected {
                return Ok(false);
            }
            for packet in packet.earlier.iter().chain([packet]) {
                if forwarder.forward(now, from, packet, peer.session.as_mut()) {
                    sent += 1;
                    peer.session.advance(now)?;
                }
            }
            Ok(true)
        });
        if sent > 0 {
            self.counters.packets_forwarded += sent;
            self.flush(now, other);
        }
    }
}
