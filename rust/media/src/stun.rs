//! Who a STUN message is for and whether it is authentic, before anything else is believed of it.

use is::stun::StunMessage;
use is::{DefaultSha1HmacProvider, Sha1HmacProvider};

/// Whether a datagram is STUN by its first byte (RFC 7983 §7).
pub(crate) fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|b| *b < 4)
}

/// The server's user fragment that a binding request names (RFC 8445 §7.2.2: `ours:theirs`), and the message.
///
/// Anything but a well-formed binding request is None: a lite agent sends no requests, so no response can be due.
pub(crate) fn binding_request(datagram: &[u8]) -> Option<(StunMessage<'_>, &str)> {
    let message = StunMessage::parse(datagram)
        .ok()
        .filter(StunMessage::is_binding_request)?;
    let (ufrag, _) = message.username()?.split_once(':')?;
    Some((message, ufrag))
}

/// Whether MESSAGE-INTEGRITY holds under our password (RFC 8489 §9.1.3). An address is learnt from nothing less.
pub(crate) fn is_authentic(message: &StunMessage<'_>, password: &str) -> bool {
    let hmac = |key: &[u8], payloads: &[&[u8]]| DefaultSha1HmacProvider.sha1_hmac(key, payloads);
    message.verify(password.as_bytes(), hmac)
}
