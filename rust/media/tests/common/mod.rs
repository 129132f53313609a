//! A world without sockets: a node, client peers on str0m, a network between them, and a clock moved by hand.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part of the world"
)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};
use voxhall_media::Datagram;
use voxhall_media::addresses::Addresses;
use voxhall_media::error::MediaError;
use voxhall_media::routers::{NodeEvent, OpenSession, Routers};

pub const FRAME: Duration = Duration::from_millis(20);
const STEP: Duration = Duration::from_millis(5);
pub const NODE: &str = "192.0.2.1:8401";

/// What a client got in one RTP packet.
#[derive(Debug, Clone)]
pub struct Heard {
    pub mid: Mid,
    pub sequence: u64,
    pub timestamp: u64,
    pub csrcs: Vec<u32>,
    pub payload: Vec<u8>,
    pub at: Duration,
}

pub struct Client {
    pub rtc: Rtc,
    pub address: SocketAddr,
    /// The address the network shows to others: that of its NAT.
    outside: SocketAddr,
    pub id: String,
    pub heard: Vec<Heard>,
    pub connected: bool,
    pub closed: bool,
    /// While true, nothing it sends or is sent arrives.
    pub cut: bool,
    pub received_datagrams: u64,
    /// Of the datagrams sent to it, every such one is lost.
    pub loses_every: Option<u64>,
    outbox: VecDeque<(SocketAddr, Vec<u8>)>,
    offered: String,
    answered: String,
    pending: Option<SdpPendingOffer>,
    send_mid: Option<Mid>,
    voice: Option<Voice>,
}

/// A tone, encoded as a browser would.
struct Voice {
    encoder: opus::Encoder,
    phase: f32,
    step: f32,
    sequence: u64,
    timestamp: u32,
}

impl Voice {
    fn new(hz: f32) -> Self {
        let encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).expect("encoder");
        Self {
            encoder,
            phase: 0.0,
            step: hz * std::f32::consts::TAU / 48_000.0,
            sequence: 1,
            timestamp: 0,
        }
    }

    fn frame(&mut self) -> Vec<u8> {
        let samples: Vec<f32> = (0..960)
            .map(|_| {
                self.phase = (self.phase + self.step) % std::f32::consts::TAU;
                self.phase.sin() * 0.25
            })
            .collect();
        self.encoder.encode_vec_float(&samples, 1275).expect("a frame")
    }
}

pub struct World {
    pub node: Routers,
    pub now: Instant,
    pub clients: Vec<Client>,
    pub events: Vec<NodeEvent>,
    start: Instant,
    next_tick: Instant,
}

impl World {
    #[allow(clippy::disallowed_methods, reason = "the one origin of the simulated clock")]
    pub fn new() -> Self {
        let start = Instant::now();
        let addresses = Addresses::new(vec![NODE.parse().expect("address")]);
        let node = Routers::new(addresses, 100).expect("node");
        Self {
            node,
            now: start,
            clients: Vec::new(),
            events: Vec::new(),
            start,
            next_tick: start + FRAME,
        }
    }

    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// Adds a client that speaks a tone of `hz` and has `slots` receive lines; returns its index.
    pub fn speaker(&mut self, participant: &str, csrc: u32, hz: f32, slots: usize) -> usize {
        let mut client = self.client(participant);
        client.offer(Direction::SendOnly, slots);
        client.voice = Some(Voice::new(hz));
        let sdp = client.sdp_offer();
        let opened = self
            .node
            .open_publisher(self.now, self.session(participant, &client.id, sdp), csrc, true);
        client.answer(&opened.expect("opened").sdp);
        self.clients.push(client);
        self.clients.len() - 1
    }

    pub fn listener(&mut self, participant: &str) -> usize {
        let mut client = self.client(participant);
        client.offer(Direction::RecvOnly, 0);
        let sdp = client.sdp_offer();
        let opened = self
            .node
            .open_listener(self.now, self.session(participant, &client.id, sdp));
        client.answer(&opened.expect("opened").sdp);
        self.clients.push(client);
        self.clients.len() - 1
    }

    pub fn session(&self, participant: &str, id: &str, sdp: String) -> OpenSession {
        OpenSession {
            space: "sp_1".into(),
            peer: id.to_owned(),
            participant: participant.to_owned(),
            sdp,
        }
    }

    fn client(&self, participant: &str) -> Client {
        let number = self.clients.len();
        let address = SocketAddr::new([198, 51, 100, 10 + number as u8].into(), 40_000);
        Client::new(self.now, address, format!("peer-{number}-{participant}"))
    }

    /// Lets time pass in both worlds, in steps fine enough for handshakes.
    pub fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.now += STEP;
            if self.now >= self.next_tick {
                self.next_tick += FRAME;
                let now = self.now;
                self.clients.iter_mut().for_each(|c| c.speak(now));
                self.node.tick(now, 1);
            }
            self.exchange();
        }
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
            while let Some(transmit) = self.node.poll_transmit() {
                moved = true;
                let to = self.clients.iter_mut().find(|c| c.outside == transmit.destination);
                if let Some(client) = to.filter(|c| !c.cut) {
                    client.receive(now, at, transmit.source, &transmit.contents);
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

impl Client {
    fn new(now: Instant, address: SocketAddr, id: String) -> Self {
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, Protocol::Udp).expect("candidate"));
        Self {
            rtc,
            address,
            outside: address,
            id,
            heard: Vec::new(),
            connected: false,
            closed: false,
            cut: false,
            received_datagrams: 0,
            loses_every: None,
            outbox: VecDeque::new(),
            offered: String::new(),
            answered: String::new(),
            pending: None,
            send_mid: None,
            voice: None,
        }
    }

    fn offer(&mut self, direction: Direction, slots: usize) {
        let mut change = self.rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, direction, None, None, None);
        for _ in 0..slots {
            change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        }
        let (offer, pending) = change.apply().expect("an offer");
        self.send_mid = (direction == Direction::SendOnly).then_some(mid);
        self.pending = Some(pending);
        self.offered = offer.to_sdp_string();
    }

    fn sdp_offer(&self) -> String {
        self.offered.clone()
    }

    fn answer(&mut self, sdp: &str) {
        let answer = SdpAnswer::from_sdp_string(sdp).expect("an answer that another parser reads");
        self.answered = sdp.to_owned();
        let pending = self.pending.take().expect("an offer is pending");
        self.rtc.sdp_api().accept_answer(pending, answer).expect("accepted");
    }

    pub fn silence(&mut self) {
        self.voice = None;
    }

    fn speak(&mut self, now: Instant) {
        let (Some(voice), Some(mid), true) = (&mut self.voice, self.send_mid, self.connected) else {
            return;
        };
        let payload = voice.frame();
        voice.sequence += 1;
        voice.timestamp = voice.timestamp.wrapping_add(960);
        let (sequence, timestamp) = (voice.sequence, voice.timestamp);
        self.send(now, mid, sequence, timestamp, payload);
    }

    fn send(&mut self, now: Instant, mid: Mid, sequence: u64, timestamp: u32, payload: Vec<u8>) {
        let pt = self
            .rtc
            .codec_config()
            .find(|p| p.spec().codec == Codec::Opus)
            .expect("opus")
            .pt();
        let level = ExtensionValues {
            audio_level: Some(-20),
            voice_activity: Some(true),
            ..Default::default()
        };
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, None).expect("a stream");
        stream.write_rtp(RtpWrite::new(pt, sequence.into(), timestamp, now, payload).ext_vals(level));
    }

    /// Sends `count` packets at once, as a flooding client would.
    pub fn flood(&mut self, now: Instant, count: usize) {
        let mid = self.send_mid.expect("a speaker");
        for _ in 0..count {
            let voice = self.voice.as_mut().expect("a voice");
            voice.sequence += 1;
            voice.timestamp = voice.timestamp.wrapping_add(960);
            let (sequence, timestamp, payload) = (voice.sequence, voice.timestamp, voice.frame());
            self.send(now, mid, sequence, timestamp, payload);
            self.rtc.handle_input(Input::Timeout(now)).expect("time");
        }
    }

    fn poll(&mut self, now: Instant, at: Duration) -> VecDeque<(SocketAddr, Vec<u8>)> {
        if self.rtc.is_alive() {
            self.rtc.handle_input(Input::Timeout(now)).expect("time");
            self.drain(at);
        }
        std::mem::take(&mut self.outbox)
    }

    fn receive(&mut self, now: Instant, at: Duration, source: SocketAddr, bytes: &[u8]) {
        self.received_datagrams += 1;
        if self
            .loses_every
            .is_some_and(|n| self.received_datagrams.is_multiple_of(n))
        {
            return;
        }
        let Ok(received) = Receive::new(Protocol::Udp, source, self.address, bytes) else {
            return;
        };
        if self.rtc.is_alive() {
            self.rtc.handle_input(Input::Receive(now, received)).expect("input");
            self.drain(at);
        }
    }

    fn drain(&mut self, at: Duration) {
        loop {
            let Ok(output) = self.rtc.poll_output() else {
                // A client whose handshake nobody answers gives up after a random while.
                return self.rtc.disconnect();
            };
            match output {
                Output::Timeout(_) => return,
                Output::Transmit(t) => self.outbox.push_back((t.destination, t.contents.to_vec())),
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::Closed) => self.closed = true,
                Output::Event(Event::RtpPacket(p)) => {
                    let mid = self.rtc.direct_api().stream_rx(&p.header.ssrc).expect("a stream").mid();
                    self.heard.push(Heard {
                        mid,
                        sequence: *p.seq_no,
                        timestamp: p.time.numer(),
                        csrcs: p.header.csrc[..p.header.csrc_count].to_vec(),
                        payload: p.payload.to_vec(),
                        at,
                    });
                }
                Output::Event(_) => {}
            }
        }
    }
}

/// An offer as a script would write it, for what no real client sends.
pub fn offer_text(media: &[&str]) -> String {
    let head = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
        a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
        a=setup:actpass\r\n";
    let mids: Vec<String> = (0..media.len()).map(|i| i.to_string()).collect();
    let mut sdp = format!("{head}a=group:BUNDLE {}\r\n", mids.join(" "));
    for (index, line) in media.iter().enumerate() {
        sdp.push_str(line);
        sdp.push_str(&format!("a=mid:{index}\r\na=rtcp-mux\r\n"));
    }
    sdp
}

pub const SENDING_AUDIO: &str =
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\na=sendonly\r\n";
pub const RECEIVING_AUDIO: &str =
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\na=recvonly\r\n";
pub const VIDEO: &str = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 VP8/90000\r\na=recvonly\r\n";

pub fn open(world: &mut World, sdp: &str) -> Result<String, MediaError> {
    let request = world.session("pa_x", "peer-x", sdp.to_owned());
    world.node.open_listener(world.now, request).map(|o| o.sdp)
}

impl Client {
    /// The node's user fragment, as the answer told it.
    pub fn remote_ufrag(&self) -> String {
        self.answered
            .lines()
            .find_map(|l| l.strip_prefix("a=ice-ufrag:"))
            .expect("in the answer")
            .to_owned()
    }

    /// The fragment of an ICE restart; [`Client::restarted`] takes the node's.
    pub fn restart_ice(&mut self) -> String {
        let mut change = self.rtc.sdp_api();
        change.ice_restart(true);
        let (offer, pending) = change.apply().expect("an offer");
        self.pending = Some(pending);
        let is_ice = |l: &&str| l.starts_with("a=ice-ufrag:") || l.starts_with("a=ice-pwd:");
        offer
            .to_sdp_string()
            .lines()
            .filter(is_ice)
            .take(2)
            .map(|l| format!("{l}\r\n"))
            .collect()
    }

    pub fn restarted(&mut self, fragment: &str) {
        let from = |name: &str| {
            fragment
                .lines()
                .find(|l| l.starts_with(name))
                .expect("in the fragment")
                .to_owned()
        };
        let (ufrag, password) = (from("a=ice-ufrag:"), from("a=ice-pwd:"));
        let replaced = self.answered.lines().map(|l| match l {
            _ if l.starts_with("a=ice-ufrag:") => ufrag.clone(),
            _ if l.starts_with("a=ice-pwd:") => password.clone(),
            _ => l.to_owned(),
        });
        let answer = replaced.collect::<Vec<_>>().join("\r\n") + "\r\n";
        self.answer(&answer);
    }

    /// Is seen under another address from now on, as after a change of network or a forgetful NAT.
    pub fn roam(&mut self, outside: SocketAddr) {
        self.outside = outside;
    }
}

/// A binding request as ICE sends it, signed with `password`.
pub fn binding_request(username: &str, password: &str) -> Vec<u8> {
    use is::stun::{StunMessage, TransId};
    use is::{DefaultSha1HmacProvider, Sha1HmacProvider};
    let message = StunMessage::binding_request(username, TransId::new(), true, 7, 1, true);
    let mut buffer = vec![0; 512];
    let hmac = |key: &[u8], payloads: &[&[u8]]| DefaultSha1HmacProvider.sha1_hmac(key, payloads);
    let length = message
        .to_bytes(Some(password.as_bytes()), &mut buffer, hmac)
        .expect("fits");
    buffer.truncate(length);
    buffer
}
