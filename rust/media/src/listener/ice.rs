//! The lite agent (RFC 8445 §2.5) as far as a listener needs one: it answers checks, and follows where they nominate.

use std::collections::VecDeque;
use std::net::SocketAddr;

use aws_lc_rs::hmac;
use is::stun::{StunMessage, TransId};
use str0m::IceCreds;

use super::place::Place;
use crate::peer::{Datagram, Route};

/// Our user fragment and password, the password as the HMAC state that it is used for: keying an HMAC costs as much as two
/// checks.
pub(super) struct Agent {
    ufrag: String,
    password: Box<str>,
    key: hmac::Key,
    /// The path that the other side nominated last.
    nominated: Option<Route>,
    /// The checks that came last, and from where.
    checks: VecDeque<(TransId, SocketAddr)>,
}

/// Checks that are remembered: more than a client makes in ten seconds once it is connected. Higher costs every listener 48 bytes
/// each; lower lets someone who overheard a check move the sound by repeating it, until the next real one moves it back.
const MAX_CHECKS: usize = 16;

/// The largest answer to a check: a header, an IPv6 address, MESSAGE-INTEGRITY, FINGERPRINT.
const ANSWER_BYTES: usize = 128;

impl Agent {
    /// New credentials.
    pub(super) fn new(place: Place) -> (Self, IceCreds) {
        let mut credentials = IceCreds::new();
        credentials.ufrag = place.name(&credentials.ufrag);
        let agent = Self::of(credentials.ufrag.clone(), &credentials.pass, None);
        (agent, credentials)
    }

    /// One that goes on with the credentials of another process.
    pub(super) fn of(ufrag: String, password: &str, nominated: Option<Route>) -> Self {
        Self {
            ufrag,
            password: password.into(),
            key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()),
            nominated,
            checks: VecDeque::new(),
        }
    }

    pub(super) fn ufrag(&self) -> &str {
        &self.ufrag
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    pub(super) fn nominated(&self) -> Option<Route> {
        self.nominated
    }

    pub(super) fn is_authentic(&self, message: &StunMessage<'_>) -> bool {
        message.verify(&[], |_, parts| self.sign(parts))
    }

    /// Whether an authentic check is the sender's own: not one that was overheard and is repeated from somewhere else.
    pub(super) fn is_own(&mut self, message: &StunMessage<'_>, source: SocketAddr) -> bool {
        let id = message.trans_id();
        if let Some((_, before)) = self.checks.iter().find(|(seen, _)| *seen == id) {
            return *before == source;
        }
        if self.checks.len() == MAX_CHECKS {
            self.checks.pop_front();
        }
        self.checks.push_back((id, source));
        true
    }

    /// Answers an authentic check. None where it is no request.
    pub(super) fn answer(&mut self, datagram: Datagram<'_>, local: SocketAddr) -> Option<Vec<u8>> {
        let request = StunMessage::parse(datagram.contents).ok()?;
        if !request.is_binding_request() {
            return None;
        }
        if request.use_candidate() {
            self.nominated = Some(Route {
                protocol: datagram.protocol,
                remote: datagram.source,
                local,
            });
        }
        let mut answer = vec![0; ANSWER_BYTES];
        let length = StunMessage::binding_reply(request.trans_id(), datagram.source)
            .to_bytes(Some(&[]), &mut answer, |_, parts| self.sign(parts))
            .ok()?;
        answer.truncate(length);
        Some(answer)
    }

    fn sign(&self, parts: &[&[u8]]) -> [u8; 20] {
        let mut context = hmac::Context::with_key(&self.key);
        parts.iter().for_each(|part| context.update(part));
        let mut code = [0; 20];
        code.copy_from_slice(context.sign().as_ref());
        code
    }
}

#[cfg(test)]
mod tests {
    use is::{DefaultSha1HmacProvider, Sha1HmacProvider};
    use str0m::net::Protocol;

    use super::*;
    use crate::counting;
    use crate::listener::Audience;

    /// A check that is read, proved and answered as often as the environment says: see [`counting`].
    #[test]
    fn checks_are_answered() {
        let place = Audience::default().seat(crate::demux::PeerKey(1), 0).expect("a place");
        let (mut agent, credentials) = Agent::new(place);
        let name = format!("{}:theirs", credentials.ufrag);
        let request = StunMessage::binding_request(&name, TransId::new(), true, 7, 1, true);
        let hmac = |key: &[u8], parts: &[&[u8]]| DefaultSha1HmacProvider.sha1_hmac(key, parts);
        let mut bytes = vec![0; 512];
        let length = request.to_bytes(Some(credentials.pass.as_bytes()), &mut bytes, hmac);
        bytes.truncate(length.expect("it fits"));
        let (source, local) = (
            "192.0.2.9:9".parse().expect("address"),
            "192.0.2.1:1".parse().expect("address"),
        );
        for _ in 0..counting::rounds() {
            let message = StunMessage::parse(&bytes).expect("a message");
            assert!(agent.is_authentic(&message) && agent.is_own(&message, source));
            let datagram = Datagram {
                protocol: Protocol::Udp,
                source,
                destination: local,
                contents: &bytes,
            };
            let answer = agent.answer(datagram, local).expect("an answer");
            assert!(answer.len() <= bytes.len(), "no more than was asked");
            assert_eq!(agent.nominated().map(|route| route.remote), Some(source));
            assert!(!agent.is_own(&message, local), "overheard");
        }
    }

    #[test]
    fn a_check_costs_no_more_instructions_than_it_did() {
        // 26,400 when this was written: two SHA-1 without the processor's own instructions, which valgrind does not know.
        counting::assert_at_most(40_000, 100, "listener::ice::tests::checks_are_answered");
    }
}
