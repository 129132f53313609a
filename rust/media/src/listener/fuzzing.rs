//! The parsers behind the listeners' path, for those who throw bytes at them (`rust/fuzz`): what is private stays so in every other build.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use dimpl::SrtpProfile;
use is::stun::{StunMessage, TransId};
use is::{DefaultSha1HmacProvider, Sha1HmacProvider};

use super::handshake::{Due, Handshake, Identity, Step};
use super::rtcp;
use crate::demux::PeerKey;
use crate::srtp::{Master, Seal};
use crate::stun;

const PASSWORD: &str = "a password of enough letters";

static IDENTITY: LazyLock<Option<Identity>> = LazyLock::new(|| {
    let provider = str0m::crypto::from_feature_flags();
    let certificate = provider.dtls_provider.generate_certificate()?;
    Identity::new(certificate).ok()
});

/// One for each way to protect.
static SEALS: LazyLock<Vec<Seal>> = LazyLock::new(|| {
    let material: Vec<u8> = (0..96).collect();
    let seals = |profile| {
        let (client, _) = Master::of_both(profile, &material)?;
        Some([client.rtp()?.seal()?, client.rtcp()?.seal()?])
    };
    let profiles = [
        SrtpProfile::AES128_CM_SHA1_80,
        SrtpProfile::AEAD_AES_128_GCM,
        SrtpProfile::AEAD_AES_256_GCM,
    ];
    profiles.into_iter().filter_map(seals).flatten().collect()
});

/// Reads a check of ICE and proves it.
pub fn read_check(bytes: &[u8]) {
    if stun::is_stun(bytes)
        && let Some((message, _)) = stun::binding_request(bytes)
    {
        let _ = stun::is_authentic(&message, PASSWORD);
    }
}

/// A check as a client makes it.
#[must_use]
pub fn signed_check(name: &str, password: &str) -> Vec<u8> {
    let hmac = |key: &[u8], parts: &[&[u8]]| DefaultSha1HmacProvider.sha1_hmac(key, parts);
    let mut bytes = vec![0; 512];
    let check = StunMessage::binding_request(name, TransId::new(), true, 7, 1, true);
    let length = check.to_bytes(Some(password.as_bytes()), &mut bytes, hmac);
    bytes.truncate(length.unwrap_or_default());
    bytes
}

/// The server's side of a handshake that is sent these datagrams, a tenth of a second apart; what it sends.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "where the simulated time begins")]
pub fn shake_hands(datagrams: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let Some(identity) = &*IDENTITY else { return Vec::new() };
    let mut now = Instant::now();
    let mut handshake = Box::new(Handshake::new(now, identity, [0; 32]));
    let mut sent = Vec::new();
    for datagram in datagrams {
        now += Duration::from_millis(100);
        let due = Due {
            now,
            handshake,
            datagrams: vec![datagram.clone()],
        };
        let worked = due.of(PeerKey(1)).run();
        let Ok(steps) = worked.steps else { break };
        for step in steps {
            match step {
                Step::Send(bytes) => sent.push(bytes),
                Step::Agreed(..) => panic!("nobody showed the certificate that was named"),
                Step::Closed => {}
            }
        }
        match worked.handshake {
            Some(rest) => handshake = rest,
            None => panic!("the handshake panicked"),
        }
    }
    sent
}

/// Whether any of our keys opens this as RTP or as RTCP.
#[must_use]
pub fn opens(bytes: &[u8]) -> bool {
    let opens = |seal: &Seal| seal.open_rtp(bytes, 7).is_some() || seal.open_rtcp(bytes).is_some();
    SEALS.iter().any(opens)
}

/// Reads reports that were authentic.
#[must_use]
pub fn read_reports(bytes: &[u8]) -> Option<f32> {
    rtcp::reported_loss(bytes, 7).map(|(loss, _)| loss)
}
