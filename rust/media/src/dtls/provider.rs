//! The same for those whom str0m carries: it is given an association of ours and makes none of its own.

use std::sync::Arc;
use std::time::Instant;

use dimpl::ProtocolVersion;
use str0m::crypto::dtls::{DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion};
use str0m::crypto::{CryptoError, CryptoProvider, from_feature_flags};

use super::{Association, config};

#[derive(Debug)]
struct Provider;

/// str0m's own cryptography, but for DTLS: a flight that is not answered is said again after 100 ms, and not after a second.
pub fn crypto() -> Arc<CryptoProvider> {
    static DTLS: Provider = Provider;
    Arc::new(CryptoProvider {
        dtls_provider: &DTLS,
        ..from_feature_flags()
    })
}

impl DtlsProvider for Provider {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        _version: DtlsVersion,
        _mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let config = Arc::new(config().map_err(CryptoError::DtlsImpl)?);
        Ok(Box::new(Association::new(now, &config, certificate.clone())))
    }
}

impl DtlsInstance for Association {
    fn set_active(&mut self, active: bool) {
        self.dtls.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.receive(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        match self.poll(buffer) {
            // str0m tells the time only when it is due, and never with a datagram.
            DtlsOutput::Timeout(_) if !self.is_done => DtlsOutput::Timeout(self.now),
            output => output,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.advance(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.dtls.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.dtls.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.dtls.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.dtls.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.dtls.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.dtls.close()
    }
}
