//! The thread of a crowd. While it is watched it reads what the kernel says has come; otherwise it goes round.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use flume::{Receiver, TryRecvError};
use mio::{Events, Poll, Token};

use super::Shared;
use super::batch::Batch;
use super::listener::Listener;

pub(super) const WAKER: Token = Token(usize::MAX);

/// With nothing to do the thread still looks this often whether anyone holds a handle.
const IDLE_POLL: Duration = Duration::from_secs(1);

/// A deadline that has passed already is met after so long.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// An unwatched crowd is gone round in so many turns of this length, a fifth of a second in all. Longer turns read more at once and cost
/// less, until a socket's buffer is full (five seconds of sound, with Linux' own size).
const TURN: Duration = Duration::from_millis(10);
const TURNS: usize = 20;

pub(super) enum Order {
    Add(usize, Box<Listener>),
    Roam(usize),
    Close(usize),
    Vanish(usize),
}

struct Seat {
    listener: Box<Listener>,
    /// The earliest timer that is set for it; others in the heap are stale.
    armed: Instant,
}

pub(super) struct Turns {
    poll: Poll,
    inbox: Receiver<Order>,
    shared: Arc<Shared>,
    batch: Batch,
    /// By key; keys are never used twice.
    seats: Vec<Option<Seat>>,
    timers: BinaryHeap<Reverse<(Instant, usize)>>,
    turn: usize,
}

impl Turns {
    pub(super) fn new(poll: Poll, inbox: Receiver<Order>, shared: Arc<Shared>) -> io::Result<Self> {
        Ok(Self {
            poll,
            inbox,
            shared,
            batch: Batch::new()?,
            seats: Vec::new(),
            timers: BinaryHeap::new(),
            turn: 0,
        })
    }

    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(1024);
        loop {
            if self.shared.is_watched.load(Relaxed) {
                if self.read_what_came(&mut events).is_err() {
                    return;
                }
            } else {
                thread::sleep(TURN);
                self.go_round();
            }
            if !self.take_orders() {
                return;
            }
            self.run_timers();
        }
    }

    fn read_what_came(&mut self, events: &mut Events) -> io::Result<()> {
        let next = self.timers.peek().map(|Reverse((at, _))| *at);
        let until = next.map_or(IDLE_POLL, |at| at.saturating_duration_since(Instant::now()));
        match self.poll.poll(events, Some(until.min(IDLE_POLL))) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in events.iter().filter(|event| event.token() != WAKER) {
            self.read(event.token().0);
        }
        Ok(())
    }

    /// Reads the part of the crowd whose turn it is.
    fn go_round(&mut self) {
        let part = self.turn % TURNS;
        self.turn += 1;
        for key in (part..self.seats.len()).step_by(TURNS) {
            self.read(key);
        }
    }

    fn read(&mut self, key: usize) {
        let Some(Some(seat)) = self.seats.get_mut(key) else {
            return;
        };
        seat.listener
            .read(Instant::now(), &mut self.batch, &self.shared.network);
        self.look_after(key);
    }

    /// False once nobody can give orders any more.
    fn take_orders(&mut self) -> bool {
        loop {
            match self.inbox.try_recv() {
                Ok(order) => self.follow(order),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn follow(&mut self, order: Order) {
        let now = Instant::now();
        let (registry, network) = (self.poll.registry(), &self.shared.network);
        let seat_of = |seats: &mut Vec<Option<Seat>>, key: usize| seats.get_mut(key).and_then(Option::take);
        match order {
            Order::Add(key, mut listener) => {
                if listener.register(registry, Token(key)).is_err() {
                    return listener.vanish(now);
                }
                if self.seats.len() <= key {
                    self.seats.resize_with(key + 1, || None);
                }
                self.seats[key] = Some(Seat { listener, armed: now });
                self.timers.push(Reverse((now, key)));
            }
            Order::Roam(key) => {
                let Some(Some(seat)) = self.seats.get_mut(key) else {
                    return;
                };
                if seat.listener.roam(now, registry, Token(key)).is_err() {
                    seat.listener.vanish(now);
                }
                self.look_after(key);
            }
            Order::Close(key) => {
                if let Some(mut seat) = seat_of(&mut self.seats, key) {
                    seat.listener.close(now, network);
                    seat.listener.deregister(registry);
                }
            }
            Order::Vanish(key) => {
                if let Some(mut seat) = seat_of(&mut self.seats, key) {
                    seat.listener.vanish(now);
                    seat.listener.deregister(registry);
                }
            }
        }
    }

    fn run_timers(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((at, key))) = self.timers.peek().copied() {
            if at > now {
                break;
            }
            self.timers.pop();
            let Some(Some(seat)) = self.seats.get_mut(key) else {
                continue;
            };
            if seat.armed != at {
                continue;
            }
            if seat.listener.tells_of_arrivals(now) {
                // What waits at the socket has arrived, whoever's turn it is.
                seat.listener.read(now, &mut self.batch, &self.shared.network);
            }
            seat.listener.advance(now, &self.shared.network);
            // Never in the past, so that nobody can keep the thread here.
            seat.armed = seat.listener.due().max(now + SHORTEST_WAIT);
            self.timers.push(Reverse((seat.armed, key)));
            self.look_after(key);
        }
    }

    /// Takes out who is over. One live timer each: a later deadline is found when the earlier timer rings.
    fn look_after(&mut self, key: usize) {
        let Some(Some(seat)) = self.seats.get_mut(key) else {
            return;
        };
        if seat.listener.is_over() {
            seat.listener.deregister(self.poll.registry());
            self.seats[key] = None;
            return;
        }
        let due = seat.listener.due();
        if due + SHORTEST_WAIT < seat.armed {
            seat.armed = due;
            self.timers.push(Reverse((seat.armed, key)));
        }
    }
}
