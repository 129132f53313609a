//! The key of the node's certificate, read once: the library reads it anew for each handshake and proves that it is a point of its curve, which is
//! a third of what a listener's offer costs the media thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use dimpl::CryptoError;
use dimpl::crypto::{
    Buf, CryptoProvider, HashAlgorithm, KeyProvider, SignatureAlgorithm, SigningKey, aws_lc_rs::default_provider,
};

/// The library's cryptography, which keeps the key that it read last.
pub(super) fn provider() -> CryptoProvider {
    static LAST: Last = Last(Mutex::new(None));
    CryptoProvider {
        key_provider: &LAST,
        ..default_provider()
    }
}

/// With the hash of the bytes that it was read from, which are a secret.
#[derive(Debug)]
struct Last(Mutex<Option<([u8; 32], Shared)>>);

impl KeyProvider for Last {
    fn load_private_key(&self, der: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, der).as_ref());
        let mut last = lock(&self.0);
        let key = match last.take() {
            Some((known, key)) if known == hash => key,
            _ => Shared::of(default_provider().key_provider.load_private_key(der)?),
        };
        *last = Some((hash, key.clone()));
        Ok(Box::new(key))
    }
}

/// One for all handshakes; a signature takes it for 20 µs.
#[derive(Debug, Clone)]
struct Shared {
    key: Arc<Mutex<Box<dyn SigningKey>>>,
    algorithm: SignatureAlgorithm,
    hash: HashAlgorithm,
    hashes: Arc<[HashAlgorithm]>,
}

impl Shared {
    fn of(key: Box<dyn SigningKey>) -> Self {
        Self {
            algorithm: key.algorithm(),
            hash: key.hash_algorithm(),
            hashes: key.supported_hash_algorithms().into(),
            key: Arc::new(Mutex::new(key)),
        }
    }
}

impl SigningKey for Shared {
    fn sign(&mut self, data: &[u8], hash: HashAlgorithm, out: &mut Buf) -> Result<(), CryptoError> {
        lock(&self.key).sign(data, hash, out)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn hash_algorithm(&self) -> HashAlgorithm {
        self.hash
    }

    fn supported_hash_algorithms(&self) -> &[HashAlgorithm] {
        &self.hashes
    }
}

/// Nothing is left half done by whoever panics with it.
fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
