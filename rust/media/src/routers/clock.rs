//! The 20 ms tick: mix, hand the frame to every listener, let time pass in every session, find who is gone.

use std::mem::take;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::{CloseReason, Hearing, NodeEvent, PUBLISHER_PACKETS_PER_S, PeerState, Role, Routers, TapeNews};
use crate::demux::PeerKey;
use crate::listener::{Delivered, Share};
use crate::peer::{Liveness, OutgoingPacket, liveness};
use crate::router::{Frame, Router};

/// The time between two ticks.
const FRAME: Duration = Duration::from_millis(20);
/// A process that stood still for longer than this (a paused machine) does not count the time against its peers. Lower
/// forgives late ticks, which need no forgiving; higher ends sessions that were well.
const STALL: Duration = Duration::from_secs(1);
/// Ticks between looks at liveness and loss: once a second.
const TICKS_PER_SECOND: u64 = 50;
/// The same for speakers, who are few and whose seat on the stage hangs on it: five times a second.
const TICKS_PER_LOOK: u64 = 10;
/// The same between looks at a listener's handshake, each at its own time (100 ms): what was lost in it is said again after 250 ms and later.
/// Fewer let ten thousand that are left half done take the tick's time.
const TICKS_PER_HANDSHAKE: u64 = 5;
/// Ticks between two sender reports to one listener: five seconds (RFC 3550 §6.2), and an odd number, so that they spread.
const TICKS_PER_REPORT: usize = 251;
/// Which listeners' reported loss the mix is protected against: the ninth of ten, so that one bad phone does not make
/// everyone pay for its protection. Higher protects more of them and spends more of the bits on it.
const PROTECTED_SHARE: f32 = 0.9;
/// Of the node's listeners, at most one in so many is sent frames of 20 ms with RED because it loses packets: where more lose
/// them, the loss is probably our own line's, and three times the bytes would be three times the loss. A few always may.
const PROTECTED_AT_MOST: usize = 4;
const FEWEST_PROTECTED: usize = 16;

impl Routers {
    /// Mixes and sends the next 20 ms. To be called every 20 ms of real time; `frames` is how many of them have passed since
    /// the last call, one unless the shell was held up.
    pub fn tick(&mut self, now: Instant, frames: u32) {
        self.ticks += 1;
        self.counters.ticks += 1;
        self.forgive_stall(frames);
        self.audience.begin();
        let spaces: Vec<String> = self.routers.keys().cloned().collect();
        for space in spaces {
            let frame = self.mix(now, frames, &space);
            self.fan_out(now, &space, frame);
            self.attend_to_speakers(now, &space);
            self.end_if_drained(&space);
        }
        // An away peer is sent nothing, not even reports: time stands still for it until it is heard.
        let due: Vec<PeerKey> = self.timed.iter().copied().filter(|key| self.is_turn(*key)).collect();
        for key in due {
            if self.peers.get(&key).is_some_and(|p| p.state != PeerState::Away) {
                self.guarded(key, |peer| peer.session.advance(now));
                self.drain(now, key);
            }
            if self.peers.get(&key).is_none_or(|p| !p.session.needs_time()) {
                self.timed.remove(&key);
            }
        }
        self.report_to_listeners(now);
        if self.ticks.is_multiple_of(TICKS_PER_LOOK) {
            self.find_the_silent(now, |peer| matches!(peer.role, Role::Publisher { .. }));
        }
        if self.ticks.is_multiple_of(TICKS_PER_SECOND) {
            self.find_the_silent(now, |_| true);
            self.look_at_inheritance(now);
            self.protect_against_loss(now);
            self.count_concealed();
        }
    }

    /// Whether time passes for a session in this tick: in every tick where str0m carries it.
    fn is_turn(&self, key: PeerKey) -> bool {
        (key.0 + self.ticks).is_multiple_of(TICKS_PER_HANDSHAKE)
            || self.peers.get(&key).is_some_and(|peer| peer.place().is_none())
    }

    /// While this process stood still nobody could be heard: that silence is ours, not the peers'.
    fn forgive_stall(&mut self, frames: u32) {
        let stood_still = FRAME * frames.saturating_sub(1);
        if stood_still < STALL {
            return;
        }
        for peer in self.peers.values_mut() {
            peer.last_heard += stood_still;
            peer.created += stood_still;
        }
    }

    fn mix(&mut self, now: Instant, frames: u32, space: &str) -> Option<Frame> {
        let router = self.routers.get_mut(space)?;
        match catch_unwind(AssertUnwindSafe(|| router.tick(now, frames))) {
            Ok((frame, tape)) => {
                self.tape.extend(tape.map(TapeNews::Tick));
                frame
            }
            Err(_) => {
                self.counters.panics += 1;
                // A mix that cannot even be begun anew has no memory left for it; the next tick tries again.
                let _ = router.rebuild_mixer(now);
                None
            }
        }
    }

    /// Gives the frame to those of the space whom str0m carries at once, and to the audience for [`Routers::deliver`].
    fn fan_out(&mut self, now: Instant, space: &str, frame: Option<Frame>) {
        let Some(router) = self.routers.get(space) else { return };
        let (number, listeners) = (router.number(), router.listeners.len());
        let class = self.filling.class_of(listeners, router.wants_low_delay);
        if let Some(frame) = &frame {
            self.carry(now, router.carried.clone(), frame);
        }
        // Where nobody listens nothing is packed.
        let frame = frame.filter(|_| listeners > 0);
        self.audience.mix(number, frame, class, self.ticks);
    }

    fn carry(&mut self, now: Instant, carried: Vec<PeerKey>, frame: &Frame) {
        for key in carried {
            let sent = self.guarded(key, |peer| {
                let is_here = peer.state == PeerState::Connected;
                let Role::Listener {
                    hearing: Hearing::Full { mid, sequence, fresh },
                    ..
                } = &mut peer.role
                else {
                    return Ok(false);
                };
                if !is_here {
                    return Ok(false);
                }
                *sequence += 1;
                let packet = OutgoingPacket {
                    sequence: *sequence,
                    timestamp: frame.timestamp,
                    marker: frame.starts_talkspurt || take(fresh),
                    csrcs: &frame.csrcs,
                    payload: frame.payload.clone(),
                };
                peer.session.send(now, *mid, packet);
                Ok(true)
            });
            self.counters.packets_mixed += u64::from(sent == Some(true));
        }
    }

    /// Hands the frame of the last tick to so many of the audience, and the rest of a [`Share`]; true where others still wait for it. What
    /// is not handed out before the next tick is gone. `send` has each share delivered, by whatever thread and in whatever order, and
    /// gives all of them back; a listener whose share stays away is sent nothing any more.
    pub fn deliver(&mut self, at_most: usize, send: impl FnOnce(Vec<Share>) -> Vec<Delivered>) -> bool {
        let shares = self.audience.give_away(at_most);
        if shares.is_empty() {
            return false;
        }
        for mut delivered in send(shares) {
            let (tcp, broken) = (take(&mut delivered.tcp), take(&mut delivered.broken));
            self.counters.datagrams_out += delivered.sent;
            self.counters.packets_protected += delivered.protected;
            self.counters.packets_mixed += delivered.sent + tcp.len() as u64;
            self.counters.panics += broken.len() as u64;
            self.audience.take_back(delivered);
            let transmits = tcp.into_iter().map(|(route, contents)| route.carry(contents));
            self.transmits.extend(transmits);
            broken.into_iter().for_each(|key| self.give_up(key));
        }
        self.audience.has_more()
    }

    /// Sender reports, each listener at its own time, so that no tick has all of them.
    fn report_to_listeners(&mut self, now: Instant) {
        for (key, mut sent, number) in self.audience.due(self.ticks, TICKS_PER_REPORT) {
            let router = self.routers.values().find(|router| router.number() == number);
            sent.timestamp = router.map_or(0, Router::timestamp);
            self.guarded(key, |peer| {
                peer.session.report(now, sent);
                Ok(())
            });
            self.flush(now, key);
        }
    }

    /// Speakers: who is in which slot, how many packets they may send again, and whether they are still heard.
    fn attend_to_speakers(&mut self, now: Instant, space: &str) {
        let Some(router) = self.routers.get(space) else { return };
        let selection = router.mixer().selection();
        for key in &router.publishers {
            let Some(peer) = self.peers.get_mut(key) else { continue };
            let Role::Publisher {
                forwarder,
                budget,
                pulse,
            } = &mut peer.role
            else {
                continue;
            };
            forwarder.assign(now, selection);
            let refill = PUBLISHER_PACKETS_PER_S / TICKS_PER_SECOND as f32;
            *budget = (*budget + refill).min(PUBLISHER_PACKETS_PER_S);
            let is_open = router.seat(&peer.participant).is_some_and(|seat| seat.open);
            if pulse.tick(is_open) {
                self.events.push_back(NodeEvent::Interrupted(peer.reference()));
            }
        }
    }

    fn find_the_silent(&mut self, now: Instant, is_looked_at: impl Fn(&super::Peer) -> bool) {
        let judge = |(key, p): (&PeerKey, &super::Peer)| (*key, liveness(now, p.state, p.created, p.last_heard));
        let looked_at = self.peers.iter().filter(|(_, peer)| is_looked_at(peer));
        let verdicts: Vec<_> = looked_at.map(judge).collect();
        for (key, verdict) in verdicts {
            self.follow(now, key);
            match verdict {
                Liveness::Unchanged => {}
                Liveness::WentAway => self.send_away(key),
                Liveness::Gone => self.drop_peer(key, CloseReason::Gone),
                Liveness::NeverConnected => self.drop_peer(key, CloseReason::NeverConnected),
            }
        }
    }

    fn send_away(&mut self, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        peer.state = PeerState::Away;
        let (reference, place) = (peer.reference(), peer.place());
        self.events.push_back(NodeEvent::Away(reference));
        if let Some(place) = place {
            self.audience.set_here(place, false);
        }
    }

    /// Whoever loses packets and takes RED is sent it; the encoding corrects for the others.
    fn protect_against_loss(&mut self, now: Instant) {
        (self.lossy, self.protected) = (0, 0);
        let mut may_protect = FEWEST_PROTECTED.max(self.audience.len() / PROTECTED_AT_MOST);
        for router in self.routers.values_mut() {
            let mut losses: Vec<f32> = Vec::new();
            for key in &router.listeners {
                let Some(peer) = self.peers.get(key).filter(|peer| peer.state == PeerState::Connected) else {
                    continue;
                };
                let Role::Listener { loss, .. } = &peer.role else {
                    continue;
                };
                let place = peer.place();
                let is_lossy = loss.is_lossy(now) && place.is_some();
                let is_protected = is_lossy && may_protect > 0;
                may_protect -= usize::from(is_protected);
                self.lossy += usize::from(is_lossy);
                self.protected += usize::from(is_protected);
                let mut has_red = false;
                if let Some(place) = place {
                    self.audience.protect(place, is_protected);
                    has_red = is_protected && self.audience.takes_red(place);
                }
                losses.extend(loss.current(now).map(|lost| if has_red { 0.0 } else { lost }));
            }
            losses.sort_by(f32::total_cmp);
            let index = (losses.len() as f32 * PROTECTED_SHARE) as usize;
            let loss = losses.get(index.min(losses.len().saturating_sub(1))).copied();
            router.set_expected_loss(loss.unwrap_or(0.0) * 100.0);
        }
    }

    fn count_concealed(&mut self) {
        for router in self.routers.values_mut() {
            let (played, concealed) = router.played_since_last_time();
            self.counters.played_ms += played;
            self.counters.concealed_ms += concealed;
        }
    }
}
