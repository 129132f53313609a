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

/// The header extension by which a server counts its packets.
const COUNTED: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// As Chromium 156 says it that only wants to hear, in the lines that count: Opus, RED around it, feedback on each packet, and what may
/// stand in its header. Without `a=rtcp-xr:rcvr-rtt=all`, which no server has answered yet.
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
        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        &format!("a=extmap:3 {COUNTED}"),
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
        "a=recvonly",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        "a=rtpmap:111 opus/48000/2",
        "a=rtcp-fb:111 transport-cc",
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
    pub(super) feedback: Feedback,
    pub(super) remote: SocketAddr,
}

/// What the server wants to be told besides reports. Ours wants none of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Feedback {
    /// When each packet came: the header extension by which it counts them.
    pub(super) arrivals: Option<u8>,
    /// Which packets it is to send again.
    pub(super) repeats: bool,
}

impl Feedback {
    /// Of the sections with sound.
    fn read(sdp: &str) -> Self {
        let mut section = "";
        let of_sound = sdp.lines().map(str::trim).filter(|line| {
            section = if line.starts_with("m=") { line } else { section };
            section.starts_with("m=audio")
        });
        let (mut counted, mut wants_arrivals, mut repeats) = (None, false, false);
        for line in of_sound {
            if let Some((extension, COUNTED)) = value_of(line, "a=extmap:") {
                // A direction may stand behind it.
                counted = extension.split('/').next().and_then(|extension| extension.parse().ok());
            }
            if let Some((_, wanted)) = value_of(line, "a=rtcp-fb:") {
                wants_arrivals |= wanted == "transport-cc";
                repeats |= wanted == "nack";
            }
        }
        Self {
            arrivals: counted.filter(|_| wants_arrivals),
            repeats,
        }
    }
}

/// What stands behind `name` in a line that begins so: its first word and the rest.
fn value_of<'a>(line: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    line.strip_prefix(name)?.split_once(' ')
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
            feedback: Feedback::read(sdp),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(lines: &[&str]) -> Feedback {
        Feedback::read(&lines.join("\r\n"))
    }

    #[test]
    fn a_server_is_told_what_it_asked_for_and_nothing_else() {
        let counted = format!("a=extmap:5/sendonly {COUNTED}");
        let both = Feedback {
            arrivals: Some(5),
            repeats: true,
        };
        let nack = "a=rtcp-fb:111 nack";
        assert_eq!(
            wanted(&["m=audio 9 X 111", &counted, "a=rtcp-fb:* transport-cc", nack]),
            both
        );
        assert_eq!(
            wanted(&["m=audio 9 X 111", &counted, "a=rtcp-fb:111 ccm fir"]),
            Feedback::default()
        );
        assert_eq!(
            wanted(&["m=audio 9 X 111", "a=rtcp-fb:111 transport-cc"]),
            Feedback::default()
        );
        assert_eq!(
            wanted(&["m=audio 9 X 111", "a=rtcp-fb:111 nack pli"]),
            Feedback::default()
        );
        assert_eq!(
            wanted(&[
                "m=audio 9 X 111",
                "m=video 9 X 96",
                &counted,
                "a=rtcp-fb:96 transport-cc",
                nack
            ]),
            Feedback::default()
        );
    }
}
