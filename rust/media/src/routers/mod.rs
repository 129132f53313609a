//! All the spaces on this node and their peers: commands in, packets in, packets and events out. Sans-IO: the shell in
//! `voxhall-node` owns sockets and clock, and calls [`Routers::tick`] every 20 ms.

mod carrying_on;
mod clock;
mod commands;
mod datagrams;
mod opening;
mod report;
mod taping;

pub use commands::Patched;
pub use opening::{OpenSession, Opened};
pub use report::{CloseReason, Counters, Gauges, NodeEvent, PeerRef, PeerReport, Report, SpaceReport, Stats};
pub use taping::TapeNews;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use str0m::media::Mid;
use str0m::net::Transmit;

use crate::addresses::Addresses;
use crate::demux::{Demux, PeerKey};
use crate::error::MediaError;
use crate::listener::{Audience, Filling, FrameClass, Identity, Place, ReportedLoss, Work};
use crate::peer::{Broken, Forwarder, Paths, PeerKind, PeerState, Pulse, Transport};
use crate::router::Router;

/// Packets a second a publisher may send: Opus at 10 ms is 100, at 5 ms 200. More is a flood; raising it feeds floods to the
/// mixer, lowering it cuts off senders with very short frames.
const PUBLISHER_PACKETS_PER_S: f32 = 250.0;

/// A connected device.
struct Peer {
    id: String,
    space: String,
    participant: String,
    state: PeerState,
    created: Instant,
    last_heard: Instant,
    paths: Paths,
    /// Whether an authentic check has come.
    is_reached: bool,
    session: Box<dyn Transport>,
    role: Role,
    #[cfg(feature = "test-hooks")]
    breaks: bool,
}

enum Role {
    Publisher {
        forwarder: Forwarder,
        budget: f32,
        pulse: Pulse,
    },
    Listener {
        hearing: Hearing,
        loss: ReportedLoss,
    },
}

/// How the mix reaches a listener.
#[derive(Clone, Copy)]
enum Hearing {
    /// From its row of the audience.
    Thin(Place),
    /// Through str0m.
    Full { mid: Mid, sequence: u64, fresh: bool },
}

/// What carries the mix to listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListenerPath {
    /// The thin path, for every offer that it can take.
    #[default]
    Thin,
    /// str0m's whole WebRTC, against which tests hold the other.
    Full,
}

impl Peer {
    fn kind(&self) -> PeerKind {
        match self.role {
            Role::Publisher { .. } => PeerKind::Publisher,
            Role::Listener { .. } => PeerKind::Listener,
        }
    }

    /// Its row of the audience, where it has one.
    fn place(&self) -> Option<Place> {
        match self.role {
            Role::Listener {
                hearing: Hearing::Thin(place),
                ..
            } => Some(place),
            _ => None,
        }
    }

    fn reference(&self) -> PeerRef {
        PeerRef {
            space: self.space.clone(),
            peer: self.id.clone(),
            participant: self.participant.clone(),
            kind: self.kind(),
        }
    }
}

/// The media of all spaces on one node.
pub struct Routers {
    addresses: Addresses,
    identity: Identity,
    listener_path: ListenerPath,
    max_peers: usize,
    peers: BTreeMap<PeerKey, Peer>,
    /// Those among them that wait for time to pass.
    timed: BTreeSet<PeerKey>,
    audience: Audience,
    inheritance: carrying_on::Inheritance,
    filling: Filling,
    /// Listeners who lose packets, and those of them who are protected, as of the last look.
    lossy: usize,
    protected: usize,
    /// When the node began: sender reports count from there.
    began: Instant,
    by_id: HashMap<String, PeerKey>,
    routers: HashMap<String, Router>,
    demux: Demux,
    next_key: u64,
    ticks: u64,
    transmits: VecDeque<Transmit>,
    work: VecDeque<Work>,
    events: VecDeque<NodeEvent>,
    tape: VecDeque<TapeNews>,
    counters: Counters,
}

impl Routers {
    /// An empty node that is reached at `addresses` and holds at most `max_peers`.
    ///
    /// # Errors
    /// [`MediaError::Internal`] where no DTLS certificate can be made.
    pub fn new(now: Instant, addresses: Addresses, max_peers: usize) -> Result<Self, MediaError> {
        // One certificate for all sessions: making one costs as much as a handshake.
        let provider = str0m::crypto::from_feature_flags();
        let certificate = provider
            .dtls_provider
            .generate_certificate()
            .ok_or(MediaError::Internal)?;
        Ok(Self {
            addresses,
            identity: Identity::new(certificate)?,
            listener_path: ListenerPath::default(),
            max_peers,
            peers: BTreeMap::new(),
            timed: BTreeSet::new(),
            audience: Audience::default(),
            inheritance: carrying_on::Inheritance::default(),
            filling: Filling::default(),
            lossy: 0,
            protected: 0,
            began: now,
            by_id: HashMap::new(),
            routers: HashMap::new(),
            demux: Demux::default(),
            next_key: 0,
            ticks: 0,
            transmits: VecDeque::new(),
            work: VecDeque::new(),
            events: VecDeque::new(),
            tape: VecDeque::new(),
            counters: Counters::default(),
        })
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        let transmit = self.transmits.pop_front();
        self.counters.datagrams_out += u64::from(transmit.is_some());
        transmit
    }

    /// The next event for the control plane.
    pub fn poll_event(&mut self) -> Option<NodeEvent> {
        self.events.pop_front()
    }

    /// Says what carries listeners that come from now on.
    pub fn set_listener_path(&mut self, path: ListenerPath) {
        self.listener_path = path;
    }

    /// Says how much sound a packet carries to a listener, whatever the node's load; None: it grows with it.
    pub fn set_frame_class(&mut self, class: Option<FrameClass>) {
        self.filling.fix(class);
    }

    /// Takes note of the share of a core that the shell used in the last second, where it is known; to be called once a second.
    pub fn note_load(&mut self, busy: f32) {
        let wants_low_delay = self.routers.values().any(|router| router.wants_low_delay);
        self.filling.observe(busy, self.audience.len(), wants_low_delay);
    }

    /// Says under which addresses new sessions are reached from now on; running ones keep theirs.
    pub fn set_addresses(&mut self, addresses: Addresses) {
        self.addresses = addresses;
    }

    /// Counts a tick that the shell made too late.
    pub fn count_late_tick(&mut self) {
        self.counters.late_ticks += 1;
    }

    /// Counts datagrams that the shell could not send: the socket was full, or the kernel refused them.
    pub fn count_unsent(&mut self, full: u64, refused: u64) {
        self.counters.unsent_full += full;
        self.counters.unsent_refused += refused;
    }

    /// Counts how long the shell's threads took for making listeners' packets, and the kernel for taking all datagrams.
    pub fn count_effort(&mut self, making: Duration, sending: Duration) {
        self.counters.making_ns += making.as_nanos() as u64;
        self.counters.sending_ns += sending.as_nanos() as u64;
    }

    /// How many places the audience has, taken or not: what one round of [`Routers::deliver`] walks.
    #[must_use]
    pub fn places(&self) -> usize {
        self.audience.places()
    }

    /// How many entries all tables hold together.
    #[cfg(feature = "test-hooks")]
    pub fn held(&self) -> usize {
        let queued = self.transmits.len() + self.work.len() + self.events.len() + self.tape.len();
        let tables = self.timed.len() + self.audience.len() + self.demux.len();
        self.peers.len() + self.by_id.len() + self.routers.len() + tables + queued
    }

    /// Makes the next thing that is done for `peer` panic.
    #[cfg(feature = "test-hooks")]
    pub fn break_peer(&mut self, peer: &str) {
        if let Some(peer) = self.by_id.get(peer).and_then(|key| self.peers.get_mut(key)) {
            peer.breaks = true;
            if let Some(place) = peer.place() {
                self.audience.break_at(place);
            }
        }
    }

    /// Numbers a listener's packets from here on: the first wrap is eleven minutes away otherwise.
    #[cfg(feature = "test-hooks")]
    pub fn number_packets_from(&mut self, peer: &str, sequence: u64) {
        let key = self.by_id.get(peer);
        if let Some(place) = key.and_then(|key| self.peers.get(key)?.place()) {
            self.audience.skip_to(place, sequence);
        }
    }

    /// Runs `f` on a peer behind the panic barrier: whatever happens in it costs that peer's session at most.
    fn guarded<R>(&mut self, key: PeerKey, f: impl FnOnce(&mut Peer) -> Result<R, Broken>) -> Option<R> {
        let peer = self.peers.get_mut(&key)?;
        let guarded = || {
            #[cfg(feature = "test-hooks")]
            assert!(!peer.breaks, "a test asked for this");
            f(peer)
        };
        match catch_unwind(AssertUnwindSafe(guarded)) {
            Ok(Ok(value)) => Some(value),
            Ok(Err(_)) => {
                self.counters.session_errors += 1;
                if self.peers.get(&key).is_some_and(|p| !p.session.is_alive()) {
                    self.drop_peer(key, CloseReason::Failed);
                }
                None
            }
            Err(_) => {
                self.counters.panics += 1;
                self.give_up(key);
                None
            }
        }
    }

    /// Forgets a session whose handler panicked. Its client is told, so that it comes back at once instead of after its own
    /// timeouts; where even that panics, it goes without a word.
    fn give_up(&mut self, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        let last_heard = peer.last_heard;
        if catch_unwind(AssertUnwindSafe(|| peer.session.close())).is_ok() {
            self.flush(last_heard, key);
        }
        self.drop_peer(key, CloseReason::Failed);
    }

    /// Ends a session with a good-bye and forgets it.
    fn close_peer(&mut self, now: Instant, key: PeerKey, reason: CloseReason) {
        self.guarded(key, |peer| {
            peer.session.close();
            Ok(())
        });
        self.flush(now, key);
        self.drop_peer(key, reason);
    }

    /// Forgets a session at once: nothing more is sent to it or taken from it.
    fn drop_peer(&mut self, key: PeerKey, reason: CloseReason) {
        let Some(peer) = self.peers.remove(&key) else { return };
        self.demux.forget(key);
        self.forget_inherited(key);
        self.timed.remove(&key);
        if let Some(place) = peer.place() {
            self.audience.leave(place);
        }
        self.by_id.remove(&peer.id);
        self.counters.joins_abandoned += u64::from(reason == CloseReason::NeverConnected);
        let reference = peer.reference();
        let is_publisher = peer.kind() == PeerKind::Publisher;
        let still_on_stage = is_publisher && self.is_on_stage(&peer.space, &peer.participant);
        if let Some(router) = self.routers.get_mut(&peer.space) {
            router.publishers.retain(|k| *k != key);
            router.listeners.retain(|k| *k != key);
            router.carried.retain(|k| *k != key);
            // Who is gone because all is over is still heard to the end, on the tape.
            if is_publisher && !still_on_stage && !router.is_draining() {
                router.clear_seat(&peer.participant);
            }
            self.forget_idle(&peer.space);
        }
        self.events.push_back(NodeEvent::Closed {
            peer: reference,
            reason,
        });
    }

    fn is_on_stage(&self, space: &str, participant: &str) -> bool {
        let Some(router) = self.routers.get(space) else {
            return false;
        };
        let devices = router.publishers.iter().filter_map(|key| self.peers.get(key));
        devices.into_iter().any(|peer| peer.participant == participant)
    }
}
