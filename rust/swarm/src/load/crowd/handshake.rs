//! The DTLS client of one listener, until it has the keys: the server speaks last (RFC 6347 §4.2.4), so that nothing will be asked of
//! it again.

use std::sync::Arc;
use std::time::Instant;

use dimpl::{Dtls, Output, SrtpProfile, certificate};
use voxhall_media::srtp::{Derived, Master, Seal};

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
    expected: String,
    is_expected: bool,
    pub(super) due: Instant,
}

/// What a step brings: records to send, and in the end the keys.
pub(super) type Steps = (Vec<Vec<u8>>, Option<Agreement>);

impl Handshake {
    /// `expected`: the fingerprint in the server's answer.
    pub(super) fn new(now: Instant, identity: &Identity, expected: String) -> Self {
        let mut dtls = Dtls::new_12(Arc::clone(&identity.config), identity.certificate.clone(), now);
        dtls.set_active(true);
        Self {
            dtls,
            expected,
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
                Output::KeyingMaterial(material, profile) => keys = Some(derive(profile, &material).ok_or(Failed)?),
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

    fn farewell(&mut self) -> Option<Vec<u8>> {
        self.dtls.close().ok()?;
        let mut buffer = [0; RECORD_BYTES];
        match self.dtls.poll_output(&mut buffer) {
            Output::Packet(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

fn derive(profile: SrtpProfile, material: &[u8]) -> Option<(Seal, Derived, Derived)> {
    let (client, server) = Master::of_both(profile, material)?;
    Some((server.rtp()?.seal()?, server.rtcp()?, client.rtcp()?))
}
