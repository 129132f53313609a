//! One connection inside the engine: str0m's state machine and the sockets it talks through.
//!
//! Invariant (str0m's): after every change of `rtc`, `drain` runs until it names the next deadline.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use mio::{Registry, Token};
use str0m::format::Codec;
use str0m::media::{Mid, Pt};
use str0m::net::{DatagramRecv, Receive};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Event, IceConnectionState, Input, Output, Rtc};

use crate::line::{Line, frames};
use crate::progress::{Packet, Progress, State};
use crate::protection::Protection;
use crate::wire::{Received, Wire};

/// Largest packet that is read; an Ethernet frame and room to spare.
const RECEIVE_BUFFER_BYTES: usize = 2048;

/// A deadline that has passed already is met after this long, so that no peer can spin the engine.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// A watchful peer looks at its clock at least this often. At each look ICE checks one pair of addresses and no more, and it asks for a look only
/// every 50 ms: a server of eight addresses would be asked by each way every 400 ms, and its death be noticed after four seconds. Lower looks
/// after more ways in time and wakes more often.
const WATCHFUL_WAIT: Duration = Duration::from_millis(20);

/// A packet to send: Opus, its time, and how loud it is.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) payload: Arc<[u8]>,
    pub(crate) timestamp: u32,
    pub(crate) level_dbov: i8,
    /// The first packet after a silence (RFC 3551 §4.1).
    pub(crate) marker: bool,
}

pub(crate) struct Peer {
    rtc: Rtc,
    wires: Vec<Wire>,
    /// Those of them that the other side has closed.
    closed: BTreeSet<usize>,
    send: Option<(Mid, Protection)>,
    receive: Vec<Mid>,
    next_sequence: u64,
    first_timestamp: u32,
    lines: Vec<Line>,
    progress: Arc<Progress>,
    longest_wait: Option<Duration>,
    pub(crate) deadline: Instant,
}

impl Peer {
    pub(crate) fn new(
        mut rtc: Rtc,
        wires: Vec<Wire>,
        send: Option<Mid>,
        receive: Vec<Mid>,
        progress: Arc<Progress>,
    ) -> Self {
        let random = *rtc.direct_api().new_ssrc();
        let send = send.and_then(|mid| {
            let opus = opus_payload_type(&rtc, mid)?;
            Some((mid, Protection::new(opus, red_payload_type(&rtc, opus))))
        });
        Self {
            rtc,
            wires,
            closed: BTreeSet::new(),
            send,
            lines: receive.iter().map(|_| Line::default()).collect(),
            receive,
            // Below 2^15, so that a loss at the first wrap cannot confuse the receiver's rollover counter (RFC 3711 §3.3.1).
            next_sequence: u64::from(random & 0x7fff),
            first_timestamp: random,
            progress,
            longest_wait: None,
            deadline: Instant::now(),
        }
    }

    /// See [`WATCHFUL_WAIT`].
    pub(crate) fn watchful(self) -> Self {
        Self {
            longest_wait: Some(WATCHFUL_WAIT),
            ..self
        }
    }

    pub(crate) fn register(&mut self, registry: &Registry, first_token: usize) -> std::io::Result<()> {
        for (index, wire) in self.wires.iter_mut().enumerate() {
            wire.register(registry, Token(first_token + index))?;
        }
        Ok(())
    }

    pub(crate) fn deregister(&mut self, registry: &Registry) {
        for wire in &mut self.wires {
            wire.deregister(registry);
        }
    }

    /// Reads one socket until it is empty.
    pub(crate) fn read(&mut self, wire: usize, now: Instant) {
        let mut buffer = [0u8; RECEIVE_BUFFER_BYTES];
        let Some(path) = self.wires.get_mut(wire) else { return };
        path.flush();
        loop {
            let Some(path) = self.wires.get_mut(wire) else { return };
            match path.receive(&mut buffer) {
                Received::Empty => return,
                Received::Closed => {
                    self.closed.insert(wire);
                    if self.closed.len() == self.wires.len() {
                        self.progress.set_state(State::Closed, now);
                    }
                    return;
                }
                Received::Datagram(length, source) => {
                    let (proto, destination) = (path.protocol(), path.local());
                    let packet = &buffer[..length];
                    self.learn_source(packet);
                    let Ok(contents) = DatagramRecv::try_from(packet) else {
                        continue;
                    };
                    let receive = Receive {
                        proto,
                        source,
                        destination,
                        contents,
                    };
                    self.step(Input::Receive(now, receive), now);
                }
            }
        }
    }

    pub(crate) fn on_deadline(&mut self, now: Instant) {
        self.step(Input::Timeout(now), now);
    }

    pub(crate) fn write(&mut self, outgoing: Outgoing, now: Instant) {
        let Some((mid, protection)) = &mut self.send else {
            return;
        };
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(*mid, None) else {
            return;
        };
        let extensions = ExtensionValues {
            audio_level: Some(outgoing.level_dbov),
            voice_activity: Some(outgoing.level_dbov > -50),
            ..Default::default()
        };
        let timestamp = self.first_timestamp.wrapping_add(outgoing.timestamp);
        let plain_bytes = outgoing.payload.len();
        let (payload_type, payload) = protection.wrap(now, timestamp, outgoing.payload);
        self.progress
            .protected
            .fetch_add(u64::from(payload.len() > plain_bytes), Relaxed);
        let packet = RtpWrite::new(payload_type, self.next_sequence.into(), timestamp, now, payload);
        stream.write_rtp(packet.ext_vals(extensions).marker(outgoing.marker));
        self.next_sequence += 1;
        self.progress.sent.fetch_add(1, Relaxed);
        // Nothing leaves before the next timer has run.
        self.drain(now);
        self.step(Input::Timeout(now), now);
    }

    pub(crate) fn close(&mut self, now: Instant) {
        if self.rtc.close().is_ok() {
            self.drain(now);
        }
        for wire in &mut self.wires {
            wire.flush();
        }
        self.progress.set_state(State::Closed, now);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.progress.state() == State::Closed
    }

    fn step(&mut self, input: Input<'_>, now: Instant) {
        match self.rtc.handle_input(input) {
            Ok(()) => self.drain(now),
            Err(_) => self.progress.set_state(State::Closed, now),
        }
    }

    fn drain(&mut self, now: Instant) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(deadline)) => {
                    let latest = self.longest_wait.map_or(deadline, |wait| deadline.min(now + wait));
                    self.deadline = latest.max(now + SHORTEST_WAIT);
                    break;
                }
                Ok(Output::Transmit(packet)) => self.transmit(packet.source, packet.destination, &packet.contents),
                Ok(Output::Event(event)) => self.on_event(event, now),
                Err(_) => {
                    self.progress.set_state(State::Closed, now);
                    break;
                }
            }
        }
        if !self.rtc.is_alive() {
            self.progress.set_state(State::Closed, now);
            self.deadline = now + Duration::from_secs(3600);
        }
    }

    fn transmit(&mut self, source: SocketAddr, destination: SocketAddr, packet: &[u8]) {
        let wire = self.wires.iter_mut().find(|wire| wire.local() == source);
        if let Some(wire) = wire {
            wire.send(destination, packet);
        }
    }

    fn on_event(&mut self, event: Event, now: Instant) {
        match event {
            Event::Connected => self.progress.set_state(State::Connected, now),
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => {
                self.progress.set_state(State::Closed, now);
            }
            Event::RtpPacket(packet) => self.on_packet(packet, now),
            Event::MediaEgressStats(stats) => {
                if let (Some((_, protection)), Some(loss)) = (&mut self.send, stats.loss) {
                    protection.note(now, loss);
                }
            }
            _ => {}
        }
    }

    fn on_packet(&mut self, packet: RtpPacket, now: Instant) {
        let mid = self
            .rtc
            .direct_api()
            .stream_rx(&packet.header.ssrc)
            .map(|stream| stream.mid());
        let Some(line) = self.receive.iter().position(|own| Some(*own) == mid) else {
            return;
        };
        let sequence = *packet.seq_no;
        self.progress
            .expected
            .fetch_add(self.lines[line].note(sequence), Relaxed);
        self.progress.heard(now);
        if let Some(packets) = self.progress.packets.clone() {
            // A reader that stays away loses packets rather than holding the engine.
            self.hand_over(line, &packet, now, |packet| drop(packets.try_send(packet)));
        }
    }

    /// A packet's frame for whoever listens, before it those that had been missing.
    fn hand_over(&mut self, line: usize, packet: &RtpPacket, arrival: Instant, mut give: impl FnMut(Packet)) {
        let header = &packet.header;
        let mut formats = self.rtc.codec_config().iter();
        let red = formats.find(|format| format.red() == Some(header.payload_type));
        let opus = red.map_or(header.payload_type, |format| format.pt());
        let Some(unpacked) = frames(&packet.payload, red.is_some(), *opus) else {
            return;
        };
        let (sequence, timestamp) = (*packet.seq_no, packet.time.numer());
        let csrcs: Vec<u32> = header.csrc.iter().take(header.csrc_count).copied().collect();
        let mut hand = |back: u64, offset: u32, payload: Arc<[u8]>| {
            give(Packet {
                line,
                sequence: sequence.saturating_sub(back),
                timestamp: timestamp.saturating_sub(u64::from(offset)),
                arrival,
                payload,
                csrcs: csrcs.clone(),
            });
        };
        self.progress
            .protected
            .fetch_add(u64::from(!unpacked.earlier.is_empty()), Relaxed);
        for earlier in self.lines[line].restore(sequence, &unpacked.earlier) {
            hand(earlier.back, earlier.offset, earlier.payload.into());
        }
        let own = match red {
            Some(_) => unpacked.primary.into(),
            None => Arc::clone(&packet.payload),
        };
        hand(0, 0, own);
    }

    /// With one receiving line every stream is that line's. A server that names no SSRC in its answer and sends no mid extension is
    /// within its rights (one line needs neither), but str0m would drop its packets.
    fn learn_source(&mut self, packet: &[u8]) {
        let ([mid], [line]) = (self.receive.as_slice(), self.lines.as_slice()) else {
            return;
        };
        let (Some([first, second]), Some(ssrc)) = (packet.first_chunk::<2>(), packet.get(8..12)) else {
            return;
        };
        if !line.is_new() {
            return;
        }
        // RFC 7983 §7 and RFC 5761 §4: RTP, not STUN, DTLS or RTCP.
        if !(128..=191).contains(first) || (64..=95).contains(&(second & 0x7f)) {
            return;
        }
        let Ok(ssrc) = <[u8; 4]>::try_from(ssrc) else { return };
        let (mid, ssrc) = (*mid, u32::from_be_bytes(ssrc));
        let mut direct = self.rtc.direct_api();
        if direct.stream_rx_by_mid(mid, None).is_none() {
            direct.expect_stream_rx(ssrc.into(), None, mid, None);
        }
    }
}

/// The payload type of RED around this Opus, where both sides take it.
fn red_payload_type(rtc: &Rtc, opus: Pt) -> Option<Pt> {
    rtc.codec_config().iter().find(|params| params.pt() == opus)?.red()
}

/// The payload type both sides agreed on for Opus.
fn opus_payload_type(rtc: &Rtc, mid: Mid) -> Option<Pt> {
    let agreed = rtc.media(mid).and_then(|media| media.remote_pts().first().copied());
    agreed.or_else(|| {
        rtc.codec_config()
            .iter()
            .find(|params| params.spec().codec == Codec::Opus)
            .map(|params| params.pt())
    })
}
