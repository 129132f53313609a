//! The media thread: waits for packets, commands and the next 20 ms, whichever comes first.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flume::Receiver;
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};
use str0m::net::Protocol;
use voxhall_media::routers::Routers;

use crate::command::{Command, hand_over};
use crate::host_events::EventSender;
use crate::load::Load;
use crate::outlet::{Flushed, Outlet};
use crate::pool::Pool;
use crate::senders::Senders;
use crate::tape::{Queue, Reply};
use crate::tcp::TcpPort;
use crate::udp::UdpPort;
use crate::{Settings, interfaces, memory};

const WAKER: Token = Token(0);
const FIRST_UDP: usize = 1;
const FIRST_TCP_LISTENER: usize = 4;
const FIRST_CONNECTION: usize = 16;

/// The mix's frame.
const TICK: Duration = Duration::from_millis(20);
/// A frame is handed to the audience in portions, so that packets and commands are looked at between them and a network card sees
/// no burst of thousands: so many listeners at once, which take about a millisecond, or an eighth of all.
const PORTION: usize = 256;
const PORTIONS: usize = 8;
/// The time between two of them: eight fit into a frame.
const PAUSE: Duration = Duration::from_millis(1);
/// How often the machine's addresses are read again: a laptop that changes networks is reached again after this.
const ADDRESSES_EVERY: Duration = Duration::from_secs(5);

pub(crate) enum Request {
    Command { command: Command, reply: Reply },
    Stop,
}

pub(crate) struct EventLoop {
    poll: Poll,
    waker: Arc<Waker>,
    handshakes: Pool,
    senders: Senders,
    udp: Vec<UdpPort>,
    outlet: Outlet,
    tcp: TcpPort,
    routers: Routers,
    tapes: Queue,
    requests: Receiver<Request>,
    events: EventSender,
    port: u16,
    advertised: Vec<IpAddr>,
    next_tick: Instant,
    /// When the next portion of the frame is due; None: everyone has it.
    next_portion: Option<Instant>,
    next_look_at_addresses: Instant,
    load: Load,
}

impl EventLoop {
    pub(crate) fn open(
        settings: &Settings,
        requests: Receiver<Request>,
        events: EventSender,
        tapes: Queue,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let v4 = UdpPort::bind(UdpPort::wildcard_v4(settings.port))?;
        let port = v4.port();
        let mut udp = vec![v4];
        let mut listeners = vec![TcpListener::bind(UdpPort::wildcard_v4(port))?];
        // A machine without IPv6 is served over IPv4 alone.
        udp.extend(UdpPort::bind(UdpPort::wildcard_v6(port)));
        if udp.len() == 2 {
            listeners.extend(listen_v6_only(port));
        }
        for (index, socket) in udp.iter_mut().enumerate() {
            let token = Token(FIRST_UDP + index);
            poll.registry()
                .register(socket.socket_mut(), token, Interest::READABLE)?;
        }
        let mut tcp = TcpPort::new(listeners, FIRST_CONNECTION);
        for (index, listener) in tcp.listeners_mut().iter_mut().enumerate() {
            let token = Token(FIRST_TCP_LISTENER + index);
            poll.registry().register(listener, token, Interest::READABLE)?;
        }
        let addresses = interfaces::advertised(&settings.advertised, port)?;
        let now = Instant::now();
        let mut routers = Routers::new(now, addresses, settings.max_peers).map_err(io::Error::other)?;
        routers.set_frame_class(settings.frame_class);
        let next_tick = match settings.memory {
            Some(words) => routers.carry_on(now, &memory::of_this_boot(words)?),
            None => now + TICK,
        };
        let handshakes = Pool::start(&waker)?;
        let own: Arc<[IpAddr]> = interfaces::own()?.into();
        let outlet = || Outlet::open(&udp, Arc::clone(&own));
        let threads = settings.send_threads.unwrap_or_else(Senders::fitting);
        let senders = Senders::start((0..threads).map(|_| outlet()).collect::<io::Result<_>>()?)?;
        Ok(Self {
            poll,
            waker,
            handshakes,
            senders,
            outlet: outlet()?,
            udp,
            tcp,
            routers,
            tapes,
            requests,
            events,
            port,
            advertised: settings.advertised.clone(),
            next_tick,
            next_portion: None,
            next_look_at_addresses: now + ADDRESSES_EVERY,
            load: Load::new(now),
        })
    }

    pub(crate) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(1024);
        let mut more_to_do = false;
        loop {
            let wait = match more_to_do {
                true => Duration::ZERO,
                false => self.next_due().saturating_duration_since(Instant::now()),
            };
            // An interrupted wait is a short wait.
            let _ = self.poll.poll(&mut events, Some(wait));
            for event in &events {
                self.handle_ready(event.token());
            }
            more_to_do = self.read_udp();
            if self.carry_out_requests() {
                break;
            }
            let due = self.next_due();
            self.handshakes.exchange(&mut self.routers, self.next_tick, due);
            more_to_do |= !self.requests.is_empty() || self.handshakes.has_done();
            self.tick_when_due();
            self.deliver_when_due();
            self.send();
        }
        self.routers.shut_down(Instant::now());
        self.send();
    }

    fn next_due(&self) -> Instant {
        self.next_portion.map_or(self.next_tick, |at| at.min(self.next_tick))
    }

    fn handle_ready(&mut self, token: Token) {
        let now = Instant::now();
        let routers = &mut self.routers;
        match token.0 {
            FIRST_UDP..FIRST_TCP_LISTENER => {
                if let Some(port) = self.udp.get_mut(token.0 - FIRST_UDP) {
                    port.note_ready();
                }
            }
            FIRST_TCP_LISTENER..FIRST_CONNECTION => {
                self.tcp.accept(now, token.0 - FIRST_TCP_LISTENER, self.poll.registry());
            }
            FIRST_CONNECTION.. => self.tcp.ready(now, token, |frame| routers.receive(now, frame)),
            // The waker: what it stands for is looked at in every turn.
            _ => {}
        }
    }

    fn read_udp(&mut self) -> bool {
        let now = Instant::now();
        let routers = &mut self.routers;
        let mut more = false;
        for port in &mut self.udp {
            more |= port.receive(|datagram| {
                routers.receive(now, datagram);
            });
        }
        more
    }

    /// Carries out what waits until the next tick is due, so that a rush to join costs nobody sound; one request at least.
    /// True where the node is to stop.
    fn carry_out_requests(&mut self) -> bool {
        while let Ok(request) = self.requests.try_recv() {
            match request {
                Request::Stop => return true,
                Request::Command { command, reply } => {
                    command.answer(Instant::now(), &mut self.routers, &self.tapes, reply);
                }
            }
            if Instant::now() >= self.next_tick {
                break;
            }
        }
        false
    }

    fn tick_when_due(&mut self) {
        let now = Instant::now();
        if now < self.next_tick {
            return;
        }
        let is_late = now > self.next_tick + TICK;
        if is_late {
            self.routers.count_late_tick();
        }
        if let Some(busy) = self.load.tick(now, is_late) {
            self.routers.note_load(busy);
        }
        // A stall is not made up for: sound that should have left is late sound. RTP time goes on by what has passed.
        let frames = 1 + (now - self.next_tick).as_nanos() / TICK.as_nanos();
        let frames = u32::try_from(frames).unwrap_or(u32::MAX);
        if self.next_portion.is_some() {
            self.deliver(usize::MAX);
        }
        self.routers.tick(now, frames);
        self.next_portion = Some(now);
        self.next_tick += TICK * frames;
        self.tcp.accept_again(now, self.poll.registry());
        self.tcp.sweep(now);
        if now >= self.next_look_at_addresses {
            self.next_look_at_addresses = now + ADDRESSES_EVERY;
            self.look_at_addresses();
        }
    }

    fn deliver_when_due(&mut self) {
        let now = Instant::now();
        if self.next_portion.is_some_and(|at| now >= at) {
            let portion = PORTION.max(self.routers.places().div_ceil(PORTIONS));
            let others_wait = self.deliver(portion);
            self.next_portion = others_wait.then_some(now + PAUSE);
        }
    }

    fn deliver(&mut self, at_most: usize) -> bool {
        let mut left = Flushed::default();
        let (senders, outlet) = (&self.senders, &mut self.outlet);
        let send = |shares| senders.deliver(shares, outlet, &mut left);
        let others_wait = self.routers.deliver(at_most, send);
        self.count(&left);
        others_wait
    }

    fn count(&mut self, Flushed { sent, making }: &Flushed) {
        self.routers.count_unsent(sent.full, sent.refused);
        self.routers.count_effort(*making, sent.in_kernel);
    }

    fn look_at_addresses(&mut self) {
        // Where they cannot be read, those from before stay.
        let Ok(own) = interfaces::own() else { return };
        if *own != **self.outlet.own() {
            self.outlet.set_own(own.into());
            if let Ok(addresses) = interfaces::advertised(&self.advertised, self.port) {
                self.routers.set_addresses(addresses);
            }
        }
    }

    fn send(&mut self) {
        hand_over(&mut self.routers, &self.tapes);
        while let Some(transmit) = self.routers.poll_transmit() {
            let (from, to) = (transmit.source, transmit.destination);
            if transmit.proto == Protocol::Udp {
                self.outlet.send(from, to, &transmit.contents);
            } else {
                self.tcp.send(to, &transmit.contents);
            }
        }
        let left = self.outlet.flush();
        self.count(&left);
        while let Some(event) = self.routers.poll_event() {
            self.events.tell(event);
        }
    }
}

fn listen_v6_only(port: u16) -> io::Result<TcpListener> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_only_v6(true)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&UdpPort::wildcard_v6(port).into())?;
    socket.listen(1024)?;
    Ok(TcpListener::from_std(socket.into()))
}
