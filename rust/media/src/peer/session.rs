//! A peer's WebRTC session on str0m: negotiation, datagrams in and out, RTP in and out.
//!
//! str0m's contract: after each mutation the outputs are drained until it asks for a timeout. Every method here that mutates
//! leaves that to the caller's one call of [`Session::drain`].

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use is::stun::StunMessage;
use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::media::{Mid, Pt};
use str0m::net::{Receive, Transmit};
use str0m::rtp::{Extension, RtpPacket, RtpWrite};
use str0m::{Event, IceCreds, Input, Output as RtcOutput, Rtc, RtcConfig};

use super::Datagram;
use super::sources::Sources;
use super::transport::{Broken, Route, Transport};
use crate::addresses::Addresses;
use crate::dtls;
use crate::error::MediaError;
use crate::listener::{Due, Keys, Sender};
use crate::red;
use crate::sdp::{Offer, compose_answer, compose_fragment};
use crate::stun;

/// How often a speaker is sent reports, which alone tell a page that its path lives while nobody else speaks (who listens is
/// sent the mix, in silence too), and a sender how much we lose. Pages give a path up after 3 s of nothing: rarer lets them find a
/// dead one later and leaves words unprotected for as long, oftener is only traffic.
const REPORT_INTERVAL: Duration = Duration::from_millis(500);
/// How often a listener's reported loss is read. Browsers report about every 5 s; reading more often sees nothing new.
const STATS_INTERVAL: Duration = Duration::from_secs(5);

/// An audio packet that passed SRTP authentication.
#[derive(Debug)]
pub(crate) struct ReceivedPacket {
    pub(crate) sequence: u64,
    pub(crate) timestamp: u64,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) level_dbov: Option<i8>,
    pub(crate) marker: bool,
    /// Those before it that it carries again (RED), the oldest first.
    pub(crate) earlier: Vec<ReceivedPacket>,
}

/// What a drained session gives.
pub(crate) enum Output {
    Transmit(Transmit),
    Connected,
    Packet(ReceivedPacket),
    /// Fraction of our packets the other side reports lost, 0.0 to 1.0.
    ReportedLoss(f32),
    Closed,
    /// A packet was not read: its speaker has used up what a session may use.
    OverBudget,
    /// The keys for what is sent to a listener are agreed on.
    Agreed(Box<Sender>, Keys),
    /// What is kept of a listener for another process has changed: names, or its good-bye.
    Changed,
    /// Its reports: the number of our next, and the highest of its own.
    Numbered {
        next: u32,
        heard: Option<u32>,
    },
    /// A step of the handshake, for whoever has time; it comes back by [`Transport::worked`].
    ///
    /// [`Transport::worked`]: super::Transport::worked
    Work(Due),
    /// Something that anyone could have sent says that it has gone.
    MayBeGone,
}

pub(crate) struct Session {
    rtc: Rtc,
    offer: Offer,
    local: IceCreds,
    addresses: Addresses,
    mids: Vec<Mid>,
    sources: Sources,
    /// Packets that were not read since the last drain.
    refused: u64,
}

impl Session {
    /// Negotiates `offer` under the user fragment in `local`; the second value is the answer.
    pub(crate) fn negotiate(
        now: Instant,
        offer: Offer,
        local: IceCreds,
        addresses: Addresses,
        certificate: DtlsCert,
    ) -> Result<(Self, String), MediaError> {
        let config = RtcConfig::new()
            .set_ice_lite(true)
            .set_local_ice_credentials(local.clone())
            .set_dtls_cert(certificate)
            .set_crypto_provider(dtls::crypto())
            .set_rtp_mode(true)
            .set_stats_interval(Some(STATS_INTERVAL))
            .set_rtcp_report_interval_audio(REPORT_INTERVAL)
            .clear_codecs()
            .enable_opus(true, true)
            .clear_extension_map()
            .set_extension(1, Extension::AudioLevel)
            .set_extension(4, Extension::RtpMid);
        let mut rtc = config.build(now);
        for candidate in addresses.candidates() {
            rtc.add_local_candidate(candidate);
        }
        let negotiated = accept(&mut rtc, &offer.reduced(None))?;
        let answer = compose_answer(&offer, &negotiated, &addresses.candidate_lines())?;
        let mids = offer.taken_mids().iter().map(|mid| Mid::from(mid.as_str())).collect();
        Ok((
            Self {
                rtc,
                offer,
                local,
                addresses,
                mids,
                sources: Sources::default(),
                refused: 0,
            },
            answer,
        ))
    }

    /// The mids of the lines that were taken, in the offer's order.
    pub(crate) fn mids(&self) -> &[Mid] {
        &self.mids
    }

    fn payload_type(&self, mid: Mid) -> Option<Pt> {
        self.rtc.media(mid)?.remote_pts().first().copied()
    }

    /// A packet as it came, or taken apart where it carries earlier ones; None where it cannot be.
    fn read(&self, packet: RtpPacket) -> Option<ReceivedPacket> {
        let (sequence, timestamp) = (*packet.seq_no, packet.time.numer());
        let mut received = ReceivedPacket {
            sequence,
            timestamp,
            level_dbov: packet.header.ext_vals.audio_level,
            marker: packet.header.marker,
            payload: packet.payload,
            earlier: Vec::new(),
        };
        let payload_type = packet.header.payload_type;
        let mut formats = self.rtc.codec_config().iter();
        if let Some(opus) = formats.find(|format| format.red() == Some(payload_type)) {
            let whole = Arc::clone(&received.payload);
            let unpacked = red::unpack(&whole, *opus.pt())?;
            received.payload = unpacked.primary.into();
            let before = |earlier: &red::Earlier<'_>| {
                Some(ReceivedPacket {
                    sequence: sequence.checked_sub(earlier.back)?,
                    timestamp: timestamp.checked_sub(u64::from(earlier.offset))?,
                    payload: earlier.payload.into(),
                    level_dbov: None,
                    marker: false,
                    earlier: Vec::new(),
                })
            };
            received.earlier = unpacked.earlier.iter().rev().filter_map(before).collect();
        }
        Some(received)
    }
}

impl Transport for Session {
    fn ufrag(&self) -> &str {
        &self.local.ufrag
    }

    fn remote_ufrag(&self) -> &str {
        self.offer.ufrag()
    }

    fn is_authentic(&self, message: &StunMessage<'_>) -> bool {
        stun::is_authentic(message, &self.local.pass)
    }

    /// str0m names the way with each datagram.
    fn route(&self) -> Option<Route> {
        None
    }

    fn restart_ice(&mut self, ufrag: &str, password: &str) -> Result<String, MediaError> {
        let reduced = self.offer.reduced(Some((ufrag, password)));
        accept(&mut self.rtc, &reduced)?;
        self.local = self.rtc.direct_api().local_ice_credentials();
        self.offer.remember_credentials(ufrag, password);
        let mid = self.offer.taken_mids().into_iter().next().unwrap_or_default();
        let candidates = self.addresses.candidate_lines();
        Ok(compose_fragment(&self.local.ufrag, &self.local.pass, &mid, &candidates))
    }

    fn advertised_for(&self, destination: SocketAddr) -> SocketAddr {
        self.addresses.advertised_for(destination)
    }

    fn receive(&mut self, now: Instant, datagram: Datagram<'_>) -> Result<(), Broken> {
        if !self.sources.may_pass(datagram.contents) {
            self.refused += 1;
            return Ok(());
        }
        let destination = self.addresses.advertised_for(datagram.destination);
        let Ok(received) = Receive::new(datagram.protocol, datagram.source, destination, datagram.contents) else {
            return Ok(());
        };
        self.rtc.handle_input(Input::Receive(now, received)).map_err(|_| Broken)
    }

    fn advance(&mut self, now: Instant) -> Result<(), Broken> {
        self.rtc.handle_input(Input::Timeout(now)).map_err(|_| Broken)
    }

    fn send(&mut self, now: Instant, mid: Mid, packet: OutgoingPacket<'_>) {
        let Some(pt) = self.payload_type(mid) else { return };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, None) else {
            return;
        };
        let sequence = packet.sequence.into();
        let write = RtpWrite::new(pt, sequence, packet.timestamp, now, packet.payload)
            .marker(packet.marker)
            .csrc(&packet.csrcs[..packet.csrcs.len().min(15)]);
        stream.write_rtp(write);
    }

    fn close(&mut self) {
        // Closing twice, or before the handshake, has nothing to send: that is no fault.
        let _ = self.rtc.close();
    }

    fn drain(&mut self, each: &mut dyn FnMut(Output)) -> Result<(), Broken> {
        (0..std::mem::take(&mut self.refused)).for_each(|_| each(Output::OverBudget));
        loop {
            match self.rtc.poll_output().map_err(|_| Broken)? {
                RtcOutput::Timeout(_) => return Ok(()),
                RtcOutput::Transmit(transmit) => each(Output::Transmit(transmit)),
                RtcOutput::Event(Event::RtpPacket(packet)) => {
                    self.sources.note(*packet.header.ssrc);
                    if let Some(packet) = self.read(packet) {
                        each(Output::Packet(packet));
                    }
                }
                RtcOutput::Event(event) => {
                    if let Some(output) = translate(event) {
                        each(output);
                    }
                }
            }
        }
    }

    fn is_alive(&self) -> bool {
        self.rtc.is_alive()
    }
}

/// One packet on its way out. `csrcs` says who is heard in it.
pub(crate) struct OutgoingPacket<'a> {
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) csrcs: &'a [u32],
    pub(crate) payload: Arc<[u8]>,
}

fn accept(rtc: &mut Rtc, reduced: &str) -> Result<String, MediaError> {
    let refused = |why: String| MediaError::BadSdp(why);
    let offer = SdpOffer::from_sdp_string(reduced).map_err(|e| refused(e.to_string()))?;
    let answer = rtc.sdp_api().accept_offer(offer).map_err(|e| refused(e.to_string()))?;
    Ok(answer.to_sdp_string())
}

fn translate(event: Event) -> Option<Output> {
    match event {
        Event::Connected => Some(Output::Connected),
        Event::MediaEgressStats(stats) => stats.loss.map(Output::ReportedLoss),
        Event::Closed => Some(Output::Closed),
        _ => None,
    }
}
