//! What of one listener lives on when this process dies, as bytes: names, credentials, keys, and where it is.
//!
//! Thirteen fields one after the other, each behind one byte of length. Who has a field of more than 255 bytes is not kept.

use std::net::SocketAddr;

use dimpl::SrtpProfile;
use str0m::net::Protocol;

use crate::peer::Route;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// As the control plane named them.
    pub(crate) space: String,
    pub(crate) peer: String,
    pub(crate) participant: String,
    /// Our half of ICE, and the other side's name in it.
    pub(super) ufrag: String,
    pub(super) password: String,
    pub(super) remote_ufrag: String,
    pub(super) mid: String,
    pub(super) ssrc: u32,
    pub(super) payload_type: u8,
    pub(super) red: Option<u8>,
    pub(super) keys: Keys,
    pub(super) route: Option<Route>,
    /// DTLS's good-bye, sealed.
    pub(super) farewell: Option<Box<[u8]>>,
}

/// What a handshake agreed on: master keys and salts of both directions (RFC 5764 §4.2).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(super) profile: SrtpProfile,
    pub(super) material: Box<[u8]>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({:?})", self.profile)
    }
}

/// A profile is written as its place in this list.
const PROFILES: [SrtpProfile; 3] = [
    SrtpProfile::AES128_CM_SHA1_80,
    SrtpProfile::AEAD_AES_128_GCM,
    SrtpProfile::AEAD_AES_256_GCM,
];
/// No payload type (they have seven bits): nothing was agreed on.
const NO_RED: u8 = 0xff;
const UDP: u8 = 0;
const TCP: u8 = 1;

impl Entry {
    /// By its names alone; the rest is written by whoever knows it.
    pub(crate) fn new(space: &str, peer: &str, participant: &str, keys: Keys) -> Self {
        Self {
            space: space.to_owned(),
            peer: peer.to_owned(),
            participant: participant.to_owned(),
            ufrag: String::new(),
            password: String::new(),
            remote_ufrag: String::new(),
            mid: String::new(),
            ssrc: 0,
            payload_type: 0,
            red: None,
            keys,
            route: None,
            farewell: None,
        }
    }

    /// None where a field is too long.
    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        let profile = PROFILES.iter().position(|one| *one == self.keys.profile)?;
        let numbers = [self.payload_type, self.red.unwrap_or(NO_RED), profile as u8];
        let route = self.route.map(|route| {
            let protocol = if route.protocol == Protocol::Udp { UDP } else { TCP };
            (protocol, route.remote.to_string(), route.local.to_string())
        });
        let (protocol, remote, local) = route.unwrap_or_default();
        let fields: [&[u8]; FIELDS] = [
            self.space.as_bytes(),
            self.peer.as_bytes(),
            self.participant.as_bytes(),
            self.ufrag.as_bytes(),
            self.password.as_bytes(),
            self.remote_ufrag.as_bytes(),
            self.mid.as_bytes(),
            &self.ssrc.to_be_bytes(),
            &[numbers[0], numbers[1], numbers[2], protocol],
            &self.keys.material,
            remote.as_bytes(),
            local.as_bytes(),
            self.farewell.as_deref().unwrap_or_default(),
        ];
        let mut bytes = Vec::new();
        for field in fields {
            bytes.push(u8::try_from(field.len()).ok()?);
            bytes.extend_from_slice(field);
        }
        Some(bytes)
    }

    /// What follows the last field is padding.
    pub(super) fn read(mut bytes: &[u8]) -> Option<Self> {
        let mut fields: [&[u8]; FIELDS] = [&[]; FIELDS];
        for field in &mut fields {
            let (length, rest) = bytes.split_first()?;
            (*field, bytes) = rest.split_at_checked(usize::from(*length))?;
        }
        let text = |index: usize| std::str::from_utf8(fields[index]).ok().map(str::to_owned);
        let [payload_type, red, profile, protocol] = *fields[8].first_chunk()?;
        Some(Self {
            space: text(0)?,
            peer: text(1)?,
            participant: text(2)?,
            ufrag: text(3)?,
            password: text(4)?,
            remote_ufrag: text(5)?,
            mid: text(6)?,
            ssrc: u32::from_be_bytes(*fields[7].first_chunk()?),
            payload_type,
            red: (red != NO_RED).then_some(red),
            keys: Keys {
                profile: *PROFILES.get(usize::from(profile))?,
                material: fields[9].into(),
            },
            route: route_of(protocol, &text(10)?, &text(11)?),
            farewell: (!fields[12].is_empty()).then(|| fields[12].into()),
        })
    }
}

const FIELDS: usize = 13;

fn route_of(protocol: u8, remote: &str, local: &str) -> Option<Route> {
    let read = |text: &str| text.parse::<SocketAddr>().ok();
    Some(Route {
        protocol: if protocol == UDP { Protocol::Udp } else { Protocol::Tcp },
        remote: read(remote)?,
        local: read(local)?,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// As long as our own ids, a browser's names and IPv6 make it.
    pub(crate) fn an_entry() -> Entry {
        Entry {
            space: format!("sp_{}", "s".repeat(26)),
            peer: "p".repeat(22),
            participant: format!("pa_{}", "a".repeat(26)),
            ufrag: format!("aaaaa{}", "u".repeat(16)),
            password: "w".repeat(22),
            remote_ufrag: "theirs".repeat(4),
            mid: "0".to_owned(),
            ssrc: 0x0102_0304,
            payload_type: 111,
            red: Some(63),
            keys: Keys {
                profile: SrtpProfile::AEAD_AES_256_GCM,
                material: (0..88).collect(),
            },
            route: Some(Route {
                protocol: Protocol::Udp,
                remote: "[2001:db8:1111:2222:3333:4444:5555:6666]:65535"
                    .parse()
                    .expect("address"),
                local: "[2001:db8:1111:2222:3333:4444:5555:7777]:8401"
                    .parse()
                    .expect("address"),
            }),
            farewell: Some(vec![21; 39].into()),
        }
    }

    #[test]
    fn an_entry_is_read_back_as_it_was_and_cut_anywhere_is_none() {
        let mut entry = an_entry();
        let bytes = entry.to_bytes().expect("it fits");
        assert_eq!(Entry::read(&bytes).as_ref(), Some(&entry));
        for length in 0..bytes.len() {
            assert_eq!(Entry::read(&bytes[..length]), None, "cut at {length}");
        }
        (entry.route, entry.farewell, entry.red) = (None, None, None);
        let bytes = entry.to_bytes().expect("it fits");
        assert_eq!(Entry::read(&[&bytes[..], &[0; 9]].concat()), Some(entry.clone()));
        entry.remote_ufrag = "x".repeat(256);
        assert_eq!(entry.to_bytes(), None);
    }
}
