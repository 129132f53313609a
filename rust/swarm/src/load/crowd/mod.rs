//! The crowd itself: one thread, one socket for each listener, and of WebRTC only what a listener is.
//!
//! `voxhall listen` runs on str0m, which costs each packet more here than it costs the server to send it. This does what a browser does on
//! the wire (checks, DTLS, reports, and the feedback that a server asks for), counts what comes and opens a sample of it, so that one core
//! hears ten thousand.

mod arrivals;
mod batch;
mod checks;
mod description;
mod handshake;
mod hearing;
mod identity;
mod listener;
mod network;
mod repeats;
mod reports;
mod sound;
mod transport_feedback;
mod turn;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use flume::{Sender, unbounded};
use mio::{Poll, Waker};

use crate::error::ClientError;
use crate::progress::Progress;
use crate::remote::{self, Preference};
use checks::Checks;
use description::{Answer, Credentials};
use handshake::Handshake;
use identity::Identity;
use listener::Listener;
use network::Network;
use turn::{Order, Turns, WAKER};

/// Each is looked for among all, packet by packet. Raised, a server that sends ever new sources costs more.
pub(super) const MAX_VOICES: usize = 31;

/// A thread with its listeners; clones share it. It ends when the last handle is gone.
#[derive(Clone)]
pub(super) struct Crowd {
    orders: Sender<Order>,
    waker: Arc<Waker>,
    keys: Arc<AtomicUsize>,
    shared: Arc<Shared>,
    identity: Identity,
    preference: Preference,
    voices: usize,
}

/// What the thread asks at each turn.
#[derive(Default)]
struct Shared {
    network: Network,
    /// Whether anybody wants to know at which moment something came.
    is_watched: AtomicBool,
}

/// A listener that has made its offer.
pub(super) struct Offered {
    own: Credentials,
    pub(super) sdp: String,
}

/// A listener that was answered. It leaves when this goes.
pub(super) struct Member {
    crowd: Crowd,
    key: usize,
    pub(super) progress: Arc<Progress>,
}

impl Crowd {
    /// `voices`: how many sources the server may send to each of them. `first_repetition`: of a flight of DTLS.
    pub(super) fn start(
        preference: Preference,
        voices: usize,
        first_repetition: Duration,
    ) -> Result<Self, ClientError> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let (orders, inbox) = unbounded();
        let shared = Arc::new(Shared::default());
        let turns = Turns::new(poll, inbox, Arc::clone(&shared))?;
        std::thread::Builder::new()
            .name("voxhall-crowd".into())
            .spawn(move || turns.run())?;
        Ok(Self {
            orders,
            waker,
            keys: Arc::default(),
            shared,
            identity: Identity::new(first_repetition)?,
            preference,
            voices,
        })
    }

    /// The network of all its listeners.
    pub(super) fn network(&self) -> &Network {
        &self.shared.network
    }

    /// While it is watched, packets are read as they come; otherwise each socket a few times a second, which costs a fifth of that.
    pub(super) fn watch(&self, is_watched: bool) {
        self.shared.is_watched.store(is_watched, Relaxed);
        // It may be waiting for the next packet.
        let _ = self.waker.wake();
    }

    pub(super) fn offer(&self) -> Offered {
        let own = Credentials::new();
        let sdp = description::offer(&own, &self.identity);
        Offered { own, sdp }
    }

    /// Takes the server's answer and begins to check; blocks only for opening a TCP connection.
    pub(super) fn answer(&self, offered: Offered, sdp: &str) -> Result<Member, ClientError> {
        let answer = Answer::read(sdp, self.preference)?;
        let (wire, _) = remote::open_to(answer.remote, self.preference).ok_or(ClientError::NoAddress("open"))?;
        let (key, now) = (self.keys.fetch_add(1, Relaxed), Instant::now());
        let progress = Progress::new(None);
        let checks = Checks::new(now, &offered.own, &answer, key as u64);
        let handshake = Handshake::new(now, &self.identity, &answer);
        let listener = Listener::new(
            wire,
            &answer,
            checks,
            handshake,
            Arc::clone(&progress),
            key as u32,
            self.voices,
        );
        self.order(Order::Add(key, Box::new(listener)));
        Ok(Member {
            crowd: self.clone(),
            key,
            progress,
        })
    }

    fn order(&self, order: Order) {
        // The thread outlives every handle unless it died; then each listener stays as it is and the report shows it.
        if self.orders.send(order).is_ok() {
            let _: io::Result<()> = self.waker.wake();
        }
    }
}

impl Member {
    /// Goes on from another port, as a phone that changes networks.
    pub(super) fn roam(&self) {
        self.crowd.order(Order::Roam(self.key));
    }

    /// Says goodbye on the media path.
    pub(super) fn close(&self) {
        self.crowd.order(Order::Close(self.key));
    }

    /// Vanishes without a word.
    pub(super) fn vanish(&self) {
        self.crowd.order(Order::Vanish(self.key));
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.close();
    }
}
