//! One listener of the crowd: checks, a handshake, and then a count.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use mio::{Registry, Token};
use voxhall_media::srtp::Derived;

use super::batch::{Batch, Path};
use super::checks::Checks;
use super::handshake::{Agreement, Failed, Handshake, Steps};
use super::network::{Dice, Network};
use super::reports::{receiver_report, says_goodbye};
use super::sound::{Heard, Sound};
use crate::progress::{Progress, State};
use crate::wire::Wire;

/// How often a receiver of sound reports, as libwebrtc does.
const REPORT_EVERY: Duration = Duration::from_secs(5);

pub(super) struct Listener {
    wire: Wire,
    remote: SocketAddr,
    checks: Checks,
    phase: Phase,
    progress: Arc<Progress>,
    dice: Dice,
    ssrc: u32,
    voices: usize,
}

enum Phase {
    /// No check was answered yet.
    Finding(Box<Handshake>),
    /// The handshake is under way.
    Shaking(Box<Handshake>),
    /// Sound is due.
    Hearing(Box<Hearing>),
    Over,
}

struct Hearing {
    sound: Sound,
    inbound: Derived,
    outbound: Derived,
    farewell: Option<Vec<u8>>,
    reports: u32,
    report_due: Instant,
}

impl Listener {
    /// `number`: among its neighbours, so that not all of them report at once and lose the same packets. `voices`: how many
    /// sources the server may send.
    pub(super) fn new(
        wire: Wire,
        remote: SocketAddr,
        checks: Checks,
        handshake: Handshake,
        progress: Arc<Progress>,
        number: u32,
        voices: usize,
    ) -> Self {
        Self {
            wire,
            remote,
            checks,
            phase: Phase::Finding(Box::new(handshake)),
            progress,
            dice: Dice::new(number),
            ssrc: number.wrapping_add(1),
            voices,
        }
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> std::io::Result<()> {
        self.wire.register(registry, token)
    }

    pub(super) fn deregister(&mut self, registry: &Registry) {
        self.wire.deregister(registry);
    }

    /// Goes on from another port and asks from there at once.
    pub(super) fn roam(&mut self, now: Instant, registry: &Registry, token: Token) -> std::io::Result<()> {
        self.wire.roam(registry, token)?;
        self.checks.begin_again(now);
        Ok(())
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// When it wants [`Listener::advance`] at the latest.
    pub(super) fn due(&self) -> Instant {
        match &self.phase {
            Phase::Shaking(handshake) => self.checks.due.min(handshake.due),
            Phase::Hearing(hearing) => self.checks.due.min(hearing.report_due),
            Phase::Finding(_) | Phase::Over => self.checks.due,
        }
    }

    /// Reads what has come.
    pub(super) fn read(&mut self, now: Instant, batch: &mut Batch, network: &Network) {
        loop {
            let path = batch.fill(&mut self.wire);
            for datagram in batch.datagrams() {
                if !network.takes(datagram, &mut self.dice) {
                    self.take(now, datagram, network);
                }
            }
            match path {
                Path::Full if !self.is_over() => {}
                Path::Full | Path::Empty => return,
                Path::Closed => return self.end(now),
            }
        }
    }

    fn take(&mut self, now: Instant, datagram: &[u8], network: &Network) {
        // RFC 7983 §7 and RFC 5761 §4.
        match datagram {
            [0..=3, ..] => self.take_stun(now, datagram, network),
            [20..=63, ..] => {
                if let Phase::Finding(handshake) | Phase::Shaking(handshake) = &mut self.phase {
                    let steps = handshake.receive(now, datagram);
                    self.follow(now, steps, network);
                }
            }
            [128..=191, 192..=223, ..] => self.take_report(now, datagram),
            [128..=191, ..] => self.take_sound(now, datagram),
            _ => {}
        }
    }

    fn take_stun(&mut self, now: Instant, message: &[u8], network: &Network) {
        if let Some(reply) = self.checks.reply(message, self.remote) {
            return self.send(&reply, network);
        }
        if self.checks.take(now, message)
            && let Phase::Finding(_) = &self.phase
            && let Phase::Finding(mut handshake) = std::mem::replace(&mut self.phase, Phase::Over)
        {
            let steps = handshake.advance(now);
            self.phase = Phase::Shaking(handshake);
            self.follow(now, steps, network);
        }
    }

    fn follow(&mut self, now: Instant, steps: Result<Steps, Failed>, network: &Network) {
        let Ok((records, agreement)) = steps else {
            return self.end(now);
        };
        for record in records {
            self.send(&record, network);
        }
        if let Some(agreement) = agreement {
            self.hear(now, agreement);
        }
    }

    fn hear(&mut self, now: Instant, agreement: Agreement) {
        let Agreement {
            sound,
            inbound,
            outbound,
            farewell,
        } = agreement;
        // The first report is early: it tells the server that its last flight has arrived.
        let first = Duration::from_millis(u64::from(self.ssrc % 1_000));
        self.phase = Phase::Hearing(Box::new(Hearing {
            sound: Sound::new(sound, self.voices),
            inbound,
            outbound,
            farewell,
            reports: 0,
            report_due: now + first,
        }));
        self.progress.set_state(State::Connected, now);
    }

    fn take_sound(&mut self, now: Instant, packet: &[u8]) {
        let Phase::Hearing(hearing) = &mut self.phase else {
            return;
        };
        match hearing.sound.take(packet) {
            Heard::New { expected } => {
                self.progress.expected.fetch_add(expected, Relaxed);
                self.progress.heard(now);
            }
            Heard::Foreign => _ = self.progress.foreign.fetch_add(1, Relaxed),
            Heard::Again => {}
        }
    }

    fn take_report(&mut self, now: Instant, packet: &[u8]) {
        let Phase::Hearing(hearing) = &mut self.phase else {
            return;
        };
        let opened = hearing.inbound.seal().and_then(|seal| seal.open_rtcp(packet));
        if opened.is_some_and(|(_, compound)| says_goodbye(&compound)) {
            self.end(now);
        }
    }

    /// Does what is due.
    pub(super) fn advance(&mut self, now: Instant, network: &Network) {
        if self.checks.due <= now
            && let Some(check) = self.checks.ask(now)
        {
            self.send(&check, network);
        }
        match &mut self.phase {
            Phase::Shaking(handshake) if handshake.due <= now => {
                let steps = handshake.advance(now);
                self.follow(now, steps, network);
            }
            Phase::Hearing(hearing) if hearing.report_due <= now => {
                hearing.report_due = now + REPORT_EVERY;
                if let Some(report) = hearing.report(self.ssrc) {
                    self.send(&report, network);
                }
            }
            _ => {}
        }
    }

    /// Says goodbye and is over.
    pub(super) fn close(&mut self, now: Instant, network: &Network) {
        if let Phase::Hearing(hearing) = &mut self.phase
            && let Some(farewell) = hearing.farewell.take()
        {
            self.send(&farewell, network);
        }
        self.end(now);
    }

    /// Is over without a word.
    pub(super) fn vanish(&mut self, now: Instant) {
        self.end(now);
    }

    fn end(&mut self, now: Instant) {
        self.phase = Phase::Over;
        self.progress.set_state(State::Closed, now);
    }

    fn send(&mut self, datagram: &[u8], network: &Network) {
        if !network.is_cut() {
            self.wire.send(self.remote, datagram);
        }
    }
}

impl Hearing {
    /// None where there is nothing to report on yet.
    fn report(&mut self, ssrc: u32) -> Option<Vec<u8>> {
        let accounts = self.sound.accounts();
        if accounts.is_empty() {
            return None;
        }
        let report = receiver_report(ssrc, &accounts);
        self.reports += 1;
        self.outbound.seal()?.rtcp(report, self.reports)
    }
}
