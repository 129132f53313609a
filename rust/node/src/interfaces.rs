//! The addresses this machine has, for those who did not name one.

use std::io;
use std::net::{IpAddr, SocketAddr};

use voxhall_media::addresses::Addresses;

/// The addresses to advertise: those that were named, else every address of the machine, loopback last.
///
/// Loopback alone is not enough even on a developer's machine: Firefox waits a second, or for ever, where it is all there is.
pub(crate) fn advertised(named: &[IpAddr], port: u16) -> io::Result<Addresses> {
    let ips = if named.is_empty() { own()? } else { named.to_vec() };
    Ok(Addresses::new(
        ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect(),
    ))
}

/// Every address of the machine that a client could send to.
pub(crate) fn own() -> io::Result<Vec<IpAddr>> {
    let reachable = |ip: &IpAddr| match ip {
        IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_unspecified(),
        // A link-local IPv6 address needs a zone that candidates cannot carry.
        IpAddr::V6(v6) => !v6.is_unicast_link_local() && !v6.is_unspecified(),
    };
    Ok(if_addrs::get_if_addrs()?
        .iter()
        .map(if_addrs::Interface::ip)
        .filter(reachable)
        .collect())
}
