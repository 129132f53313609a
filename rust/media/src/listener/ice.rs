//! The lite agent (RFC 8445 §2.5) as far as a listener needs one: it answers checks, and follows where they nominate.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use is::stun::{StunMessage, TransId};
use str0m::IceCreds;
use str0m::net::Protocol;

use super::place::Place;
use crate::peer::{Datagram, Route};

/// Our user fragment and password, the password as the HMAC state that it is used for: keying an HMAC costs as much as two
/// checks.
pub(super) struct Agent {
    ufrag: String,
    password: Box<str>,
    key: hmac::Key,
    nominated: Option<Nominated>,
    /// The checks that came last, and from where.
    checks: VecDeque<(TransId, SocketAddr)>,
}

/// The path that the other side uses, as far as its checks tell.
struct Nominated {
    route: Route,
    priority: (bool, u32),
    /// When a check nominated it last. None: in another process.
    at: Option<Instant>,
}

/// Some nominate all that they check (Firefox: RFC 5245 §8.1.1.2) and use the best of it. Paths nominated within so long of each other are taken
/// for such a row; higher follows later where somebody leaves a path that the checks still pass, lower takes a row whose answers are late for
/// one who leaves.
const ROW: Duration = Duration::from_millis(500);

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
            nominated: nominated.map(|route| Nominated {
                route,
                priority: (false, 0),
                at: None,
            }),
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
        self.nominated.as_ref().map(|nominated| nominated.route)
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
    pub(super) fn answer(&mut self, now: Instant, datagram: Datagram<'_>, local: SocketAddr) -> Option<Vec<u8>> {
        let request = StunMessage::parse(datagram.contents).ok()?;
        if !request.is_binding_request() {
            return None;
        }
        if request.use_candidate() {
            let (protocol, remote) = (datagram.protocol, datagram.source);
            self.nominate(Nominated {
                route: Route {
                    protocol,
                    remote,
                    local,
                },
                // What a check claims counts among those over the same protocol: TCP is what is left where there is nothing else.
                priority: (protocol == Protocol::Udp, request.prio().unwrap_or_default()),
                at: Some(now),
            });
        }
        let mut answer = vec![0; ANSWER_BYTES];
        let length = StunMessage::binding_reply(request.trans_id(), datagram.source)
            .to_bytes(Some(&[]), &mut answer, |_, parts| self.sign(parts))
            .ok()?;
        answer.truncate(length);
        Some(answer)
    }

    fn nominate(&mut self, new: Nominated) {
        let stays = self.nominated.as_ref().is_some_and(|old| {
            let is_in_a_row = old
                .at
                .zip(new.at)
                .is_some_and(|(old, new)| new.saturating_duration_since(old) < ROW);
            is_in_a_row && old.priority > new.priority
        });
        if !stays {
            self.nominated = Some(new);
        }
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
#[allow(clippy::disallowed_methods, reason = "where simulated time begins")]
mod tests {
    use super::*;
    use crate::counting;
    use crate::listener::Audience;
    use is::{DefaultSha1HmacProvider, Sha1HmacProvider};

    /// A check that nominates, as it comes.
    fn check(credentials: &IceCreds, priority: u32) -> Vec<u8> {
        let name = format!("{}:theirs", credentials.ufrag);
        let request = StunMessage::binding_request(&name, TransId::new(), true, 7, priority, true);
        let hmac = |key: &[u8], parts: &[&[u8]]| DefaultSha1HmacProvider.sha1_hmac(key, parts);
        let mut bytes = vec![0; 512];
        let length = request.to_bytes(Some(credentials.pass.as_bytes()), &mut bytes, hmac);
        bytes.truncate(length.expect("it fits"));
        bytes
    }

    /// Firefox nominates all that it checks, the worst last.
    #[test]
    fn of_paths_nominated_in_a_row_the_best_is_used_and_who_leaves_it_later_is_followed() {
        let place = Audience::default().seat(crate::demux::PeerKey(1), 0).expect("a place");
        let (mut agent, credentials) = Agent::new(place);
        let begun = Instant::now();
        let mut nominate = |after_ms: u64, protocol: Protocol, port: u16, priority: u32| {
            let datagram = Datagram {
                protocol,
                source: ([192, 0, 2, 9], port).into(),
                destination: ([192, 0, 2, 1], 1).into(),
                contents: &check(&credentials, priority),
            };
            let answer = agent.answer(begun + Duration::from_millis(after_ms), datagram, datagram.destination);
            assert!(answer.is_some(), "every check is answered");
            agent.nominated().expect("nominated").remote.port()
        };
        assert_eq!(nominate(0, Protocol::Tcp, 3, 30), 3);
        assert_eq!(nominate(10, Protocol::Udp, 1, 20), 1, "UDP before TCP");
        assert_eq!(
            nominate(30, Protocol::Udp, 2, 10),
            1,
            "the first network before the second"
        );
        assert_eq!(nominate(60, Protocol::Tcp, 3, 30), 1);
        assert_eq!(nominate(2_500, Protocol::Tcp, 3, 30), 3, "it has left UDP");
        assert_eq!(nominate(2_600, Protocol::Udp, 1, 20), 1);
    }

    /// A check that is read, proved and answered as often as the environment says: see [`counting`].
    #[test]
    fn checks_are_answered() {
        let place = Audience::default().seat(crate::demux::PeerKey(1), 0).expect("a place");
        let (mut agent, credentials) = Agent::new(place);
        let bytes = check(&credentials, 1);
        let (source, local) = (
            "192.0.2.9:9".parse().expect("address"),
            "192.0.2.1:1".parse().expect("address"),
        );
        let now = Instant::now();
        for _ in 0..counting::rounds() {
            let message = StunMessage::parse(&bytes).expect("a message");
            assert!(agent.is_authentic(&message) && agent.is_own(&message, source));
            let datagram = Datagram {
                protocol: Protocol::Udp,
                source,
                destination: local,
                contents: &bytes,
            };
            let answer = agent.answer(now, datagram, local).expect("an answer");
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
