//! SRTP and SRTCP of one direction (RFC 3711, RFC 7714), with everything computed that does not change from packet to packet.
//!
//! GCM is ring's, whose keys lie in place and not elsewhere on the heap, as AWS-LC's do: between two packets of one listener the cache
//! forgets its key, and half of a packet's time went into finding it again (docs/decisions/0008-listeners-on-a-thin-path.md).

use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use dimpl::SrtpProfile;
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Bytes that protection adds at most: a GCM tag, and for RTCP the index.
pub(crate) const MAX_OVERHEAD: usize = 20;
const GCM_TAG: usize = 16;
const CM_TAG: usize = 10;
/// SRTCP: the first bit says "encrypted", the others count (RFC 3711 §3.4).
const ENCRYPTED: u32 = 1 << 31;

/// Labels of the key derivation (RFC 3711 §4.3.2).
const RTP_LABELS: [u8; 3] = [0, 1, 2];
const RTCP_LABELS: [u8; 3] = [3, 4, 5];

/// What one side of a handshake's keying material gives: the master key and salt of one direction.
pub struct Master<'a> {
    profile: SrtpProfile,
    key: &'a [u8],
    salt: &'a [u8],
}

impl<'a> Master<'a> {
    /// Cuts the material (RFC 5764 §4.2): what the client sends with, then what the server sends with. None for another profile.
    #[must_use]
    pub fn of_both(profile: SrtpProfile, material: &'a [u8]) -> Option<(Self, Self)> {
        let (key, salt) = match profile {
            SrtpProfile::AES128_CM_SHA1_80 => (16, 14),
            SrtpProfile::AEAD_AES_128_GCM => (16, 12),
            SrtpProfile::AEAD_AES_256_GCM => (32, 12),
            _ => return None,
        };
        let (client_key, rest) = material.split_at_checked(key)?;
        let (server_key, rest) = rest.split_at_checked(key)?;
        let (client_salt, rest) = rest.split_at_checked(salt)?;
        let server_salt = rest.get(..salt)?;
        let of = |key, salt| Self { profile, key, salt };
        Some((of(client_key, client_salt), of(server_key, server_salt)))
    }

    /// The keys for RTP.
    #[must_use]
    pub fn rtp(&self) -> Option<Derived> {
        self.derive(RTP_LABELS)
    }

    /// The keys for RTCP.
    #[must_use]
    pub fn rtcp(&self) -> Option<Derived> {
        self.derive(RTCP_LABELS)
    }

    fn derive(&self, [encryption, authentication, salting]: [u8; 3]) -> Option<Derived> {
        let mut derived = Derived {
            profile: self.profile,
            key: [0; 32],
            authentication: [0; 20],
            salt: [0; 14],
        };
        self.stream(encryption, &mut derived.key[..self.key.len()])?;
        self.stream(authentication, &mut derived.authentication)?;
        self.stream(salting, &mut derived.salt[..self.salt.len()])?;
        Some(derived)
    }

    /// AES in counter mode over zeroes; a 12-byte salt is padded with zeroes at its end (RFC 7714 §11).
    fn stream(&self, label: u8, out: &mut [u8]) -> Option<()> {
        let mut counter = [0; 16];
        counter[..self.salt.len()].copy_from_slice(self.salt);
        counter[7] ^= label;
        let algorithm = if self.key.len() == 32 { &AES_256 } else { &AES_128 };
        let key = UnboundCipherKey::new(algorithm, self.key).ok()?;
        out.fill(0);
        let context = EncryptionContext::Iv128(counter.into());
        EncryptingKey::ctr(key).ok()?.less_safe_encrypt(out, context).ok()?;
        Some(())
    }
}

/// The session keys of one direction and kind, small and asleep: RTCP comes every five seconds, so that its cipher is made when
/// it is needed.
pub struct Derived {
    profile: SrtpProfile,
    key: [u8; 32],
    authentication: [u8; 20],
    salt: [u8; 14],
}

impl Derived {
    /// The cipher of these keys. None where the library refuses.
    #[must_use]
    pub fn seal(&self) -> Option<Seal> {
        let gcm = |algorithm, length| {
            let key = UnboundKey::new(algorithm, &self.key[..length]).ok()?;
            Some(Cipher::Gcm(LessSafeKey::new(key)))
        };
        let cipher = match self.profile {
            SrtpProfile::AEAD_AES_128_GCM => gcm(&AES_128_GCM, 16)?,
            SrtpProfile::AEAD_AES_256_GCM => gcm(&AES_256_GCM, 32)?,
            _ => {
                let key = UnboundCipherKey::new(&AES_128, &self.key[..16]).ok()?;
                let encrypt = EncryptingKey::ctr(key).ok()?;
                let authenticate = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.authentication);
                Cipher::Cm(Box::new(Cm { encrypt, authenticate }))
            }
        };
        let salt = self.salt;
        Some(Seal { cipher, salt })
    }
}

/// Counter mode with HMAC-SHA1 (RFC 3711), its AES and HMAC keys expanded once. Boxed: browsers agree on the other.
struct Cm {
    encrypt: EncryptingKey,
    authenticate: hmac::Key,
}

#[expect(
    clippy::large_enum_variant,
    reason = "a key that is read for every packet lies where the packet's other facts do"
)]
enum Cipher {
    Gcm(LessSafeKey),
    Cm(Box<Cm>),
}

/// Protects packets, and opens those of the other side.
pub struct Seal {
    cipher: Cipher,
    salt: [u8; 14],
}

impl Seal {
    /// Protects the RTP packet in `buffer[..length]` whose header ends at `header`; gives its new length, None where there is no
    /// room or the library refuses. `sequence` is the extended one: 32 bits of roll-over count, 16 that are in the header.
    pub fn rtp(&self, buffer: &mut [u8], header: usize, length: usize, ssrc: u32, sequence: u64) -> Option<usize> {
        let roll_over = (sequence >> 16) as u32;
        match &self.cipher {
            Cipher::Gcm(key) => {
                let (head, body) = buffer.split_at_mut_checked(header)?;
                let (body, rest) = body.split_at_mut_checked(length.checked_sub(header)?)?;
                let nonce = self.gcm_nonce(ssrc, sequence);
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(&*head), body).ok()?;
                rest.get_mut(..GCM_TAG)?.copy_from_slice(tag.as_ref());
                Some(length + GCM_TAG)
            }
            Cipher::Cm(cm) => {
                let context = self.cm_counter(ssrc, sequence);
                let body = buffer.get_mut(header..length)?;
                cm.encrypt.less_safe_encrypt(body, context).ok()?;
                let tag = cm.sign(&[buffer.get(..length)?, &roll_over.to_be_bytes()]);
                buffer
                    .get_mut(length..length + CM_TAG)?
                    .copy_from_slice(&tag.as_ref()[..CM_TAG]);
                Some(length + CM_TAG)
            }
        }
    }

    /// Protects the compound RTCP packet `packet` as number `index`.
    #[must_use]
    pub fn rtcp(&self, mut packet: Vec<u8>, index: u32) -> Option<Vec<u8>> {
        let ssrc = ssrc_of(&packet)?;
        let index = index & !ENCRYPTED;
        let trailer = (index | ENCRYPTED).to_be_bytes();
        match &self.cipher {
            Cipher::Gcm(key) => {
                let (head, body) = packet.split_at_mut_checked(8)?;
                let aad = [&*head, &trailer].concat();
                let nonce = self.gcm_nonce(ssrc, u64::from(index));
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), body).ok()?;
                packet.extend_from_slice(tag.as_ref());
                packet.extend_from_slice(&trailer);
            }
            Cipher::Cm(cm) => {
                let context = self.cm_counter(ssrc, u64::from(index));
                cm.encrypt.less_safe_encrypt(packet.get_mut(8..)?, context).ok()?;
                packet.extend_from_slice(&trailer);
                let tag = cm.sign(&[&packet]);
                packet.extend_from_slice(&tag.as_ref()[..CM_TAG]);
            }
        }
        Some(packet)
    }

    /// Opens a protected RTCP packet; its number and its contents. None where it is not authentic.
    #[must_use]
    pub fn open_rtcp(&self, packet: &[u8]) -> Option<(u32, Vec<u8>)> {
        let ssrc = ssrc_of(packet)?;
        let is_gcm = matches!(self.cipher, Cipher::Gcm(_));
        let after = if is_gcm { 0 } else { CM_TAG };
        let trailer_at = packet.len().checked_sub(after + 4).filter(|at| *at >= 8)?;
        let trailer: [u8; 4] = packet.get(trailer_at..trailer_at + 4)?.try_into().ok()?;
        let index = u32::from_be_bytes(trailer);
        // Unencrypted RTCP (RFC 3711 §3.4 allows it) is not what DTLS-SRTP agreed on.
        let index = (index & ENCRYPTED != 0).then_some(index & !ENCRYPTED)?;
        let mut opened = packet[..trailer_at].to_vec();
        let (head, body) = opened.split_at_mut_checked(8)?;
        match &self.cipher {
            Cipher::Gcm(key) => {
                let aad = [&*head, &trailer].concat();
                let nonce = self.gcm_nonce(ssrc, u64::from(index));
                let length = key.open_in_place(nonce, Aad::from(aad), body).ok()?.len();
                opened.truncate(8 + length);
            }
            Cipher::Cm(cm) => {
                let tag = cm.sign(&[&packet[..trailer_at + 4]]);
                verify_slices_are_equal(&tag.as_ref()[..CM_TAG], &packet[trailer_at + 4..]).ok()?;
                let context = self.cm_counter(ssrc, u64::from(index));
                cm.encrypt.less_safe_encrypt(body, context).ok()?;
            }
        }
        Some((index, opened))
    }

    /// Opens the protected RTP packet `packet` with this extended sequence number; its payload. None where it is not authentic.
    #[must_use]
    pub fn open_rtp(&self, packet: &[u8], sequence: u64) -> Option<Vec<u8>> {
        let ssrc = u32::from_be_bytes(packet.get(8..12)?.try_into().ok()?);
        let words = usize::from(packet.first()? & 0x0f);
        // An extension's words are in the clear, as its header is (RFC 3711 §3.1).
        let mut header = 12 + 4 * words;
        if packet[0] & 0x10 != 0 {
            let length = packet.get(header + 2..header + 4)?;
            header += 4 + 4 * usize::from(u16::from_be_bytes([length[0], length[1]]));
        }
        let (head, body) = packet.split_at_checked(header)?;
        match &self.cipher {
            Cipher::Gcm(key) => {
                let mut body = body.to_vec();
                let nonce = self.gcm_nonce(ssrc, sequence);
                let length = key.open_in_place(nonce, Aad::from(head), &mut body).ok()?.len();
                body.truncate(length);
                Some(body)
            }
            Cipher::Cm(cm) => {
                let (body, tag) = body.split_at_checked(body.len().checked_sub(CM_TAG)?)?;
                let signed = cm.sign(&[head, body, &((sequence >> 16) as u32).to_be_bytes()]);
                verify_slices_are_equal(&signed.as_ref()[..CM_TAG], tag).ok()?;
                let mut body = body.to_vec();
                let context = self.cm_counter(ssrc, sequence);
                cm.encrypt.less_safe_encrypt(&mut body, context).ok()?;
                Some(body)
            }
        }
    }

    /// RFC 7714 §8.1 and §9.1: for RTP the extended sequence number, for RTCP the index, both right-aligned in 48 bits.
    fn gcm_nonce(&self, ssrc: u32, number: u64) -> Nonce {
        let mut nonce = [0; 12];
        nonce[2..6].copy_from_slice(&ssrc.to_be_bytes());
        nonce[6..].copy_from_slice(&number.to_be_bytes()[2..]);
        nonce.iter_mut().zip(&self.salt).for_each(|(byte, salt)| *byte ^= salt);
        Nonce::assume_unique_for_key(nonce)
    }

    /// RFC 3711 §4.1.1.
    fn cm_counter(&self, ssrc: u32, number: u64) -> EncryptionContext {
        let mut counter = [0; 16];
        counter[4..8].copy_from_slice(&ssrc.to_be_bytes());
        counter[8..14].copy_from_slice(&number.to_be_bytes()[2..]);
        counter
            .iter_mut()
            .zip(&self.salt)
            .for_each(|(byte, salt)| *byte ^= salt);
        EncryptionContext::Iv128(counter.into())
    }
}

impl Cm {
    fn sign(&self, parts: &[&[u8]]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.authenticate);
        parts.iter().for_each(|part| context.update(part));
        context.sign()
    }
}

fn ssrc_of(packet: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(packet.get(4..8)?.try_into().ok()?))
}

#[cfg(test)]
#[path = "srtp-tests.rs"]
mod tests;
