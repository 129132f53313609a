//! The addresses under which this node can be reached, as they are told to clients.

use std::net::SocketAddr;

use str0m::Candidate;
use str0m::net::{Protocol, TcpType};

/// Type preferences of RFC 8445 §5.1.2.1 (host) and a lower one for TCP (RFC 6544 §4.2), so that UDP wins where it works.
const UDP_PREFERENCE: u32 = 126;
const TCP_PREFERENCE: u32 = 90;

/// The advertised addresses, best first. UDP and ICE-TCP share address and port number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses(Vec<SocketAddr>);

impl Addresses {
    /// Takes them in the order in which clients are to try them; FFmpeg looks at the first alone, so IPv4 goes first and
    /// loopback last.
    pub fn new(mut addresses: Vec<SocketAddr>) -> Self {
        addresses.sort_by_key(|a| (a.ip().is_loopback(), a.is_ipv6()));
        addresses.dedup();
        Self(addresses)
    }

    /// All of them, best first.
    pub fn as_slice(&self) -> &[SocketAddr] {
        &self.0
    }

    /// The advertised address a datagram to `destination` was meant for: itself, or behind NAT the first of its family.
    pub(crate) fn advertised_for(&self, destination: SocketAddr) -> SocketAddr {
        let same_family = |a: &&SocketAddr| a.is_ipv4() == destination.is_ipv4();
        if self.0.contains(&destination) {
            return destination;
        }
        self.0.iter().find(same_family).copied().unwrap_or(destination)
    }

    /// The `candidate:` lines of an answer: every address over UDP, then every address over TCP (RFC 8839 §5.1).
    /// A foundation is a number: FFmpeg looks for the first `udp` in the line and would find it in a foundation of that name.
    pub(crate) fn candidate_lines(&self) -> Vec<String> {
        let line = |index: usize, address: &SocketAddr, tcp: bool| {
            let (protocol, preference, suffix) = match tcp {
                false => ("udp", UDP_PREFERENCE, ""),
                true => ("tcp", TCP_PREFERENCE, " tcptype passive"),
            };
            let priority = (preference << 24) | ((65_535 - index as u32) << 8) | 255;
            let (ip, port) = (address.ip(), address.port());
            let foundation = 1 + index + if tcp { self.0.len() } else { 0 };
            format!("candidate:{foundation} 1 {protocol} {priority} {ip} {port} typ host{suffix}")
        };
        let over = |tcp: bool| self.0.iter().enumerate().map(move |(i, a)| line(i, a, tcp));
        over(false).chain(over(true)).collect()
    }

    /// The same as str0m's local candidates.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = Candidate> + '_ {
        self.0.iter().flat_map(|address| {
            let udp = Candidate::host(*address, Protocol::Udp);
            let tcp = Candidate::builder()
                .tcp()
                .host(*address)
                .tcptype(TcpType::Passive)
                .build();
            [udp, tcp].into_iter().flatten()
        })
    }
}
