//! The other end of a connection in these tests: an ICE-lite server of a page, with real sockets, that sends each publisher's packets to every listener.

#![allow(dead_code, reason = "each file of tests uses a part of it")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::format::Codec;
use str0m::media::{Direction, MediaAdded, Mid};
use str0m::net::{DatagramRecv, Protocol, Receive, TcpType};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

/// Who is said to be heard in every packet.
pub(crate) const CSRC: u32 = 0x0051_ec11;

/// How often the server looks at what it was told.
const LOOK_EVERY: Duration = Duration::from_millis(250);

const LOOK_AT_SOCKETS_EVERY: Duration = Duration::from_millis(1);

type Offer = (String, Sender<String>);

/// What all listeners together have told it in feedback and reports.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The share of its packets that did not arrive, where any were told of: the largest of any second.
    pub(crate) loss: Option<f32>,
    /// Requests to send again.
    pub(crate) requests: u64,
    /// Whether there was a report.
    pub(crate) is_reported: bool,
}

pub(crate) struct Answerer {
    offers: Option<Sender<Offer>>,
    told: Arc<Mutex<Told>>,
    thread: Option<JoinHandle<Vec<RtpPacket>>>,
}

impl Answerer {
    /// `drop_every`: of the packets to listeners every nth is lost; 0 loses none.
    pub(crate) fn start(drop_every: u64) -> Self {
        Self::with(1, drop_every, 0)
    }

    /// To whom the first datagrams of a handshake do not come.
    pub(crate) fn losing_handshakes(count: u32) -> Self {
        Self::with(1, 0, count)
    }

    /// With so many addresses for UDP, each as good as the others.
    pub(crate) fn with_addresses(count: u8) -> Self {
        Self::with(count, 0, 0)
    }

    fn with(addresses: u8, drop_every: u64, handshakes_lost: u32) -> Self {
        let udp: Vec<_> = (1..=addresses)
            .map(|last| UdpSocket::bind((Ipv4Addr::new(127, 0, 0, last), 0)).unwrap())
            .collect();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        for socket in &udp {
            socket.set_nonblocking(true).unwrap();
        }
        tcp.set_nonblocking(true).unwrap();
        let (offers, inbox) = channel();
        let told = Arc::<Mutex<Told>>::default();
        let server = Server {
            told: Arc::clone(&told),
            udp,
            tcp,
            drop_every,
            handshakes_lost,
            peers: Vec::new(),
            streams: Vec::new(),
            heard: Vec::new(),
        };
        let thread = thread::spawn(move || server.run(&inbox));
        Self {
            offers: Some(offers),
            told,
            thread: Some(thread),
        }
    }

    pub(crate) fn told(&self) -> Told {
        self.told.lock().unwrap().clone()
    }

    pub(crate) fn answer(&self, offer: String) -> String {
        let (sender, answer) = channel();
        self.offers.as_ref().unwrap().send((offer, sender)).unwrap();
        answer.recv().unwrap()
    }

    /// Ends it and gives what publishers sent.
    pub(crate) fn stop(mut self) -> Vec<RtpPacket> {
        self.offers = None;
        self.thread.take().unwrap().join().unwrap()
    }
}

struct Peer {
    rtc: Rtc,
    sends: Vec<Mid>,
    next_sequence: u64,
}

struct Stream {
    stream: TcpStream,
    remote: SocketAddr,
    received: Vec<u8>,
}

struct Server {
    told: Arc<Mutex<Told>>,
    udp: Vec<UdpSocket>,
    tcp: TcpListener,
    drop_every: u64,
    handshakes_lost: u32,
    peers: Vec<Peer>,
    streams: Vec<Stream>,
    heard: Vec<RtpPacket>,
}

impl Server {
    fn run(mut self, inbox: &Receiver<Offer>) -> Vec<RtpPacket> {
        loop {
            match inbox.try_recv() {
                Ok((offer, reply)) => reply.send(self.accept(&offer)).unwrap(),
                Err(std::sync::mpsc::TryRecvError::Empty) => {}
                Err(_) => return self.heard,
            }
            thread::sleep(LOOK_AT_SOCKETS_EVERY);
            self.read_udp();
            self.read_tcp();
            let now = Instant::now();
            for index in 0..self.peers.len() {
                self.peers[index].rtc.handle_input(Input::Timeout(now)).unwrap();
                self.drain(index);
            }
        }
    }

    fn accept(&mut self, offer: &str) -> String {
        let mut rtc = RtcConfig::new()
            .set_rtp_mode(true)
            .set_ice_lite(true)
            .clear_codecs()
            .enable_opus(true, false)
            .set_stats_interval(Some(LOOK_EVERY))
            .build(Instant::now());
        for socket in &self.udp {
            rtc.add_local_candidate(Candidate::host(socket.local_addr().unwrap(), Protocol::Udp).unwrap());
        }
        let passive = Candidate::builder()
            .tcp()
            .host(self.tcp.local_addr().unwrap())
            .tcptype(TcpType::Passive)
            .build()
            .unwrap();
        rtc.add_local_candidate(passive);
        let answer = rtc
            .sdp_api()
            .accept_offer(SdpOffer::from_sdp_string(offer).unwrap())
            .unwrap();
        self.peers.push(Peer {
            rtc,
            sends: Vec::new(),
            next_sequence: 100,
        });
        self.drain(self.peers.len() - 1);
        answer.to_sdp_string()
    }

    fn read_udp(&mut self) {
        let mut buffer = [0; 2048];
        for at in 0..self.udp.len() {
            let destination = self.udp[at].local_addr().unwrap();
            while let Ok((length, source)) = self.udp[at].recv_from(&mut buffer) {
                self.receive(Protocol::Udp, source, destination, &buffer[..length]);
            }
        }
    }

    fn read_tcp(&mut self) {
        let destination = self.tcp.local_addr().unwrap();
        while let Ok((stream, remote)) = self.tcp.accept() {
            stream.set_nonblocking(true).unwrap();
            self.streams.push(Stream {
                stream,
                remote,
                received: Vec::new(),
            });
        }
        let mut packets = Vec::new();
        for Stream {
            stream,
            remote,
            received,
        } in &mut self.streams
        {
            let mut buffer = [0; 4096];
            loop {
                match stream.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(length) => received.extend_from_slice(&buffer[..length]),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("{error}"),
                }
            }
            while received.len() >= 2 {
                let end = 2 + usize::from(u16::from_be_bytes([received[0], received[1]]));
                if received.len() < end {
                    break;
                }
                packets.push((*remote, received[2..end].to_vec()));
                received.drain(..end);
            }
        }
        for (source, packet) in packets {
            self.receive(Protocol::Tcp, source, destination, &packet);
        }
    }

    fn receive(&mut self, proto: Protocol, source: SocketAddr, destination: SocketAddr, packet: &[u8]) {
        // A record of DTLS (RFC 7983 §7).
        if (20..64).contains(&packet[0]) && self.handshakes_lost > 0 {
            self.handshakes_lost -= 1;
            return;
        }
        let contents = DatagramRecv::try_from(packet).unwrap();
        let input = Input::Receive(
            Instant::now(),
            Receive {
                proto,
                source,
                destination,
                contents,
            },
        );
        if let Some(index) = self.peers.iter().position(|peer| peer.rtc.accepts(&input)) {
            self.peers[index].rtc.handle_input(input).unwrap();
            self.drain(index);
        }
    }

    fn drain(&mut self, index: usize) {
        loop {
            match self.peers[index].rtc.poll_output().unwrap() {
                Output::Timeout(_) => return,
                Output::Transmit(packet) if packet.proto == Protocol::Udp => {
                    let is_from = |socket: &&UdpSocket| socket.local_addr().unwrap() == packet.source;
                    let socket = self.udp.iter().find(is_from).unwrap();
                    socket.send_to(&packet.contents, packet.destination).unwrap();
                }
                Output::Transmit(packet) => {
                    let stream = self
                        .streams
                        .iter_mut()
                        .find(|stream| stream.remote == packet.destination)
                        .unwrap();
                    let length = u16::try_from(packet.contents.len()).unwrap().to_be_bytes();
                    // The other side may have hung up.
                    let _ = stream.stream.write_all(&[&length, &packet.contents[..]].concat());
                }
                Output::Event(Event::MediaAdded(MediaAdded { mid, direction, .. })) => {
                    if direction != Direction::RecvOnly {
                        self.peers[index].sends.push(mid);
                    }
                }
                Output::Event(Event::RtpPacket(packet)) => self.forward(index, packet),
                Output::Event(Event::PeerStats(stats)) => {
                    let mut told = self.told.lock().unwrap();
                    told.loss = told.loss.into_iter().chain(stats.egress_loss_fraction).reduce(f32::max);
                }
                Output::Event(Event::MediaEgressStats(stats)) => {
                    let mut told = self.told.lock().unwrap();
                    told.requests = told.requests.max(stats.nacks);
                    told.is_reported |= stats.remote.is_some();
                }
                Output::Event(_) => {}
            }
        }
    }

    fn forward(&mut self, from: usize, packet: RtpPacket) {
        for to in (0..self.peers.len()).filter(|to| *to != from) {
            for line in 0..self.peers[to].sends.len() {
                let peer = &mut self.peers[to];
                if !peer.rtc.is_connected() {
                    continue;
                }
                peer.next_sequence += 1;
                if self.drop_every > 0 && peer.next_sequence.is_multiple_of(self.drop_every) {
                    continue;
                }
                let pt = peer
                    .rtc
                    .codec_config()
                    .iter()
                    .find(|params| params.spec().codec == Codec::Opus)
                    .unwrap()
                    .pt();
                let (mid, sequence) = (peer.sends[line], peer.next_sequence);
                let mut direct = peer.rtc.direct_api();
                let stream = direct.stream_tx_by_mid(mid, None).unwrap();
                let time = packet.header.timestamp;
                stream.write_rtp(
                    RtpWrite::new(pt, sequence.into(), time, Instant::now(), packet.payload.clone()).csrc(&[CSRC]),
                );
                self.drain(to);
            }
        }
        self.heard.push(packet);
    }
}
