//! One thread that drives any number of connections.
//!
//! Callers hand it orders; it owns every socket. It ends when the last handle is gone.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use flume::{Receiver, Sender, TryRecvError, unbounded};
use mio::{Events, Poll, Token, Waker};

use crate::peer::{Outgoing, Peer};

/// Tokens of one peer: `key * TOKENS_PER_PEER + path`. Not less than the paths a peer may open.
const TOKENS_PER_PEER: usize = 4;

const WAKER: Token = Token(usize::MAX);

/// With nothing to do the thread still looks this often whether anyone holds a handle.
const IDLE_POLL: Duration = Duration::from_secs(1);

pub(crate) enum Order {
    Add(usize, Box<Peer>),
    Send(usize, Outgoing),
    Close(usize),
}

/// A handle; clones share the thread.
#[derive(Clone)]
pub(crate) struct Engine {
    orders: Sender<Order>,
    waker: Arc<Waker>,
    keys: Arc<AtomicUsize>,
}

impl Engine {
    pub(crate) fn start() -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let (orders, inbox) = unbounded();
        let state = Loop {
            poll,
            inbox,
            peers: HashMap::new(),
            timers: BinaryHeap::new(),
        };
        thread::Builder::new()
            .name("voxhall-client".into())
            .spawn(move || state.run())?;
        Ok(Self {
            orders,
            waker,
            keys: Arc::default(),
        })
    }

    pub(crate) fn next_key(&self) -> usize {
        self.keys.fetch_add(1, Relaxed)
    }

    pub(crate) fn order(&self, order: Order) {
        // The thread outlives every handle unless it died; then each client's state stays as it is and its waits time out.
        if self.orders.send(order).is_ok() {
            let _ = self.waker.wake();
        }
    }
}

struct Timed {
    peer: Box<Peer>,
    /// The earliest timer set for this peer; others in the heap are stale.
    armed: Instant,
}

struct Loop {
    poll: Poll,
    inbox: Receiver<Order>,
    peers: HashMap<usize, Timed>,
    timers: BinaryHeap<Reverse<(Instant, usize)>>,
}

impl Loop {
    fn run(mut self) {
        let mut events = Events::with_capacity(1024);
        loop {
            let next = self
                .timers
                .peek()
                .map(|Reverse((at, _))| at.saturating_duration_since(Instant::now()));
            let timeout = next.unwrap_or(IDLE_POLL).min(IDLE_POLL);
            match self.poll.poll(&mut events, Some(timeout)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return,
            }
            let now = Instant::now();
            for event in &events {
                if event.token() != WAKER {
                    let (key, path) = (event.token().0 / TOKENS_PER_PEER, event.token().0 % TOKENS_PER_PEER);
                    self.with_peer(key, |peer| peer.read(path, now));
                }
            }
            if !self.take_orders() {
                return;
            }
            self.run_timers(now);
        }
    }

    /// False once nobody can give orders any more.
    fn take_orders(&mut self) -> bool {
        loop {
            let order = self.inbox.try_recv();
            let now = Instant::now();
            match order {
                Ok(Order::Add(key, mut peer)) => {
                    if peer.register(self.poll.registry(), key * TOKENS_PER_PEER).is_err() {
                        peer.close(now);
                        continue;
                    }
                    self.timers.push(Reverse((now, key)));
                    self.peers.insert(key, Timed { peer, armed: now });
                }
                Ok(Order::Send(key, outgoing)) => self.with_peer(key, |peer| peer.write(outgoing, now)),
                Ok(Order::Close(key)) => self.with_peer(key, |peer| peer.close(now)),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn run_timers(&mut self, now: Instant) {
        while let Some(Reverse((at, key))) = self.timers.peek().copied() {
            if at > now {
                break;
            }
            self.timers.pop();
            if self.peers.get(&key).is_some_and(|timed| timed.armed == at) {
                self.with_peer(key, |peer| {
                    if peer.deadline <= now {
                        peer.on_deadline(now);
                    }
                });
                if self.peers.get(&key).is_some_and(|timed| timed.armed == at) {
                    self.arm(key);
                }
            }
        }
    }

    fn with_peer(&mut self, key: usize, act: impl FnOnce(&mut Peer)) {
        let Some(timed) = self.peers.get_mut(&key) else { return };
        act(&mut timed.peer);
        if timed.peer.is_over() {
            timed.peer.deregister(self.poll.registry());
            self.peers.remove(&key);
        } else if timed.peer.deadline < timed.armed {
            self.arm(key);
        }
    }

    /// One live timer a peer: a later deadline is found when the earlier timer rings, so packets do not fill the heap.
    fn arm(&mut self, key: usize) {
        if let Some(timed) = self.peers.get_mut(&key) {
            timed.armed = timed.peer.deadline;
            self.timers.push(Reverse((timed.armed, key)));
        }
    }
}
