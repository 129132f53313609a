//! A world without sockets: a node, client peers on str0m, a network between them, and a clock moved by hand.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part of the world"
)]

use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use str0m::media::Direction;
use str0m::net::Protocol;
use voxhall_media::addresses::Addresses;
use voxhall_media::routers::{ListenerPath, NodeEvent, OpenSession, Routers, TapeNews};
use voxhall_media::{Datagram, Delivered, Memory, Outbox, SLOT_BYTES, Share};

mod beeper;
mod browser;
mod client;
mod text;

#[allow(unused_imports, reason = "each test binary uses its own part of the world")]
pub use beeper::{Beep, Beeper, Dice};
#[allow(unused_imports, reason = "each test binary uses its own part of the world")]
pub use browser::{Browser, EAGER, PATIENT};
#[allow(unused_imports, reason = "each test binary uses its own part of the world")]
pub use client::{Client, Heard};
#[allow(unused_imports, reason = "each test binary uses its own part of the world")]
pub use text::{RECEIVING_AUDIO, SENDING_AUDIO, VIDEO, binding_request, offer_text, open};

pub const FRAME: Duration = Duration::from_millis(20);
const STEP: Duration = Duration::from_millis(5);
pub const NODE: &str = "192.0.2.1:8401";

/// What the node made in place: from, to, bytes.
#[derive(Default)]
pub struct Made(pub Vec<(SocketAddr, SocketAddr, Vec<u8>)>);

impl Outbox for Made {
    fn put(&mut self, from: SocketAddr, to: SocketAddr, write: &mut dyn FnMut(&mut [u8]) -> usize) {
        let mut bytes = vec![0; SLOT_BYTES];
        let length = write(&mut bytes);
        bytes.truncate(length);
        if !bytes.is_empty() {
            self.0.push((from, to, bytes));
        }
    }
}

fn by_threads(shares: Vec<Share>, made: &mut Made) -> Vec<Delivered> {
    let run = |share: Share| {
        let mut made = Made::default();
        let delivered = share.deliver(&mut made);
        (delivered, made)
    };
    std::thread::scope(|scope| {
        let begin = |share: Share| scope.spawn(move || run(share));
        let threads: Vec<_> = shares.into_iter().map(begin).collect();
        let done = threads.into_iter().rev().map(|thread| thread.join().expect("done"));
        done.map(|(delivered, more)| {
            made.0.extend(more.0);
            delivered
        })
        .collect()
    })
}

pub struct World {
    pub node: Routers,
    pub now: Instant,
    pub clients: Vec<Client>,
    pub events: Vec<NodeEvent>,
    /// What the writer of the tapes is handed.
    pub tape: Vec<TapeNews>,
    /// The space that whoever is added next joins.
    pub space: &'static str,
    /// What whoever is added next joins with.
    pub browser: &'static Browser,
    /// What reached the node, by sender, while this is Some.
    pub wire: Option<Vec<(SocketAddr, Vec<u8>)>>,
    /// Real time that the node's ticks took.
    pub ticking: Duration,
    /// Whether each share of the audience is delivered by a thread of its own, and the last is given back first.
    pub has_senders: bool,
    start: Instant,
    next_tick: Instant,
    memory: &'static [AtomicU64],
}

/// What one address was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answered {
    pub datagrams: usize,
    pub bytes: usize,
}

impl World {
    pub fn new() -> Self {
        Self::carrying_listeners_by(ListenerPath::default())
    }

    /// Hands one datagram in as if it came from `source`; what goes back there at once.
    pub fn hand_in(&mut self, source: SocketAddr, contents: &[u8]) -> Answered {
        let datagram = Datagram {
            protocol: Protocol::Udp,
            source,
            destination: NODE.parse().expect("address"),
            contents,
        };
        self.node.receive(self.now, datagram);
        self.shake_hands();
        let mut made = Made::default();
        self.deliver(&mut made);
        let mut lengths: Vec<usize> = made
            .0
            .iter()
            .filter(|(_, to, _)| *to == source)
            .map(|(_, _, bytes)| bytes.len())
            .collect();
        while let Some(transmit) = self.node.poll_transmit() {
            if transmit.destination == source {
                lengths.push(transmit.contents.len());
            }
        }
        Answered {
            datagrams: lengths.len(),
            bytes: lengths.iter().sum(),
        }
    }

    #[allow(clippy::disallowed_methods, reason = "the one origin of the simulated clock")]
    pub fn carrying_listeners_by(path: ListenerPath) -> Self {
        let start = Instant::now();
        let addresses = Addresses::new(vec![NODE.parse().expect("address")]);
        let mut node = Routers::new(start, addresses, 100).expect("node");
        node.set_listener_path(path);
        Self {
            node,
            now: start,
            clients: Vec::new(),
            events: Vec::new(),
            tape: Vec::new(),
            space: "sp_1",
            browser: &EAGER,
            wire: None,
            ticking: Duration::ZERO,
            has_senders: false,
            start,
            next_tick: start + FRAME,
            memory: &[],
        }
    }

    /// A node whose listeners outlive it.
    pub fn with_memory() -> Self {
        let mut world = Self::new();
        let words = (0..64 * 101).map(|_| AtomicU64::new(0)).collect::<Vec<_>>();
        world.memory = Vec::leak(words);
        world.node.carry_on(world.now, &world.memory());
        world
    }

    /// The memory as it is now.
    pub fn memory(&self) -> Memory {
        Memory {
            words: self.memory,
            boot: 1,
            uptime: Duration::from_secs(1_000) + self.elapsed(),
        }
    }

    /// The node dies without a word, and so much later there is another.
    pub fn lose_the_node(&mut self, away: Duration) {
        self.now += away;
        let addresses = Addresses::new(vec![NODE.parse().expect("address")]);
        self.node = Routers::new(self.now, addresses, 100).expect("node");
        self.next_tick = self.node.carry_on(self.now, &self.memory());
    }

    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// Adds a client that speaks a tone of `hz` and has `slots` receive lines; returns its index.
    pub fn speaker(&mut self, participant: &str, csrc: u32, hz: f32, slots: usize) -> usize {
        let index = self.silent_speaker(participant, csrc, slots);
        self.clients[index].begin_to_speak(hz);
        index
    }

    /// One who says nothing.
    pub fn silent_speaker(&mut self, participant: &str, csrc: u32, slots: usize) -> usize {
        let mut client = self.client(participant);
        client.offer(Direction::SendOnly, slots);
        let sdp = client.sdp_offer();
        let opened = self
            .node
            .open_publisher(self.now, self.session(participant, &client.id, sdp), csrc, true);
        client.answer(&opened.expect("opened").sdp);
        self.clients.push(client);
        self.clients.len() - 1
    }

    pub fn listener(&mut self, participant: &str) -> usize {
        self.listener_offering(participant, |sdp| sdp)
    }

    /// Adds a listener whose offer is changed on its way.
    pub fn listener_offering(&mut self, participant: &str, change: impl Fn(String) -> String) -> usize {
        let mut client = self.client(participant);
        client.offer(Direction::RecvOnly, 0);
        let sdp = change(client.sdp_offer());
        let opened = self
            .node
            .open_listener(self.now, self.session(participant, &client.id, sdp));
        client.answer(&opened.expect("opened").sdp);
        self.clients.push(client);
        self.clients.len() - 1
    }

    pub fn session(&self, participant: &str, id: &str, sdp: String) -> OpenSession {
        OpenSession {
            space: self.space.into(),
            peer: id.to_owned(),
            participant: participant.to_owned(),
            sdp,
        }
    }

    fn client(&self, participant: &str) -> Client {
        let number = self.clients.len();
        let address = SocketAddr::new([198, 51, 100, 10 + number as u8].into(), 40_000);
        Client::new(self.now, address, format!("peer-{number}-{participant}"), self.browser)
    }

    /// Lets time pass in both worlds, in steps fine enough for handshakes.
    pub fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.now += STEP;
            let (now, at) = (self.now, self.elapsed());
            self.clients.iter_mut().for_each(|c| c.beep(now, at));
            if self.now >= self.next_tick {
                self.next_tick += FRAME;
                let now = self.now;
                self.clients.iter_mut().for_each(|c| c.speak(now));
                self.tick(now);
            }
            self.exchange();
            self.tape.extend(std::iter::from_fn(|| self.node.poll_tape()));
        }
    }

    #[allow(clippy::disallowed_methods, reason = "what is measured is real time")]
    fn tick(&mut self, now: Instant) {
        let began = Instant::now();
        self.node.tick(now, 1);
        self.ticking += began.elapsed();
    }

    /// The machine is paused, and everyone with it; the next tick finds so many frames have passed.
    pub fn stand_still(&mut self, duration: Duration) {
        self.now += duration;
        self.next_tick += duration;
        let frames = (duration.as_millis() / FRAME.as_millis()) as u32;
        self.node.tick(self.now, frames + 1);
    }

    /// What the node's pool of threads does.
    fn shake_hands(&mut self) {
        while let Some(work) = self.node.poll_work() {
            self.node.worked(self.now, work.run());
        }
    }

    /// What the node's threads that send do.
    fn deliver(&mut self, made: &mut Made) {
        let has_senders = self.has_senders;
        self.node.deliver(usize::MAX, |shares| match has_senders {
            true => by_threads(shares, made),
            false => shares.into_iter().map(|share| share.deliver(made)).collect(),
        });
    }

    pub fn connect_all(&mut self) {
        self.run(Duration::from_secs(2));
        assert!(
            self.clients.iter().all(|c| c.connected),
            "every handshake is done within two seconds"
        );
    }

    fn exchange(&mut self) {
        for _ in 0..20 {
            let mut moved = false;
            let (now, at) = (self.now, self.elapsed());
            for client in &mut self.clients {
                let source = client.outside;
                for (destination, bytes) in client.poll(now, at) {
                    moved = true;
                    if let Some(wire) = &mut self.wire {
                        wire.push((source, bytes.clone()));
                    }
                    if !client.cut {
                        let datagram = Datagram {
                            protocol: Protocol::Udp,
                            source,
                            destination,
                            contents: &bytes,
                        };
                        self.node.receive(now, datagram);
                    }
                }
            }
            self.shake_hands();
            let mut made = Made::default();
            self.deliver(&mut made);
            while let Some(transmit) = self.node.poll_transmit() {
                let contents = transmit.contents.to_vec();
                made.0.push((transmit.source, transmit.destination, contents));
            }
            for (from, to, bytes) in made.0 {
                moved = true;
                let to = self.clients.iter_mut().find(|c| c.outside == to);
                if let Some(client) = to.filter(|c| !c.cut) {
                    client.receive(now, at, from, &bytes);
                }
            }
            while let Some(event) = self.node.poll_event() {
                self.events.push(event);
            }
            if !moved {
                return;
            }
        }
    }
}
