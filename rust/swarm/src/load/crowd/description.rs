//! What a listener of the crowd offers, and what it takes from the answer.

use std::net::SocketAddr;

use str0m::IceCreds;

use super::identity::Identity;
use crate::error::ClientError;
use crate::remote::{self, Preference};

/// A listener's own half of ICE (RFC 8445 §5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) ufrag: String,
    pub(super) password: String,
}

impl Credentials {
    pub(super) fn new() -> Self {
        let IceCreds { ufrag, pass } = IceCreds::new();
        Self { ufrag, password: pass }
    }
}

/// As Chromium says it that only wants to hear, in the lines that count: Opus, and RED around it.
pub(super) fn offer(own: &Credentials, identity: &Identity) -> String {
    let Credentials { ufrag, password } = own;
    let fingerprint = identity.fingerprint();
    [
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        &format!("a=ice-ufrag:{ufrag}"),
        &format!("a=ice-pwd:{password}"),
        &format!("a=fingerprint:sha-256 {fingerprint}"),
        "a=setup:actpass",
        "a=mid:0",
        "a=recvonly",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:63 red/48000/2",
        "a=fmtp:63 111/111",
        "",
    ]
    .join("\r\n")
}

/// What the server answered, as far as a listener needs it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) ufrag: String,
    pub(super) password: String,
    /// SHA-256 of the certificate that the server will show.
    pub(super) fingerprint: String,
    /// Whether it begins the handshake itself, as those who answer may (RFC 5763 §5).
    pub(super) is_dtls_client: bool,
    pub(super) remote: SocketAddr,
}

impl Answer {
    pub(super) fn read(sdp: &str, preference: Preference) -> Result<Self, ClientError> {
        let attribute = |name: &str| {
            let value = sdp.lines().find_map(|line| line.trim().strip_prefix(name));
            value
                .map(str::to_owned)
                .ok_or_else(|| ClientError::BadAnswer(format!("it has no line {name}")))
        };
        Ok(Self {
            ufrag: attribute("a=ice-ufrag:")?,
            password: attribute("a=ice-pwd:")?,
            fingerprint: attribute("a=fingerprint:sha-256 ")?,
            is_dtls_client: attribute("a=setup:").is_ok_and(|role| role == "active"),
            remote: remote_of(sdp, preference)?,
        })
    }
}

/// The one address that is talked to: the preferred one where the answer names it, else the first.
fn remote_of(sdp: &str, preference: Preference) -> Result<SocketAddr, ClientError> {
    let addresses = remote::addresses(sdp, preference.protocol());
    let is_preferred = |address: &&SocketAddr| Some(address.ip()) == preference.address;
    let chosen = addresses.iter().find(is_preferred).or_else(|| addresses.first());
    let kind = if preference.tcp { "TCP" } else { "UDP" };
    chosen.copied().ok_or(ClientError::NoAddress(kind))
}
