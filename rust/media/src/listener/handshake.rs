//! The DTLS 1.2 server (RFC 6347, by dimpl) of one listener, for as long as it is needed: until the keys are agreed on and the
//! other side has shown that it has them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use dimpl::{KeyingMaterial, Output, SrtpProfile};
use str0m::config::DtlsCert;

use crate::demux::PeerKey;
use crate::dtls::{self, Association, Config};
use crate::error::MediaError;
use crate::peer::Broken;

/// What the library may put out at once, and more: a record of ours is 1,150 bytes at most.
const OUTPUT_BYTES: usize = 2_300;

/// What all handshakes share.
#[derive(Clone)]
pub(crate) struct Identity {
    certificate: DtlsCert,
    config: Arc<Config>,
    fingerprint: [u8; 32],
}

impl Identity {
    pub(crate) fn new(certificate: DtlsCert) -> Result<Self, MediaError> {
        let fingerprint = sha256(&certificate.certificate);
        let config = Arc::new(dtls::config().map_err(|_| MediaError::Internal)?);
        Ok(Self {
            certificate,
            config,
            fingerprint,
        })
    }

    pub(crate) fn certificate(&self) -> DtlsCert {
        self.certificate.clone()
    }

    /// As in `a=fingerprint:sha-256` (RFC 8122 §5).
    pub(crate) fn fingerprint(&self) -> String {
        let pairs: Vec<String> = self.fingerprint.iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// What a step of the handshake brings.
pub(super) enum Step {
    Send(Vec<u8>),
    /// Both sides have the keys, and the other side is who the offer said.
    Agreed(KeyingMaterial, SrtpProfile),
    Closed,
}

pub(super) struct Handshake {
    association: Association,
    /// SHA-256 of the certificate that the offer named.
    expected: [u8; 32],
    is_expected: bool,
    keys: Option<(KeyingMaterial, SrtpProfile)>,
    due: Instant,
}

impl Handshake {
    pub(super) fn new(now: Instant, identity: &Identity, expected: [u8; 32]) -> Self {
        Self {
            association: Association::new(now, &identity.config, identity.certificate()),
            expected,
            is_expected: false,
            keys: None,
            due: now,
        }
    }

    /// Takes a datagram in. An error is the end of the handshake.
    fn receive(&mut self, now: Instant, datagram: &[u8]) -> Result<Vec<Step>, Broken> {
        self.association.advance(now).map_err(|_| Broken)?;
        self.association.receive(datagram).map_err(|_| Broken)?;
        self.poll()
    }

    /// Lets time pass: repeats what was lost.
    pub(super) fn advance(&mut self, now: Instant) -> Result<Vec<Step>, Broken> {
        if now < self.due {
            return Ok(Vec::new());
        }
        self.association.advance(now).map_err(|_| Broken)?;
        self.poll()
    }

    /// Ends it; the record that says so to the other side, where there is one to say it to.
    pub(super) fn close(&mut self) -> Option<Vec<u8>> {
        self.association.close().ok()?;
        let mut buffer = vec![0; OUTPUT_BYTES];
        loop {
            match self.association.poll(&mut buffer) {
                Output::Packet(bytes) => return Some(bytes.to_vec()),
                Output::Timeout(_) | Output::BufferTooSmall { .. } => return None,
                _ => {}
            }
        }
    }

    /// Takes datagrams in, one after the other.
    fn receive_all(&mut self, now: Instant, datagrams: &[Vec<u8>]) -> Result<Vec<Step>, Broken> {
        let mut steps = Vec::new();
        for datagram in datagrams {
            steps.extend(self.receive(now, datagram)?);
        }
        Ok(steps)
    }

    fn poll(&mut self) -> Result<Vec<Step>, Broken> {
        let (mut steps, mut is_done) = (Vec::new(), false);
        let mut buffer = vec![0; OUTPUT_BYTES];
        loop {
            match self.association.poll(&mut buffer) {
                Output::Timeout(at) => {
                    self.due = at;
                    break;
                }
                Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
                Output::Packet(bytes) => steps.push(Step::Send(bytes.to_vec())),
                Output::PeerCert(der) => {
                    verify_slices_are_equal(&sha256(der), &self.expected).map_err(|_| Broken)?;
                    self.is_expected = true;
                }
                Output::KeyingMaterial(material, profile) => self.keys = Some((material, profile)),
                Output::Connected => is_done = true,
                Output::CloseNotify => steps.push(Step::Closed),
                _ => {}
            }
        }
        if is_done {
            // Who agreed on no protection for media, or showed no certificate, is no listener.
            let (material, profile) = self.keys.take().filter(|_| self.is_expected).ok_or(Broken)?;
            steps.push(Step::Agreed(material, profile));
        }
        Ok(steps)
    }
}

/// A handshake and what came for it, to be gone on with wherever there is time: it costs the better part of a millisecond, which
/// is the time of three hundred packets.
pub struct Work {
    key: PeerKey,
    due: Due,
}

/// What came of it.
pub struct Worked {
    pub(crate) key: PeerKey,
    /// None: it panicked, and nothing is left of it.
    pub(super) handshake: Option<Box<Handshake>>,
    pub(super) steps: Result<Vec<Step>, Broken>,
}

/// What a listener wants done.
pub(crate) struct Due {
    pub(super) now: Instant,
    pub(super) handshake: Box<Handshake>,
    pub(super) datagrams: Vec<Vec<u8>>,
}

impl Due {
    pub(crate) fn of(self, key: PeerKey) -> Work {
        Work { key, due: self }
    }
}

impl Work {
    /// Goes on with it. Never panics: what breaks is this handshake.
    #[must_use]
    pub fn run(self) -> Worked {
        let Self { key, due } = self;
        let Due {
            now,
            mut handshake,
            datagrams,
        } = due;
        let worked = catch_unwind(AssertUnwindSafe(|| {
            let steps = handshake.receive_all(now, &datagrams);
            (handshake, steps)
        }));
        let (handshake, steps) = match worked {
            Ok((handshake, steps)) => (Some(handshake), steps),
            Err(_) => (None, Err(Broken)),
        };
        Worked { key, handshake, steps }
    }
}
