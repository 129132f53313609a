//! The DTLS of browsers, who repeat what is not answered sooner than str0m would: after so long, twice that, and so on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dimpl::{Config, Dtls, ProtocolVersion};
use str0m::crypto::dtls::{DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion};
use str0m::crypto::{CryptoError, CryptoProvider, from_feature_flags};

/// A kind of browser, by when it first repeats a flight.
#[derive(Debug)]
pub struct Browser(Duration);

/// As libwebrtc sets BoringSSL, and as Firefox does.
pub static EAGER: Browser = Browser(Duration::from_millis(50));
/// BoringSSL as it is.
pub static PATIENT: Browser = Browser(Duration::from_millis(400));
/// BoringSSL's (DTLS1_MAX_TIMEOUTS).
const MAX_REPEATS: usize = 12;

impl Browser {
    pub(super) fn crypto(&'static self) -> Arc<CryptoProvider> {
        Arc::new(CryptoProvider {
            dtls_provider: self,
            ..from_feature_flags()
        })
    }
}

impl DtlsProvider for Browser {
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
        let config = Config::builder()
            .flight_start_rto(self.0)
            .flight_retries(MAX_REPEATS)
            .handshake_timeout(Duration::from_secs(60))
            // Else each run would have its own chance in how long a wait is.
            .dangerously_set_rng_seed(1)
            .build()
            .map_err(CryptoError::DtlsImpl)?;
        Ok(Box::new(Client(Dtls::new_12(
            Arc::new(config),
            certificate.clone(),
            now,
        ))))
    }
}

#[derive(Debug)]
struct Client(Dtls);

impl DtlsInstance for Client {
    fn set_active(&mut self, active: bool) {
        self.0.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.0.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        self.0.poll_output(buffer)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.0.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.0.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.0.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.0.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.0.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.0.close()
    }
}
