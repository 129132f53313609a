//! A client peer on str0m, as far as a test needs one.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::Answered;
use super::beeper::{Beeper, Dice};
use super::browser::Browser;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};

/// As libwebrtc's, on a path that does not answer.
const CHECKS_EVERY: Duration = Duration::from_millis(480);
/// It goes on checking for as long as a test may last.
const MAX_CHECKS: usize = 100;

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
    pub(super) outside: SocketAddr,
    pub id: String,
    pub heard: Vec<Heard>,
    pub connected: bool,
    /// When that was.
    pub connected_at: Option<Duration>,
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
    /// Says beeps instead, by a clock of its own.
    pub beeper: Option<Beeper>,
    /// The share of what it sends that is lost, and the dice for it.
    pub loses: Option<(f64, Dice)>,
    /// The same of everything, either way: its handshake too.
    pub loses_all: Option<(f64, Dice)>,
    /// What of DTLS is sent to it is lost.
    pub is_deaf: bool,
    /// Datagrams and bytes of DTLS that were sent to it.
    pub dtls: Answered,
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

impl Client {
    pub(super) fn new(now: Instant, address: SocketAddr, id: String, browser: &'static Browser) -> Self {
        let mut config = Rtc::builder();
        // A browser checks twice a second and more often, whatever is lost.
        config.set_max_stun_rto(CHECKS_EVERY);
        config.set_initial_stun_rto(CHECKS_EVERY);
        config.set_max_stun_retransmits(MAX_CHECKS);
        let mut rtc = config
            .set_crypto_provider(browser.crypto())
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
            connected_at: None,
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
            beeper: None,
            loses: None,
            loses_all: None,
            is_deaf: false,
            dtls: Answered::default(),
        }
    }

    pub(super) fn offer(&mut self, direction: Direction, slots: usize) {
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

    pub(super) fn sdp_offer(&self) -> String {
        self.offered.clone()
    }

    pub(super) fn answer(&mut self, sdp: &str) {
        let answer = SdpAnswer::from_sdp_string(sdp).expect("an answer that another parser reads");
        self.answered = sdp.to_owned();
        let pending = self.pending.take().expect("an offer is pending");
        self.rtc.sdp_api().accept_answer(pending, answer).expect("accepted");
    }

    pub(super) fn begin_to_speak(&mut self, hz: f32) {
        self.voice = Some(Voice::new(hz));
    }

    /// As browsers do, who begin with a number of chance.
    pub fn number_packets_from(&mut self, sequence: u64) {
        self.voice.as_mut().expect("a voice").sequence = sequence;
    }

    pub fn silence(&mut self) {
        self.voice = None;
    }

    pub(super) fn speak(&mut self, now: Instant) {
        let (Some(voice), Some(mid), true) = (&mut self.voice, self.send_mid, self.connected) else {
            return;
        };
        let payload = voice.frame();
        voice.sequence += 1;
        voice.timestamp = voice.timestamp.wrapping_add(960);
        let (sequence, timestamp) = (voice.sequence, voice.timestamp);
        self.send(now, mid, sequence, timestamp, payload);
    }

    /// Sends the frames that are due by the beeper's own clock.
    pub(super) fn beep(&mut self, now: Instant, at: Duration) {
        while let (Some(beeper), Some(mid), true) = (&mut self.beeper, self.send_mid, self.connected) {
            let Some(frame) = beeper.next(at) else { return };
            self.send(now, mid, frame.sequence, frame.timestamp, frame.payload);
        }
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

    /// Goes on speaking as another source.
    pub fn change_source(&mut self, source: u32) {
        let mid = self.send_mid.expect("a speaker");
        let mut api = self.rtc.direct_api();
        let before = api.stream_tx_by_mid(mid, None).expect("a stream").ssrc();
        api.remove_stream_tx(before);
        api.declare_stream_tx(source.into(), None, mid, None);
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

    pub(super) fn poll(&mut self, now: Instant, at: Duration) -> VecDeque<(SocketAddr, Vec<u8>)> {
        if self.rtc.is_alive() {
            self.rtc.handle_input(Input::Timeout(now)).expect("time");
            self.drain(at);
        }
        let mut outbox = std::mem::take(&mut self.outbox);
        if let Some((share, dice)) = &mut self.loses {
            // Only media is lost: a lost handshake is another test's concern.
            outbox.retain(|(_, bytes)| !(128..192).contains(&bytes[0]) || dice.share() >= *share);
        }
        outbox.retain(|_| !self.is_lost());
        outbox
    }

    fn is_lost(&mut self) -> bool {
        let dice = self.loses_all.as_mut();
        dice.is_some_and(|(share, dice)| dice.share() < *share)
    }

    pub(super) fn receive(&mut self, now: Instant, at: Duration, source: SocketAddr, bytes: &[u8]) {
        self.received_datagrams += 1;
        let is_dtls = matches!(bytes, [20..=63, ..]);
        if is_dtls {
            self.dtls.datagrams += 1;
            self.dtls.bytes += bytes.len();
        }
        if self.is_lost() || is_dtls && self.is_deaf {
            return;
        }
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
                Output::Event(Event::Connected) => {
                    self.connected = true;
                    self.connected_at.get_or_insert(at);
                }
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

    /// The node's user fragment, as the answer told it.
    pub fn remote_ufrag(&self) -> String {
        self.answered
            .lines()
            .find_map(|l| l.strip_prefix("a=ice-ufrag:"))
            .expect("in the answer")
            .to_owned()
    }

    /// Where it is, and under which name and password its checks are believed.
    pub fn credentials(&self) -> (SocketAddr, String, String) {
        let mut lines = self.answered.lines();
        let password = lines.find_map(|l| l.strip_prefix("a=ice-pwd:")).expect("in the answer");
        (self.address, self.remote_ufrag(), password.to_owned())
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
