//! What is known of a client while it lives: its state, its first packet, its counts.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use flume::Sender;

/// Where a client stands. A closed one does not come back: a new offer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not answered, or still finding its way to the server.
    New,
    /// Encrypted packets flow.
    Connected,
    /// Closed by us, by the server, or lost.
    Closed,
}

/// One Opus packet as it came.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Which of the receiving lines, from 0.
    pub line: usize,
    /// RTP sequence number, extended so that it never wraps.
    pub sequence: u64,
    /// RTP time at 48 kHz, extended.
    pub timestamp: u64,
    /// When it was read from the socket.
    pub arrival: Instant,
    /// The Opus packet.
    pub payload: Arc<[u8]>,
    /// Who is heard in it (RFC 3550 §5.1).
    pub csrcs: Vec<u32>,
}

/// What a client knows about its connection, written by the engine's thread and read by anyone.
#[derive(Debug)]
pub(crate) struct Progress {
    state: Mutex<State>,
    changed: Condvar,
    connected_at: Mutex<Option<Instant>>,
    first_packet_at: Mutex<Option<Instant>>,
    /// Whether the next packet's time is wanted, and that time.
    listens_again: AtomicBool,
    heard_again_at: Mutex<Option<Instant>>,
    /// When it was made; when the last packet came, and the longest time between two, in microseconds since then.
    made_at: Instant,
    last_us: AtomicU64,
    pause_us: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) expected: AtomicU64,
    pub(crate) sent: AtomicU64,
    /// Packets that were not the server's.
    pub(crate) foreign: AtomicU64,
    /// What went back: reports, packets of feedback on what arrived, and how many packets were asked for again.
    pub(crate) reports: AtomicU64,
    pub(crate) arrivals_told: AtomicU64,
    pub(crate) asked_again: AtomicU64,
    /// Of those sent and received, how many carried earlier ones too.
    pub(crate) protected: AtomicU64,
    /// None: packets are counted and thrown away.
    pub(crate) packets: Option<Sender<Packet>>,
}

/// A poisoned lock only says that another thread died; the value inside is a plain flag or time and still whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress {
    pub(crate) fn new(packets: Option<Sender<Packet>>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::New),
            changed: Condvar::new(),
            connected_at: Mutex::new(None),
            first_packet_at: Mutex::new(None),
            listens_again: AtomicBool::new(false),
            heard_again_at: Mutex::new(None),
            made_at: Instant::now(),
            last_us: AtomicU64::new(0),
            pause_us: AtomicU64::new(0),
            received: AtomicU64::new(0),
            expected: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            foreign: AtomicU64::new(0),
            reports: AtomicU64::new(0),
            arrivals_told: AtomicU64::new(0),
            asked_again: AtomicU64::new(0),
            protected: AtomicU64::new(0),
            packets,
        })
    }

    pub(crate) fn state(&self) -> State {
        *locked(&self.state)
    }

    pub(crate) fn set_state(&self, state: State, now: Instant) {
        let mut current = locked(&self.state);
        if *current == State::Closed {
            return;
        }
        if state == State::Connected {
            locked(&self.connected_at).get_or_insert(now);
        }
        *current = state;
        self.changed.notify_all();
    }

    /// Waits while the state is the given one, and answers what it is then.
    pub(crate) fn wait_while(&self, state: State, timeout: Duration) -> State {
        let guard = locked(&self.state);
        let waited = self
            .changed
            .wait_timeout_while(guard, timeout, |current| *current == state);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    pub(crate) fn connected_at(&self) -> Option<Instant> {
        *locked(&self.connected_at)
    }

    pub(crate) fn first_packet_at(&self) -> Option<Instant> {
        *locked(&self.first_packet_at)
    }

    /// When the first packet came after [`Progress::listen_again`].
    pub(crate) fn heard_again_at(&self) -> Option<Instant> {
        *locked(&self.heard_again_at)
    }

    pub(crate) fn listen_again(&self) {
        *locked(&self.heard_again_at) = None;
        self.listens_again.store(true, Relaxed);
    }

    /// The longest time between two packets, from now on.
    pub(crate) fn forget_pauses(&self) {
        self.pause_us.store(0, Relaxed);
    }

    /// Since [`Progress::forget_pauses`]; the time since the last packet is one too.
    pub(crate) fn longest_pause(&self, now: Instant) -> Duration {
        let last = Duration::from_micros(self.last_us.load(Relaxed));
        let open = now.saturating_duration_since(self.made_at + last);
        open.max(Duration::from_micros(self.pause_us.load(Relaxed)))
    }

    pub(crate) fn heard(&self, now: Instant) {
        let at_us = now.saturating_duration_since(self.made_at).as_micros() as u64;
        let pause_us = at_us.saturating_sub(self.last_us.swap(at_us, Relaxed));
        self.pause_us.fetch_max(pause_us, Relaxed);
        if self.received.fetch_add(1, Relaxed) == 0 {
            *locked(&self.first_packet_at) = Some(now);
        }
        if self.listens_again.load(Relaxed) {
            self.listens_again.store(false, Relaxed);
            *locked(&self.heard_again_at) = Some(now);
        }
    }
}
