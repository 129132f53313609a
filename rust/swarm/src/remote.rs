//! Which of the server's addresses a client talks to, and from which of its own.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use str0m::Candidate;
use str0m::net::{Protocol, TcpType};

use crate::error::ClientError;
use crate::wire::Wire;

/// More paths than this buy nothing: each costs a socket and a round of checks.
const MAX_PATHS: usize = 4;

/// How to choose among the addresses of an answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Preference {
    /// Only ICE-TCP candidates, for networks that drop UDP.
    pub(crate) tcp: bool,
    /// Only this address, where the answer names it: one socket for each of thousands of clients.
    pub(crate) address: Option<IpAddr>,
    /// Notices within two seconds that the server does not answer any more, by asking it seven times a second. Not for thousands.
    pub(crate) is_watchful: bool,
}

impl Preference {
    pub(crate) fn protocol(self) -> Protocol {
        if self.tcp { Protocol::Tcp } else { Protocol::Udp }
    }
}

/// The open paths, and the local candidates that describe them.
pub(crate) struct Paths {
    pub(crate) wires: Vec<Wire>,
    pub(crate) candidates: Vec<Candidate>,
}

/// Opens a path to each address of the answer that can be reached.
pub(crate) fn open(answer: &str, preference: Preference) -> Result<Paths, ClientError> {
    let mut remotes = addresses(answer, preference.protocol());
    if let Some(address) = preference.address
        && remotes.iter().any(|remote| remote.ip() == address)
    {
        remotes.retain(|remote| remote.ip() == address);
    }
    let mut paths = Paths {
        wires: Vec::new(),
        candidates: Vec::new(),
    };
    for remote in remotes {
        if paths.wires.len() == MAX_PATHS {
            break;
        }
        let is_double =
            |wire: &Wire| !preference.tcp && paths.wires.iter().any(|open| open.local().ip() == wire.local().ip());
        if let Some((wire, candidate)) = open_to(remote, preference).filter(|(wire, _)| !is_double(wire)) {
            paths.wires.push(wire);
            paths.candidates.push(candidate);
        }
    }
    if paths.wires.is_empty() {
        return Err(ClientError::NoAddress(if preference.tcp { "TCP" } else { "UDP" }));
    }
    Ok(paths)
}

/// Names (`.local`) and candidates that are not understood are passed over: nothing is ever resolved here.
pub(crate) fn addresses(answer: &str, protocol: Protocol) -> Vec<SocketAddr> {
    let mut found = Vec::new();
    for line in answer.lines() {
        let Some(text) = line.trim().strip_prefix("a=candidate:") else {
            continue;
        };
        let Ok(candidate) = Candidate::from_sdp_string(&format!("candidate:{text}")) else {
            continue;
        };
        if candidate.proto() == protocol && candidate.addr().port() != 0 && !found.contains(&candidate.addr()) {
            found.push(candidate.addr());
        }
    }
    found
}

/// One path to this address.
pub(crate) fn open_to(remote: SocketAddr, preference: Preference) -> Option<(Wire, Candidate)> {
    if preference.tcp {
        open_tcp(remote)
    } else {
        open_udp(remote)
    }
}

fn open_udp(remote: SocketAddr) -> Option<(Wire, Candidate)> {
    let local = route_to(remote)?;
    let wire = Wire::udp(SocketAddr::new(local, 0)).ok()?;
    let candidate = Candidate::host(wire.local(), Protocol::Udp).ok()?;
    Some((wire, candidate))
}

fn open_tcp(remote: SocketAddr) -> Option<(Wire, Candidate)> {
    let wire = Wire::tcp(remote).ok()?;
    let candidate = Candidate::builder()
        .tcp()
        .host(wire.local())
        .tcptype(TcpType::Active)
        .build()
        .ok()?;
    Some((wire, candidate))
}

/// The own address from which the kernel would send to `remote`. Connecting a UDP socket sends nothing.
fn route_to(remote: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = if remote.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0u16; 8], 0).into()
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(remote).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
