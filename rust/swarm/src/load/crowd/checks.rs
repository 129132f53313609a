//! ICE of one listener (RFC 8445): it checks, nominates at once, and goes on checking for consent (RFC 7675). Ours is a lite server,
//! which asks nothing; one with full ICE asks too and is answered.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use is::stun::{StunMessage, TransId};
use is::{DefaultSha1HmacProvider, Sha1HmacProvider};

use super::description::{Answer, Credentials};

/// libwebrtc's rhythm on a path that stands, and on one that does not answer.
const STANDING: Duration = Duration::from_millis(2_500);
const SILENT: Duration = Duration::from_millis(480);
/// The first check is repeated after so long, then after twice that, and so on (RFC 8445 §14.3 has 50 ms for the pace of checks).
const FIRST: Duration = Duration::from_millis(50);

/// Answers to older checks than these are not waited for.
const MAX_ASKED: usize = 8;

/// Priority of a host candidate that has no rival (RFC 8445 §5.1.2.1).
const PRIORITY: u32 = (126 << 24) | (65_535 << 8) | 255;

const CHECK_BYTES: usize = 256;

pub(super) struct Checks {
    username: String,
    password: String,
    own_password: String,
    tie_breaker: u64,
    asked: VecDeque<TransId>,
    has_answer: bool,
    pub(super) due: Instant,
}

impl Checks {
    pub(super) fn new(now: Instant, own: &Credentials, answer: &Answer, tie_breaker: u64) -> Self {
        Self {
            username: format!("{}:{}", answer.ufrag, own.ufrag),
            password: answer.password.clone(),
            own_password: own.password.clone(),
            tie_breaker,
            asked: VecDeque::new(),
            has_answer: false,
            due: now,
        }
    }

    /// The next check. It nominates: there is one path.
    pub(super) fn ask(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.due = now
            + match (self.has_answer, self.asked.len()) {
                (true, 0) => STANDING,
                (true, _) => SILENT,
                (false, before) => FIRST.saturating_mul(1 << before.min(4)).min(SILENT),
            };
        let id = TransId::new();
        if self.asked.len() == MAX_ASKED {
            self.asked.pop_front();
        }
        self.asked.push_back(id);
        let request = StunMessage::binding_request(&self.username, id, true, self.tie_breaker, PRIORITY, true);
        signed(request, &self.password)
    }

    /// The answer to a check of a server with full ICE, which came from `remote`. None where it is no check or not for us.
    pub(super) fn reply(&self, message: &[u8], remote: SocketAddr) -> Option<Vec<u8>> {
        let check = StunMessage::parse(message).ok()?;
        if !check.is_binding_request() || !check.verify(self.own_password.as_bytes(), hmac) {
            return None;
        }
        signed(StunMessage::binding_reply(check.trans_id(), remote), &self.own_password)
    }

    /// Whether this is the server's answer to one of our checks.
    pub(super) fn take(&mut self, now: Instant, message: &[u8]) -> bool {
        let is_answer = StunMessage::parse(message).is_ok_and(|answer| {
            answer.is_successful_binding_response()
                && self.asked.contains(&answer.trans_id())
                && answer.verify(self.password.as_bytes(), hmac)
        });
        if is_answer {
            self.asked.clear();
            self.has_answer = true;
            self.due = now + STANDING;
        }
        is_answer
    }

    /// The path is another one from now on, and nothing is known of it.
    pub(super) fn begin_again(&mut self, now: Instant) {
        self.asked.clear();
        self.has_answer = false;
        self.due = now;
    }
}

fn signed(message: StunMessage<'_>, password: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0; CHECK_BYTES];
    let length = message.to_bytes(Some(password.as_bytes()), &mut bytes, hmac).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    DefaultSha1HmacProvider.sha1_hmac(key, parts)
}

#[cfg(test)]
mod tests {
    use super::super::description::Feedback;
    use super::*;

    const SERVER: &str = "192.0.2.1:8401";

    fn credentials(name: &str) -> Credentials {
        Credentials {
            ufrag: name.into(),
            password: format!("the password of {name}"),
        }
    }

    /// Both ends of a path: the listener's checks, and the server's, which are of the same kind.
    fn both() -> (Checks, Checks) {
        let (listener, server) = (credentials("listener"), credentials("server"));
        let seen_by = |own: &Credentials, other: &Credentials| {
            let answer = Answer {
                ufrag: other.ufrag.clone(),
                password: other.password.clone(),
                fingerprint: String::new(),
                is_dtls_client: false,
                feedback: Feedback::default(),
                remote: SERVER.parse().expect("an address"),
            };
            Checks::new(Instant::now(), own, &answer, 1)
        };
        (seen_by(&listener, &server), seen_by(&server, &listener))
    }

    #[test]
    fn a_server_that_asks_is_answered_where_it_knows_the_password() {
        let (listener, mut server) = both();
        let remote = SERVER.parse().expect("an address");
        let check = server.ask(Instant::now()).expect("a check");
        let reply = listener.reply(&check, remote).expect("a reply");
        assert!(server.take(Instant::now(), &reply));
        assert!(listener.reply(&reply, remote).is_none(), "an answer is no question");
        let mut forged = check.clone();
        forged[30] ^= 1;
        assert!(listener.reply(&forged, remote).is_none());
    }
}
