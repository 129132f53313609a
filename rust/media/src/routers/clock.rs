//! The 20 ms tick: mix, hand the frame to every listener, let time pass in every session, find who is gone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::{CloseReason, NodeEvent, PUBLISHER_PACKETS_PER_S, PeerState, Role, Routers, TapeNews};
use crate::demux::PeerKey;
use crate::peer::{Liveness, OutgoingPacket, liveness};
use crate::router::Frame;

/// The time between two ticks.
const FRAME: Duration = Duration::from_millis(20);
/// A process that stood still for longer than this (a paused machine) does not count the time against its peers. Lower
/// forgives late ticks, which need no forgiving; higher ends sessions that were well.
const STALL: Duration = Duration::from_secs(1);
/// Ticks between looks at liveness and loss: once a second.
const TICKS_PER_SECOND: u64 = 50;
/// Which listeners' reported loss the mix is protected against: the ninth of ten, so that one bad phone does not make
/// everyone pay for its protection. Higher protects more of them and spends more of the bits on it.
const PROTECTED_SHARE: f32 = 0.9;

impl Routers {
    /// Mixes and sends the next 20 ms. To be called every 20 ms of real time; `frames` is how many of them have passed since
    /// the last call, one unless the shell was held up.
    pub fn tick(&mut self, now: Instant, frames: u32) {
        self.ticks += 1;
        self.forgive_stall(frames);
        let spaces: Vec<String> = self.routers.keys().cloned().collect();
        for space in spaces {
            if let Some(frame) = self.mix(now, frames, &space) {
                self.fan_out(now, &space, &frame);
            }
            self.assign_slots(now, &space);
            self.end_if_drained(&space);
        }
        // An away peer is sent nothing, not even reports: time stands still for it until it is heard.
        let is_here = |(_, p): &(&PeerKey, &super::Peer)| p.state != PeerState::Away;
        let keys: Vec<PeerKey> = self.peers.iter().filter(is_here).map(|(k, _)| *k).collect();
        for key in keys {
            self.guarded(key, |peer| peer.session.advance(now));
            self.drain(now, key);
        }
        if self.ticks.is_multiple_of(TICKS_PER_SECOND) {
            self.find_the_silent(now);
            self.protect_against_loss();
        }
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

    fn fan_out(&mut self, now: Instant, space: &str, frame: &Frame) {
        let Some(router) = self.routers.get(space) else { return };
        for key in router.listeners.clone() {
            let sent = self.guarded(key, |peer| {
                let Role::Listener {
                    mid, sequence, fresh, ..
                } = &mut peer.role
                else {
                    return Ok(false);
                };
                if peer.state != PeerState::Connected {
                    return Ok(false);
                }
                *sequence += 1;
                let packet = OutgoingPacket {
                    sequence: *sequence,
                    timestamp: frame.timestamp,
                    marker: frame.starts_talkspurt || std::mem::take(fresh),
                    csrcs: &frame.csrcs,
                    payload: frame.payload.clone(),
                };
                peer.session.send(now, *mid, packet);
                Ok(true)
            });
            self.counters.packets_mixed += u64::from(sent == Some(true));
        }
    }

    fn assign_slots(&mut self, now: Instant, space: &str) {
        let Some(router) = self.routers.get(space) else { return };
        let selection = router.mixer().selection();
        for key in &router.publishers {
            let Some(peer) = self.peers.get_mut(key) else { continue };
            if let Role::Publisher { forwarder, budget } = &mut peer.role {
                forwarder.assign(now, selection);
                let refill = PUBLISHER_PACKETS_PER_S / TICKS_PER_SECOND as f32;
                *budget = (*budget + refill).min(PUBLISHER_PACKETS_PER_S);
            }
        }
    }

    fn find_the_silent(&mut self, now: Instant) {
        let judge = |(key, p): (&PeerKey, &super::Peer)| (*key, liveness(now, p.state, p.created, p.last_heard));
        let verdicts: Vec<_> = self.peers.iter().map(judge).collect();
        for (key, verdict) in verdicts {
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
        let reference = peer.reference();
        self.events.push_back(NodeEvent::Away(reference));
    }

    fn protect_against_loss(&mut self) {
        for router in self.routers.values_mut() {
            let reported = |key: &PeerKey| match &self.peers.get(key)?.role {
                Role::Listener { reported_loss, .. } => *reported_loss,
                Role::Publisher { .. } => None,
            };
            let mut losses: Vec<f32> = router.listeners.iter().filter_map(reported).collect();
            losses.sort_by(f32::total_cmp);
            let index = (losses.len() as f32 * PROTECTED_SHARE) as usize;
            let loss = losses
                .get(index.min(losses.len().saturating_sub(1)))
                .copied()
                .unwrap_or(0.0);
            router.set_expected_loss(loss * 100.0);
        }
    }
}
