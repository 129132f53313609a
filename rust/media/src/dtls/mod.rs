//! DTLS (RFC 6347) as both kinds of sessions use it.

mod flight;

pub(crate) use flight::Flight;
