//! What publisher and subscriber have in common: one peer connection, offered, answered and watched.

use std::sync::Arc;
use std::time::{Duration, Instant};

use flume::Sender;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::rtp::Extension;
use str0m::{Rtc, RtcConfig};

use crate::engine::{Engine, Order};
use crate::error::ClientError;
use crate::peer::{Outgoing, Peer};
use crate::progress::{Packet, Progress, State};
use crate::remote::{self, Preference};

/// A watchful client asks this often whether the server is there, and gives it up after so many questions without an answer: a second and
/// a half. Fewer, and a lossy network looks like a dead server (at 20 % loss each way once in 28,000); more, and a restart is heard longer.
const WATCH_EVERY: Duration = Duration::from_millis(150);
const WATCH_ANSWERS_MISSED: usize = 10;

/// How often a watchful client says what it loses, and looks at what the server says. More often protects sooner, and takes more of its
/// chances from reports that are lost themselves.
const REPORT_EVERY: Duration = Duration::from_millis(500);

/// How many lines of sound a client offers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lines {
    pub(crate) send: bool,
    pub(crate) receive: u8,
    /// Whether packets may carry earlier ones (RED), both ways.
    pub(crate) red: bool,
}

struct Offered {
    rtc: Rtc,
    pending: SdpPendingOffer,
    send: Option<Mid>,
    receive: Vec<Mid>,
}

pub(crate) struct Client {
    engine: Engine,
    key: usize,
    preference: Preference,
    lines: Lines,
    offered: Option<Offered>,
    pub(crate) progress: Arc<Progress>,
}

impl Client {
    pub(crate) fn new(engine: &Engine, lines: Lines, preference: Preference, packets: Option<Sender<Packet>>) -> Self {
        let progress = Progress::new(packets);
        Self {
            engine: engine.clone(),
            key: engine.next_key(),
            preference,
            lines,
            offered: None,
            progress,
        }
    }

    /// The offer carries no candidates: the server learns our address from the first authenticated check.
    pub(crate) fn offer(&mut self) -> Result<String, ClientError> {
        let mut rtc = config(self.preference.is_watchful, self.lines).build(Instant::now());
        let mut change = rtc.sdp_api();
        let mut add = |direction| change.add_media(MediaKind::Audio, direction, None, None, None);
        let send = self.lines.send.then(|| add(Direction::SendOnly));
        let receive = (0..self.lines.receive).map(|_| add(Direction::RecvOnly)).collect();
        let (offer, pending) = change.apply().ok_or(ClientError::OutOfOrder)?;
        self.offered = Some(Offered {
            rtc,
            pending,
            send,
            receive,
        });
        Ok(offer.to_sdp_string())
    }

    /// Takes the server's answer and starts to connect; blocks only for opening a TCP connection.
    pub(crate) fn answer(&mut self, sdp: &str) -> Result<(), ClientError> {
        let Offered {
            mut rtc,
            pending,
            send,
            receive,
        } = self.offered.take().ok_or(ClientError::OutOfOrder)?;
        let answer = SdpAnswer::from_sdp_string(sdp)
            .map_err(|_| ClientError::BadAnswer("it is not a session description".into()))?;
        let paths = remote::open(sdp, self.preference)?;
        rtc.sdp_api()
            .accept_answer(pending, answer)
            .map_err(|error| ClientError::BadAnswer(one_line(&error.to_string())))?;
        for candidate in paths.candidates {
            rtc.add_local_candidate(candidate);
        }
        let peer = Peer::new(rtc, paths.wires, send, receive, Arc::clone(&self.progress));
        let peer = if self.preference.is_watchful {
            peer.watchful()
        } else {
            peer
        };
        self.engine.order(Order::Add(self.key, Box::new(peer)));
        Ok(())
    }

    pub(crate) fn send(&self, outgoing: Outgoing) -> Result<(), ClientError> {
        if self.progress.state() != State::Connected {
            return Err(ClientError::NotConnected);
        }
        self.engine.order(Order::Send(self.key, outgoing));
        Ok(())
    }

    /// Tells the server (DTLS close) and forgets the peer. Waits, for half a second at most, until that has been sent.
    pub(crate) fn close(&mut self) {
        self.offered = None;
        self.engine.order(Order::Close(self.key));
        if self.progress.state() == State::Connected {
            self.progress.wait_while(State::Connected, Duration::from_millis(500));
        }
        self.progress.set_state(State::Closed, Instant::now());
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.engine.order(Order::Close(self.key));
    }
}

/// Parsers quote what they choke on, line ends included.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Opus only. Extensions as a browser has them for sound: the level (RFC 6464) and the line a packet belongs to (RFC 9143).
fn config(is_watchful: bool, lines: Lines) -> RtcConfig {
    let mut config = RtcConfig::new()
        .set_rtp_mode(true)
        .clear_codecs()
        .enable_opus(true, lines.red)
        .clear_extension_map();
    config = config
        .set_extension(1, Extension::AudioLevel)
        .set_extension(4, Extension::RtpMid);
    if is_watchful {
        config.set_initial_stun_rto(WATCH_EVERY);
        config.set_max_stun_rto(WATCH_EVERY);
        config.set_max_stun_retransmits(WATCH_ANSWERS_MISSED);
        config = config
            .set_crypto_provider(voxhall_media::crypto())
            .set_rtcp_report_interval_audio(REPORT_EVERY);
    }
    // The statistics are where the other side's reports are.
    config.set_stats_interval((lines.send && lines.red).then_some(REPORT_EVERY))
}
