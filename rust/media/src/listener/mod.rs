//! The thin path: what a listener needs of WebRTC and nothing else.
//!
//! It answers checks, makes one handshake, reads receiver reports, and is otherwise a row of the [`audience`]: a key, an
//! address, a sequence number. Publishers, and listeners whose offer asks for more, are carried by str0m beside it
//! (`peer/session.rs`), which the tests hold it against.

mod audience;
mod class;
mod entry;
#[cfg(feature = "test-hooks")]
pub mod fuzzing;
mod handshake;
mod ice;
mod living_on;
mod loss;
mod packing;
mod place;
mod red;
mod register;
mod reports;
mod row;
mod rtcp;
mod sender;
mod share;

pub(crate) use audience::Audience;
pub(crate) use class::Filling;
pub use class::FrameClass;
pub(crate) use entry::{Entry, Keys};
pub(crate) use handshake::{Due, Identity};
pub use handshake::{Work, Worked};
pub(crate) use living_on::Successor;
pub use loss::ReportedLoss;
pub(crate) use place::Place;
pub use register::Memory;
pub(crate) use register::{Counts, Register};
pub(crate) use rtcp::{CNAME, SentSoFar};
pub(crate) use sender::Sender;
pub use share::{Delivered, Outbox, SLOT_BYTES, Share};

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use dimpl::{KeyingMaterial, SrtpProfile};
use is::stun::StunMessage;
use str0m::net::Transmit;

use crate::addresses::Addresses;
use crate::error::MediaError;
use crate::peer::{Broken, Datagram, Output, Route, Transport};
use crate::sdp::{ListenOffer, compose_fragment};
use crate::stun;
use handshake::{Handshake, Step};
use ice::Agent;
use reports::Reports;

/// The handshake's object is kept at most so long after it is done, to repeat its last flight for a client that lost it. A
/// client that has not asked by then has given up; shorter could leave one in silence, longer costs 8 kB a listener meanwhile.
const KEEP_HANDSHAKE: Duration = Duration::from_secs(60);

/// DTLS content types (RFC 6347 §4.1).
const ALERT: u8 = 21;

/// A listener's session.
pub(crate) struct Listener {
    place: Place,
    agent: Agent,
    remote_ufrag: String,
    mid: String,
    addresses: Addresses,
    ssrc: u32,
    payload_type: u8,
    red: Option<u8>,
    began: Instant,
    handshake: Shake,
    /// Since when it is done.
    done_at: Option<Instant>,
    keys: Option<Box<Reports>>,
    /// Where the handshake came from last, until a path is nominated.
    heard_from: Option<Route>,
    /// The number at which this process went on, until a report has reached it.
    goes_on_at: Option<u32>,
    /// DTLS's good-bye, sealed when the handshake's object went.
    farewell: Option<Box<[u8]>>,
    is_alive: bool,
    outputs: Vec<Output>,
}

/// Datagrams that wait while their handshake is worked on; a flight has six at most. Others are sent again.
const MAX_WAITING: usize = 8;

/// Where the handshake's object is.
enum Shake {
    Here(Box<Handshake>),
    /// Somebody works on it; these came meanwhile.
    Away(Vec<Vec<u8>>),
    /// It is not needed any more.
    Gone,
}

/// What a listener begins with.
pub(crate) struct Opening<'a> {
    pub(crate) now: Instant,
    /// When the node began: reports count from there.
    pub(crate) began: Instant,
    pub(crate) place: Place,
    pub(crate) identity: &'a Identity,
    pub(crate) addresses: Addresses,
}

impl Listener {
    /// Takes an offer; the second value is the answer.
    pub(crate) fn open(opening: Opening<'_>, offer: &ListenOffer<'_>) -> Result<(Self, String), MediaError> {
        let Opening {
            now,
            began,
            place,
            identity,
            addresses,
        } = opening;
        let (agent, credentials) = Agent::new(place);
        let ssrc = u32::from_be_bytes(random()?);
        let answer = offer.answer(
            &credentials,
            &identity.fingerprint(),
            ssrc,
            &addresses.candidate_lines(),
        )?;
        let listener = Self {
            place,
            agent,
            remote_ufrag: offer.remote_ufrag().to_owned(),
            mid: offer.mid(),
            addresses,
            ssrc,
            payload_type: offer.payload_type(),
            red: offer.red(),
            began,
            handshake: Shake::Here(Box::new(Handshake::new(now, identity, offer.fingerprint()))),
            done_at: None,
            keys: None,
            heard_from: None,
            goes_on_at: None,
            farewell: None,
            is_alive: true,
            outputs: Vec::new(),
        };
        Ok((listener, answer))
    }

    fn receive_dtls(&mut self, now: Instant, datagram: Datagram<'_>) {
        match &mut self.handshake {
            Shake::Gone => {
                // What a closing client says can no longer be read. It is a hint: whoever is still there checks again soon.
                if is_sealed_alert(datagram.contents) {
                    self.outputs.push(Output::MayBeGone);
                }
                return;
            }
            Shake::Away(waiting) if waiting.len() < MAX_WAITING => waiting.push(datagram.contents.to_vec()),
            Shake::Away(_) => {}
            Shake::Here(_) => self.work_on(now, vec![datagram.contents.to_vec()]),
        }
        self.heard_from = Some(Route {
            protocol: datagram.protocol,
            remote: datagram.source,
            local: self.addresses.advertised_for(datagram.destination),
        });
    }

    /// Gives the handshake away to be gone on with; [`Transport::worked`] brings it back.
    fn work_on(&mut self, now: Instant, datagrams: Vec<Vec<u8>>) {
        match std::mem::replace(&mut self.handshake, Shake::Away(Vec::new())) {
            Shake::Here(handshake) => self.outputs.push(Output::Work(Due {
                now,
                handshake,
                datagrams,
            })),
            other => self.handshake = other,
        }
    }

    fn follow(&mut self, now: Instant, steps: Result<Vec<Step>, Broken>) -> Result<(), Broken> {
        let steps = match steps {
            Ok(steps) => steps,
            // Behind the handshake nothing depends on DTLS any more.
            Err(Broken) if self.done_at.is_some() => {
                self.handshake = Shake::Gone;
                return Ok(());
            }
            Err(Broken) => {
                self.is_alive = false;
                return Err(Broken);
            }
        };
        for step in steps {
            match step {
                Step::Send(bytes) => self.transmit(bytes),
                Step::Agreed(material, profile) => self.agree(now, &material, profile)?,
                Step::Closed => self.outputs.push(Output::Closed),
            }
        }
        Ok(())
    }

    fn agree(&mut self, now: Instant, material: &KeyingMaterial, profile: SrtpProfile) -> Result<(), Broken> {
        let keys = Keys {
            profile,
            material: (**material).into(),
        };
        let (seal, reports) = Reports::of(&keys).ok_or(Broken)?;
        let first = u16::from_be_bytes(random().map_err(|_| Broken)?);
        self.keys = Some(reports);
        self.done_at = Some(now);
        let sender = Sender::new(seal, self.ssrc, self.payload_type, self.red, first);
        self.outputs.push(Output::Agreed(Box::new(sender), keys));
        self.outputs.push(Output::Connected);
        Ok(())
    }

    fn receive_rtcp(&mut self, packet: &[u8]) {
        let Some(keys) = &mut self.keys else { return };
        let Some((number, compound)) = keys.inbound.seal().and_then(|seal| seal.open_rtcp(packet)) else {
            return;
        };
        if keys.heard.is_some_and(|heard| number <= heard) {
            return;
        }
        keys.heard = Some(number);
        self.outputs.push(keys.numbered());
        if let Some((loss, highest)) = rtcp::reported_loss(&compound, self.ssrc)
            && !self.is_of_the_hole(highest)
        {
            self.outputs.push(Output::ReportedLoss(loss));
        }
        // It has the keys, so our last flight has arrived.
        self.forget_handshake();
    }

    fn forget_handshake(&mut self) {
        if let Shake::Here(handshake) = &mut self.handshake {
            self.farewell = handshake.close().map(Vec::into_boxed_slice);
            self.handshake = Shake::Gone;
            self.outputs.push(Output::Changed);
        }
    }

    /// Protects a compound RTCP packet and sends it.
    fn send_rtcp(&mut self, compound: Vec<u8>) {
        let Some(keys) = &mut self.keys else { return };
        let sealed = keys.outbound.seal().and_then(|seal| seal.rtcp(compound, keys.next));
        keys.next += 1;
        self.outputs.push(keys.numbered());
        if let Some(sealed) = sealed {
            self.transmit(sealed);
        }
    }

    fn transmit(&mut self, contents: Vec<u8>) {
        let Some(route) = self.route() else { return };
        self.outputs.push(Output::Transmit(route.carry(contents)));
    }
}

impl Transport for Listener {
    fn ufrag(&self) -> &str {
        self.agent.ufrag()
    }

    fn remote_ufrag(&self) -> &str {
        &self.remote_ufrag
    }

    fn is_authentic(&self, message: &StunMessage<'_>) -> bool {
        self.agent.is_authentic(message)
    }

    fn is_own(&mut self, message: &StunMessage<'_>, source: SocketAddr) -> bool {
        self.agent.is_own(message, source)
    }

    fn advertised_for(&self, destination: SocketAddr) -> SocketAddr {
        self.addresses.advertised_for(destination)
    }

    fn route(&self) -> Option<Route> {
        self.agent.nominated().or(self.heard_from)
    }

    fn restart_ice(&mut self, ufrag: &str, _password: &str) -> Result<String, MediaError> {
        // A lite agent makes no checks, so that the other side's password is of no use to it.
        let (agent, credentials) = Agent::new(self.place);
        self.heard_from = self.route();
        self.agent = agent;
        self.remote_ufrag = ufrag.to_owned();
        self.outputs.push(Output::Changed);
        let candidates = self.addresses.candidate_lines();
        Ok(compose_fragment(
            &credentials.ufrag,
            &credentials.pass,
            &self.mid,
            &candidates,
        ))
    }

    fn receive(&mut self, now: Instant, datagram: Datagram<'_>) -> Result<(), Broken> {
        match datagram.contents {
            bytes if stun::is_stun(bytes) => {
                let local = self.addresses.advertised_for(datagram.destination);
                if let Some(answer) = self.agent.answer(now, datagram, local) {
                    self.outputs.push(Output::Transmit(Transmit {
                        proto: datagram.protocol,
                        source: local,
                        destination: datagram.source,
                        contents: answer.into(),
                    }));
                }
            }
            // RFC 7983 §7: DTLS; RFC 5761 §4: RTCP. A listener's RTP is nobody's.
            [20..=63, ..] => self.receive_dtls(now, datagram),
            [128..=191, 192..=223, ..] => self.receive_rtcp(datagram.contents),
            _ => {}
        }
        Ok(())
    }

    fn advance(&mut self, now: Instant) -> Result<(), Broken> {
        let Shake::Here(handshake) = &mut self.handshake else {
            return Ok(());
        };
        let steps = handshake.advance(now);
        self.follow(now, steps)?;
        let is_late = |done: Instant| now.saturating_duration_since(done) >= KEEP_HANDSHAKE;
        if self.done_at.is_some_and(is_late) {
            self.forget_handshake();
        }
        Ok(())
    }

    fn worked(&mut self, now: Instant, worked: Worked) -> Result<(), Broken> {
        let Shake::Away(waiting) = &mut self.handshake else {
            return Ok(());
        };
        let waiting = std::mem::take(waiting);
        self.handshake = worked.handshake.map_or(Shake::Gone, Shake::Here);
        self.follow(now, worked.steps)?;
        if !waiting.is_empty() {
            self.work_on(now, waiting);
        }
        Ok(())
    }

    fn needs_time(&self) -> bool {
        !matches!(self.handshake, Shake::Gone)
    }

    fn report(&mut self, now: Instant, sent: SentSoFar) {
        let clock = now.saturating_duration_since(self.began);
        self.send_rtcp(rtcp::sender_report(self.ssrc, clock, sent));
    }

    fn describe(&self, entry: &mut Entry) {
        self.write_into(entry);
    }

    fn close(&mut self) {
        self.send_rtcp(rtcp::goodbye(self.ssrc));
        self.forget_handshake();
        if let Some(farewell) = self.farewell.take() {
            self.transmit(farewell.into_vec());
        }
        self.keys = None;
    }

    fn drain(&mut self, each: &mut dyn FnMut(Output)) -> Result<(), Broken> {
        std::mem::take(&mut self.outputs).into_iter().for_each(each);
        Ok(())
    }

    fn is_alive(&self) -> bool {
        self.is_alive
    }
}

/// An alert of an epoch that only those can read who have its keys.
fn is_sealed_alert(record: &[u8]) -> bool {
    record.first() == Some(&ALERT) && record.get(3..5).is_some_and(|epoch| epoch != [0, 0])
}

fn random<const N: usize>() -> Result<[u8; N], MediaError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| MediaError::Internal)?;
    Ok(bytes)
}
