//! What the spaces ask of a connected device, whichever of the two carries it: str0m's whole WebRTC (`session`), or the thin path
//! of those who only listen (`crate::listener`).

use std::net::SocketAddr;
use std::time::Instant;

use is::stun::StunMessage;
use str0m::media::Mid;
use str0m::net::{Protocol, Transmit};

use super::{Datagram, OutgoingPacket, Output};
use crate::error::MediaError;
use crate::listener::{Entry, SentSoFar, Worked};

/// A session that failed. One that is still alive goes on: what it was given could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken;

/// A way to a device: what carries it, its address, and the one of ours that it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) protocol: Protocol,
    pub(crate) remote: SocketAddr,
    pub(crate) local: SocketAddr,
}

impl Route {
    pub(crate) fn carry(self, contents: Vec<u8>) -> Transmit {
        Transmit {
            proto: self.protocol,
            source: self.local,
            destination: self.remote,
            contents: contents.into(),
        }
    }
}

/// See the module. After each call that changes something, [`Transport::drain`] gives what is to be done.
pub(crate) trait Transport: Send {
    /// Our user fragment, by which its STUN messages are recognised.
    fn ufrag(&self) -> &str;

    fn remote_ufrag(&self) -> &str;

    /// Whether a check was made with our password. An address is learnt from nothing less.
    fn is_authentic(&self, message: &StunMessage<'_>) -> bool;

    /// Whether an authentic check was not overheard and repeated from another address.
    fn is_own(&mut self, _message: &StunMessage<'_>, _source: SocketAddr) -> bool {
        true
    }

    /// The address of ours that the client believes it sends to.
    fn advertised_for(&self, destination: SocketAddr) -> SocketAddr;

    /// Where it is, where this is known here.
    fn route(&self) -> Option<Route>;

    /// Restarts ICE with the other side's new credentials (RFC 9725 §4.3.3); gives our fragment. DTLS and SRTP go on.
    fn restart_ice(&mut self, ufrag: &str, password: &str) -> Result<String, MediaError>;

    /// Hands a datagram in. One that cannot be parsed is an error to count, not a reason to end the session.
    fn receive(&mut self, now: Instant, datagram: Datagram<'_>) -> Result<(), Broken>;

    /// Takes back what was given away as [`Output::Work`].
    fn worked(&mut self, _now: Instant, _worked: Worked) -> Result<(), Broken> {
        Ok(())
    }

    /// Lets time pass.
    fn advance(&mut self, now: Instant) -> Result<(), Broken>;

    /// Whether it waits for time to pass.
    fn needs_time(&self) -> bool {
        true
    }

    /// Queues one Opus packet on the line `mid`. Who hears the mix by the thin path is sent it from the audience's table.
    fn send(&mut self, _now: Instant, _mid: Mid, _packet: OutgoingPacket<'_>) {}

    /// Tells the device what was sent to it from the audience's table.
    fn report(&mut self, _now: Instant, _sent: SentSoFar) {}

    /// Writes into `entry` what of this session another process needs to go on with it.
    fn describe(&self, _entry: &mut Entry) {}

    /// Says good-bye (RTCP BYE, DTLS close_notify), so that the other side need not find out by silence.
    fn close(&mut self);

    /// Gives everything the session wants done, until it waits for time or a datagram.
    fn drain(&mut self, each: &mut dyn FnMut(Output)) -> Result<(), Broken>;

    /// Whether the session can still do anything.
    fn is_alive(&self) -> bool;
}
