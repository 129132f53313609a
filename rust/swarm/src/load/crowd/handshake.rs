//! The DTLS of one listener, until it has the keys. It is the client, unless the server wants to be: then our last flight is the last of
//! all, and one that is lost is not repeated.

use std::sync::Arc;
use std::time::Instant;

use dimpl::{Dtls, Output, SrtpProfile, certificate};
use voxhall_media::srtp::{Derived, Master, Seal};

use super::description::Answer;
use super::identity::Identity;

/// Room for the largest record of ours.
const RECORD_BYTES: usize = 2_048;

/// The handshake cannot be gone on with.
#[derive(Debug)]
pub(super) struct Failed;

/// What it was all for.
pub(super) struct Agreement {
    /// Opens the server's sound.
    pub(super) sound: Seal,
    /// Opens the server's reports.
    pub(super) inbound: Derived,
    /// Protects ours.
    pub(super) outbound: Derived,
    /// DTLS's good-bye, sealed and ready.
    pub(super) farewell: Option<Vec<u8>>,
}

pub(super) struct Handshake {
    dtls: Dtls,
    is_client: bool,
    expected: String,
    is_expected: bool,
    pub(super) due: Instant,
}

/// What a step brings: records to send, and in the end the keys.
pub(super) type Steps = (Vec<Vec<u8>>, Option<Agreement>);

impl Handshake {
    pub(super) fn new(now: Instant, identity: &Identity, answer: &Answer) -> Self {
        let is_client = !answer.is_dtls_client;
        let mut dtls = Dtls::new_12(Arc::clone(&identity.config), identity.certificate.clone(), now);
        dtls.set_active(is_client);
        Self {
            dtls,
            is_client,
            expected: answer.fingerprint.clone(),
            is_expected: false,
            due: now,
        }
    }

    pub(super) fn receive(&mut self, now: Instant, record: &[u8]) -> Result<Steps, Failed> {
        self.dtls.handle_timeout(now).map_err(|_| Failed)?;
        self.dtls.handle_packet(record).map_err(|_| Failed)?;
        self.poll()
    }

    /// Begins, and repeats what was lost.
    pub(super) fn advance(&mut self, now: Instant) -> Result<Steps, Failed> {
        self.dtls.handle_timeout(now).map_err(|_| Failed)?;
        self.poll()
    }

    fn poll(&mut self) -> Result<Steps, Failed> {
        let (mut records, mut keys, mut is_done) = (Vec::new(), None, false);
        let mut buffer = [0; RECORD_BYTES];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Timeout(at) => {
                    self.due = at;
                    break;
                }
                Output::Packet(bytes) => records.push(bytes.to_vec()),
                Output::PeerCert(der) => {
                    let shown = certificate::format_fingerprint(&certificate::calculate_fingerprint(der));
                    self.is_expected = shown.eq_ignore_ascii_case(&self.expected);
                }
                Output::KeyingMaterial(material, profile) => {
                    keys = Some(self.derive(profile, &material).ok_or(Failed)?)
                }
                Output::Connected => is_done = true,
                Output::BufferTooSmall { .. } | Output::CloseNotify => return Err(Failed),
                _ => {}
            }
        }
        if !is_done {
            return Ok((records, None));
        }
        let (sound, inbound, outbound) = keys.filter(|_| self.is_expected).ok_or(Failed)?;
        let farewell = self.farewell();
        let agreement = Agreement {
            sound,
            inbound,
            outbound,
            farewell,
        };
        Ok((records, Some(agreement)))
    }

    /// For the sound and the reports that come, and for the reports that go.
    fn derive(&self, profile: SrtpProfile, material: &[u8]) -> Option<(Seal, Derived, Derived)> {
        let (client, server) = Master::of_both(profile, material)?;
        let (own, other) = if self.is_client {
            (client, server)
        } else {
            (server, client)
        };
        Some((other.rtp()?.seal()?, other.rtcp()?, own.rtcp()?))
    }

    fn farewell(&mut self) -> Option<Vec<u8>> {
        self.dtls.close().ok()?;
        let mut buffer = [0; RECORD_BYTES];
        match self.dtls.poll_output(&mut buffer) {
            Output::Packet(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::description::Feedback;
    use super::super::reports::receiver_report;
    use super::super::sound::Account;
    use super::*;

    fn side(now: Instant, identity: &Identity, is_dtls_client: bool) -> Handshake {
        let answer = Answer {
            ufrag: String::new(),
            password: String::new(),
            fingerprint: identity.fingerprint(),
            is_dtls_client,
            feedback: Feedback::default(),
            remote: ([192, 0, 2, 1], 8401).into(),
        };
        Handshake::new(now, identity, &answer)
    }

    /// Gives each side what the other says until both are done.
    fn shake(now: Instant, sides: &mut [Handshake; 2]) -> [Option<Agreement>; 2] {
        let (mut found, mut waiting) = ([None, None], [Vec::new(), Vec::new()]);
        let [first, second] = sides;
        for (index, side) in [first, second].into_iter().enumerate() {
            waiting[1 - index] = side.advance(now).expect("a beginning").0;
        }
        while waiting.iter().any(|records| !records.is_empty()) {
            for index in [0, 1] {
                for record in std::mem::take(&mut waiting[index]) {
                    let (records, agreement) = sides[index].receive(now, &record).expect("a step");
                    waiting[1 - index].extend(records);
                    found[index] = found[index].take().or(agreement);
                }
            }
        }
        found
    }

    #[test]
    fn a_server_that_begins_is_let_begin_and_each_opens_what_the_other_seals() {
        let (now, identity) = (
            Instant::now(),
            Identity::new(Duration::from_millis(50)).expect("an identity"),
        );
        let mut sides = [side(now, &identity, true), side(now, &identity, false)];
        let [Some(listener), Some(server)] = shake(now, &mut sides) else {
            panic!("not both have keys");
        };
        let account = Account {
            ssrc: 7,
            fraction_lost: 0,
            lost: 0,
            highest: 1,
            sent_report: 0,
            since: 0,
        };
        let report = receiver_report(9, &account);
        for (from, to) in [(&listener, &server), (&server, &listener)] {
            let sealed = from
                .outbound
                .seal()
                .and_then(|seal| seal.rtcp(report.clone(), 1))
                .expect("sealed");
            let opened = to.inbound.seal().and_then(|seal| seal.open_rtcp(&sealed));
            assert_eq!(opened.map(|(_, bytes)| bytes), Some(report.clone()));
        }
    }
}
