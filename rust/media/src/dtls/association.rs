//! One side of an association, without a clock or a socket: datagrams go in, datagrams and keys come out.
//!
//! The library's own repetitions are of no use where much is lost: each wait is twice the one before, asked or not, whoever asks within it
//! is not answered, and after the fourth the handshake is over. So its clock stands still, and a flight is said again by putting that clock
//! forward beyond whatever the library waits for ([`Repeats`]).

use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) use dimpl::Config;
use dimpl::{Dtls, Error, Output};
use str0m::config::DtlsCert;

use super::flight::{Flight, records};
use super::key;
use super::repeats::{AT_MOST, Repeats};

/// The largest record we send: what passes through any tunnel.
const MTU: usize = 1_150;
/// Records that the library may keep, 13 kB each. As a server it is given what it can use at once ([`Flight`]), so that none should wait there; as
/// a client it keeps the pieces of a message until it has all. More is room for those who mean harm, fewer could end a handshake that is well.
const MAX_QUEUED: usize = 4;
/// What the library waits at first, and doubles with each repetition; and what its clock is put forward by for one.
const LIBRARY_WAIT: Duration = Duration::from_nanos(1);
const BEYOND: Duration = Duration::from_secs(24 * 3_600);
/// Its longest wait, and a quarter more of chance.
const _: () = assert!((LIBRARY_WAIT.as_nanos() << AT_MOST) * 5 / 4 < BEYOND.as_nanos());
/// By the library's clock, which both flights put forward: who gives up is whoever owns the association.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3_600);
const _: () = assert!(NEVER.as_nanos() > 2 * AT_MOST as u128 * BEYOND.as_nanos());

/// How all associations are set up.
pub(crate) fn config() -> Result<Config, Error> {
    Config::builder()
        .mtu(MTU)
        .max_queue_rx(MAX_QUEUED)
        // Checks have proved the address by then (RFC 8445): a cookie would prove it once more and cost a round trip.
        .use_server_cookie(false)
        .require_client_certificate(true)
        .flight_start_rto(LIBRARY_WAIT)
        .flight_retries(2 * AT_MOST as usize)
        .handshake_timeout(NEVER)
        .with_crypto_provider(key::provider())
        .build()
}

/// See the module. It is the server, unless it is made the client.
#[derive(Debug)]
pub(crate) struct Association {
    pub(super) dtls: Dtls,
    flight: Flight,
    repeats: Repeats,
    pub(super) now: Instant,
    /// The library's.
    clock: Instant,
    pub(super) is_done: bool,
}

impl Association {
    pub(crate) fn new(now: Instant, config: &Arc<Config>, certificate: DtlsCert) -> Self {
        let mut dtls = Dtls::new_12(Arc::clone(config), certificate, now);
        dtls.set_active(false);
        Self {
            dtls,
            flight: Flight::default(),
            repeats: Repeats::new(),
            now,
            clock: now,
            is_done: false,
        }
    }

    /// Lets time pass: says again what is not answered.
    pub(crate) fn advance(&mut self, now: Instant) -> Result<(), Error> {
        self.now = now;
        if self.repeats.take_turn(now) {
            return self.say_again();
        }
        self.dtls.handle_timeout(self.clock)
    }

    /// Takes a datagram in. An error is the end of the handshake.
    pub(crate) fn receive(&mut self, datagram: &[u8]) -> Result<(), Error> {
        if self.dtls.is_active() {
            // A server's flight is not put in order: what comes too early comes again.
            return records(datagram).try_for_each(|record| self.give(record));
        }
        let taken = self.flight.take(datagram);
        taken
            .ready
            .iter()
            .try_for_each(|record| self.dtls.handle_packet(record))?;
        if taken.is_again && self.repeats.take_request(self.now) {
            self.say_again()?;
        }
        Ok(())
    }

    fn give(&mut self, record: &[u8]) -> Result<(), Error> {
        match self.dtls.handle_packet(record) {
            Err(Error::ReceiveQueueFull) => Ok(()),
            given => given,
        }
    }

    /// The last flight is said again only to a client that asks for it: it is asked for in its name.
    fn say_again(&mut self) -> Result<(), Error> {
        self.clock += BEYOND;
        self.dtls.handle_timeout(self.clock)?;
        match self.flight.key_exchange() {
            Some(record) if self.is_done => self.dtls.handle_packet(record),
            _ => Ok(()),
        }
    }

    /// What is to be done next. Its time is when [`Association::advance`] is wanted at the latest.
    pub(crate) fn poll<'a>(&mut self, buffer: &'a mut [u8]) -> Output<'a> {
        let output = self.dtls.poll_output(buffer);
        match output {
            Output::Packet(_) => self.repeats.said(self.now),
            Output::Connected => {
                self.is_done = true;
                self.repeats = Repeats::of_the_last();
            }
            Output::Timeout(_) => return Output::Timeout(self.due()),
            _ => {}
        }
        output
    }

    fn due(&self) -> Instant {
        self.repeats.due().unwrap_or(self.now + BEYOND)
    }

    /// Ends it: says so to the other side where there is one to say it to.
    pub(crate) fn close(&mut self) -> Result<(), Error> {
        self.dtls.close()
    }
}

#[cfg(test)]
#[path = "association-tests.rs"]
mod tests;
