//! How this node goes on with the listeners of one that died, and how long without being told that they may listen.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::{Hearing, Peer, Role, Routers};
use crate::audio::TICK;
use crate::demux::PeerKey;
use crate::listener::{Counts, Entry, Keys, Listener, Memory, Place, Register, ReportedLoss, Sender, Successor};
use crate::peer::{AWAY_AFTER, Paths, PeerState};

/// Listeners that nobody has confirmed are sent nothing after so long: whoever was removed while the node was away may be among them.
/// A control plane that is well says within a tenth of a second who may stay. Higher leaves those who may not hear listening for longer
/// where it is not; lower is silence for everybody where it is only busy.
const UNCONFIRMED_FOR: Duration = Duration::from_secs(5);
/// A node that has lived for so long with what it found is taken to be sound. Lower could count a node as sound that dies of a row
/// whenever its turn comes; higher throws a good register away where nodes are killed by turns.
const SOUND_AFTER: Duration = Duration::from_secs(10);

/// What this node found when it began.
#[derive(Default)]
pub(super) struct Inheritance {
    began: Option<Instant>,
    is_sound: bool,
    /// Those of it whom the control plane has not spoken of.
    unconfirmed: BTreeSet<PeerKey>,
    is_over: bool,
}

impl Routers {
    /// Goes on with the listeners that a node before this one left in `memory`, and keeps them there from now on. To be called once,
    /// before anybody joins; the answer is when the first tick is due, so that ticks are whole frames after those of that node.
    pub fn carry_on(&mut self, now: Instant, memory: &Memory) -> Instant {
        let (register, began) = Register::open(memory);
        // RTP time and that of reports go on by what has passed, as if there had been one node all along.
        self.began = now.checked_sub(memory.uptime.saturating_sub(began)).unwrap_or(now);
        self.audience.register = register;
        self.inheritance.began = Some(now);
        for (place, entry, counts) in register.entries() {
            let lives_on = catch_unwind(AssertUnwindSafe(|| self.live_on(now, place, &entry, counts)));
            self.counters.panics += u64::from(lives_on.is_err());
            if !matches!(lives_on, Ok(Some(()))) {
                register.clear(place);
            }
        }
        self.counters.listeners_carried_on = self.inheritance.unconfirmed.len() as u64;
        let since_a_tick = now.saturating_duration_since(self.began).as_nanos() % TICK.as_nanos();
        now + TICK - Duration::from_nanos(since_a_tick as u64)
    }

    fn live_on(&mut self, now: Instant, place: Place, entry: &Entry, counts: Counts) -> Option<()> {
        let successor = Successor {
            now,
            began: self.began,
            addresses: self.addresses.clone(),
        };
        let (listener, sender) = Listener::live_on(successor, place, entry, counts)?;
        let space = self.router(now, &entry.space).ok()?.number();
        let key = self.new_key();
        if self.by_id.contains_key(&entry.peer) || !self.audience.seat_at(place, key, space) {
            self.forget_idle(&entry.space);
            return None;
        }
        self.audience.connect(place, sender);
        self.audience.set_here(place, !counts.is_away);
        let mut loss = ReportedLoss::default();
        if counts.is_protected {
            loss.presume(now);
        }
        let (state, last_heard) = match counts.is_away {
            true => (PeerState::Away, now.checked_sub(AWAY_AFTER).unwrap_or(now)),
            false => (PeerState::Connected, now),
        };
        let peer = Peer {
            id: entry.peer.clone(),
            space: entry.space.clone(),
            participant: entry.participant.clone(),
            state,
            created: now,
            last_heard,
            paths: Paths::default(),
            is_reached: true,
            session: Box::new(listener),
            role: Role::Listener {
                hearing: Hearing::Thin(place),
                loss,
            },
            #[cfg(feature = "test-hooks")]
            breaks: false,
        };
        self.enter(key, peer);
        if let Some(route) = self.peers.get(&key).and_then(|peer| peer.session.route()) {
            self.demux.learn(route.protocol, route.remote, key);
        }
        self.inheritance.unconfirmed.insert(key);
        Some(())
    }

    /// The control plane has spoken: these listeners may go on.
    pub fn confirm(&mut self, peers: &[String]) {
        for peer in peers {
            let Some(key) = self.by_id.get(peer).copied() else {
                continue;
            };
            let is_here = |peer: &Peer| peer.state == PeerState::Connected;
            if self.inheritance.unconfirmed.remove(&key)
                && let Some(peer) = self.peers.get(&key)
                && let Some(place) = peer.place()
            {
                self.audience.set_here(place, is_here(peer));
            }
        }
    }

    /// Whether it is sent nothing because nobody has said that it may listen.
    pub(super) fn is_held_back(&self, key: PeerKey) -> bool {
        self.inheritance.is_over && self.inheritance.unconfirmed.contains(&key)
    }

    /// Once a second.
    pub(super) fn look_at_inheritance(&mut self, now: Instant) {
        let Some(began) = self.inheritance.began else { return };
        let age = now.saturating_duration_since(began);
        if age >= SOUND_AFTER && !self.inheritance.is_sound {
            self.inheritance.is_sound = true;
            self.audience.register.is_sound();
        }
        if age < UNCONFIRMED_FOR || self.inheritance.is_over {
            return;
        }
        self.inheritance.is_over = true;
        for key in &self.inheritance.unconfirmed {
            if let Some(place) = self.peers.get(key).and_then(Peer::place) {
                self.audience.hold_back(place);
            }
        }
    }

    pub(super) fn forget_inherited(&mut self, key: PeerKey) {
        self.inheritance.unconfirmed.remove(&key);
    }

    /// The keys of a listener are agreed on: it has its sender, and lives on without this process.
    pub(super) fn agree(&mut self, key: PeerKey, sender: Sender, keys: Keys) {
        let Some(peer) = self.peers.get(&key) else { return };
        let Some(place) = peer.place() else { return };
        let mut entry = Entry::new(&peer.space, &peer.id, &peer.participant, keys);
        peer.session.describe(&mut entry);
        self.audience.connect(place, sender);
        self.audience.register.clear(place);
        self.audience.register.write(place, &entry);
    }

    pub(super) fn describe_anew(&mut self, key: PeerKey) {
        let Some(peer) = self.peers.get(&key) else { return };
        if let Some(place) = peer.place() {
            let register = self.audience.register;
            register.change(place, |entry| peer.session.describe(entry));
        }
    }
}
