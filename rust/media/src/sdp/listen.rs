//! The offers that the thin path takes, and what it answers.

use str0m::IceCreds;

use super::answer::{compose_answer, opus_payload_type};
use super::offer::Offer;
use crate::error::MediaError;
use crate::listener::CNAME;

/// A listener's offer with everything the thin path needs.
pub struct ListenOffer<'a> {
    offer: &'a Offer,
    mid: String,
    protocol: String,
    payload_type: u8,
    red: Option<u8>,
    fingerprint: [u8; 32],
}

impl<'a> ListenOffer<'a> {
    /// None where the offer asks for what only the whole of WebRTC can do: another hash, our making the handshake's first step,
    /// RTCP on a port of its own. No browser does.
    #[must_use]
    pub fn read(offer: &'a Offer) -> Option<Self> {
        let sections = offer.sections();
        let index = offer.taken.iter().position(Option::is_some)?;
        let section = sections.media.get(index)?;
        let setup = sections.attribute(index, "setup")?;
        if !matches!(setup, "actpass" | "active") || !section.lines.contains(&"a=rtcp-mux") {
            return None;
        }
        // Some offer several, one a hash.
        let named = |lines: &[&str]| {
            let hash = |line: &&str| line.strip_prefix("a=fingerprint:").and_then(sha256_of);
            lines.iter().find_map(hash)
        };
        let payload_type = opus_payload_type(&section.lines)?.parse().ok().filter(|pt| *pt < 128)?;
        Some(Self {
            offer,
            mid: offer.taken_mids().into_iter().next()?,
            protocol: section.media_line()?.1.to_owned(),
            payload_type,
            red: red_of(&section.lines, payload_type),
            fingerprint: named(&section.lines).or_else(|| named(&sections.session))?,
        })
    }

    pub(crate) fn mid(&self) -> String {
        self.mid.clone()
    }

    pub(crate) fn remote_ufrag(&self) -> &str {
        self.offer.ufrag()
    }

    pub(crate) fn payload_type(&self) -> u8 {
        self.payload_type
    }

    /// The payload type of RED around this Opus, where it was offered.
    pub(crate) fn red(&self) -> Option<u8> {
        self.red
    }

    /// SHA-256 of the certificate that is to be shown.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    pub(crate) fn answer(
        &self,
        local: &IceCreds,
        fingerprint: &str,
        ssrc: u32,
        candidates: &[String],
    ) -> Result<String, MediaError> {
        let (pt, mid, protocol) = (self.payload_type, &self.mid, &self.protocol);
        let (ufrag, password) = (&local.ufrag, &local.pass);
        // Behind Opus, which is what is sent as long as nothing is lost.
        let (red_format, red) = match self.red {
            Some(red) => (
                format!(" {red}"),
                format!("a=rtpmap:{red} red/48000/2\r\na=fmtp:{red} {pt}/{pt}\r\n"),
            ),
            None => Default::default(),
        };
        let negotiated = [
            "v=0",
            &format!("o=- {ssrc} 1 IN IP4 0.0.0.0"),
            "s=-",
            "t=0 0",
            &format!("a=group:BUNDLE {mid}"),
            "a=msid-semantic:WMS *",
            "a=ice-lite",
            &format!("m=audio 9 {protocol} {pt}{red_format}"),
            "c=IN IP4 0.0.0.0",
            "a=rtcp:9 IN IP4 0.0.0.0",
            &format!("a=ice-ufrag:{ufrag}"),
            &format!("a=ice-pwd:{password}"),
            &format!("a=fingerprint:sha-256 {fingerprint}"),
            "a=setup:passive",
            &format!("a=mid:{mid}"),
            "a=sendonly",
            "a=rtcp-mux",
            &format!("a=rtpmap:{pt} opus/48000/2"),
            &format!("{red}a=msid:{CNAME} mix"),
            &format!("a=ssrc:{ssrc} cname:{CNAME}"),
        ]
        .join("\r\n");
        compose_answer(self.offer, &negotiated, candidates)
    }
}

/// The payload type of a RED format (RFC 2198 §5) whose blocks are of `opus`.
fn red_of(lines: &[&str], opus: u8) -> Option<u8> {
    let formats = lines
        .iter()
        .filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(' '));
    let named_red = formats.filter(|(_, codec)| codec.to_ascii_lowercase().starts_with("red/48000"));
    let carries = |pt: &str| {
        let prefix = format!("a=fmtp:{pt} ");
        let blocks = lines.iter().find_map(|line| line.strip_prefix(&prefix))?;
        let is_opus = |block: &str| block.parse() == Ok(opus);
        blocks.trim().split('/').all(is_opus).then(|| pt.parse().ok())?
    };
    named_red
        .filter_map(|(pt, _)| carries(pt))
        .find(|pt: &u8| *pt < 128 && *pt != opus)
}

/// The 32 bytes behind `sha-256 `, in pairs of hex digits between colons (RFC 8122 §5).
fn sha256_of(value: &str) -> Option<[u8; 32]> {
    let (hash, pairs) = value.split_once(' ')?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let mut bytes = [0; 32];
    let mut pairs = pairs.trim().split(':');
    for byte in &mut bytes {
        let pair = pairs.next().filter(|pair| pair.len() == 2)?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    pairs.next().is_none().then_some(bytes)
}
