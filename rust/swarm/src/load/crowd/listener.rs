//! One listener of the crowd: checks, a handshake, and then a count.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use mio::{Registry, Token};

use super::batch::{Batch, Path};
use super::checks::Checks;
use super::description::{Answer, Feedback};
use super::handshake::{Failed, Handshake, Steps};
use super::hearing::Hearing;
use super::network::{Dice, Network};
use crate::progress::{Progress, State};
use crate::wire::Wire;

pub(super) struct Listener {
    wire: Wire,
    remote: SocketAddr,
    checks: Checks,
    phase: Phase,
    progress: Arc<Progress>,
    dice: Dice,
    ssrc: u32,
    voices: usize,
    feedback: Feedback,
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

impl Listener {
    /// `number`: among its neighbours, so that not all of them report at once and lose the same packets. `voices`: how many
    /// sources the server may send.
    pub(super) fn new(
        wire: Wire,
        answer: &Answer,
        checks: Checks,
        handshake: Handshake,
        progress: Arc<Progress>,
        number: u32,
        voices: usize,
    ) -> Self {
        Self {
            wire,
            remote: answer.remote,
            checks,
            phase: Phase::Finding(Box::new(handshake)),
            progress,
            dice: Dice::new(number),
            ssrc: number.wrapping_add(1),
            voices,
            feedback: answer.feedback,
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
            Phase::Hearing(hearing) => hearing.due().map_or(self.checks.due, |due| due.min(self.checks.due)),
            Phase::Finding(_) | Phase::Over => self.checks.due,
        }
    }

    /// Whether it is about to tell the server of all that came, for which it has to be read.
    pub(super) fn tells_of_arrivals(&self, now: Instant) -> bool {
        matches!(&self.phase, Phase::Hearing(hearing) if hearing.tells_of_arrivals(now))
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
            [128..=191, ..] => self.take_sound(now, datagram, network),
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
            let hearing = Hearing::new(now, agreement, self.voices, self.ssrc, self.feedback);
            self.phase = Phase::Hearing(Box::new(hearing));
            self.progress.set_state(State::Connected, now);
        }
    }

    fn take_sound(&mut self, now: Instant, packet: &[u8], network: &Network) {
        if let Phase::Hearing(hearing) = &mut self.phase
            && let Some(request) = hearing.take(now, packet, &self.progress)
        {
            self.send(&request, network);
        }
    }

    fn take_report(&mut self, now: Instant, packet: &[u8]) {
        if let Phase::Hearing(hearing) = &mut self.phase
            && hearing.is_ended_by(now, packet)
        {
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
            Phase::Hearing(hearing) => {
                for packet in hearing.say(now, &self.progress) {
                    self.send(&packet, network);
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
