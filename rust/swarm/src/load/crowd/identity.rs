//! The certificate of the crowd. One for all: making it is the client's work, and no server can see that it is shared.

use std::sync::Arc;
use std::time::Duration;

use dimpl::{Config, DtlsCertificate, certificate};

use crate::error::ClientError;

/// A flight that is not answered is sent again so often before the join has failed, as BoringSSL does (DTLS1_MAX_TIMEOUTS): where packets are lost,
/// fewer give up within two seconds.
const REPETITIONS: usize = 12;

#[derive(Clone)]
pub(super) struct Identity {
    pub(super) certificate: DtlsCertificate,
    pub(super) config: Arc<Config>,
}

impl Identity {
    /// `first_repetition`: after so long a flight that was not answered is sent again.
    pub(super) fn new(first_repetition: Duration) -> Result<Self, ClientError> {
        let failed =
            |error: &dyn std::fmt::Display| ClientError::Load(format!("no certificate could be made: {error}"));
        let certificate = certificate::generate_self_signed_certificate().map_err(|error| failed(&error))?;
        let config = Config::builder()
            .flight_start_rto(first_repetition)
            .flight_retries(REPETITIONS)
            .build();
        Ok(Self {
            certificate,
            config: Arc::new(config.map_err(|error| failed(&error))?),
        })
    }

    /// As in `a=fingerprint:sha-256` (RFC 8122 §5).
    pub(super) fn fingerprint(&self) -> String {
        self.certificate.fingerprint_str()
    }
}
