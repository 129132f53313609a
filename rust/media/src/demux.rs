//! Which peer a datagram belongs to, in constant time: STUN by the user fragment it names, the rest by an address that STUN
//! has authenticated before (RFC 7983, RFC 8445 §7.3).

use std::collections::HashMap;
use std::net::SocketAddr;

use str0m::net::Protocol;

/// A peer on this node, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PeerKey(pub(crate) u64);

/// Addresses remembered for one peer. A browser checks from every interface it has, over UDP and TCP; more than this is a
/// client that wants our memory.
const MAX_ADDRESSES: usize = 16;

#[derive(Default)]
pub(crate) struct Demux {
    ufrags: HashMap<String, PeerKey>,
    addresses: HashMap<(bool, SocketAddr), PeerKey>,
    of_peer: HashMap<PeerKey, PeerRoutes>,
}

#[derive(Default)]
struct PeerRoutes {
    ufrag: Option<String>,
    addresses: Vec<(bool, SocketAddr)>,
}

impl Demux {
    pub(crate) fn knows_ufrag(&self, ufrag: &str) -> bool {
        self.ufrags.contains_key(ufrag)
    }

    /// Names the peer's ICE session. The one before is over: nothing under its name would be authentic any more.
    pub(crate) fn set_ufrag(&mut self, ufrag: &str, key: PeerKey) {
        let routes = self.of_peer.entry(key).or_default();
        if let Some(before) = routes.ufrag.replace(ufrag.to_owned()) {
            self.ufrags.remove(&before);
        }
        self.ufrags.insert(ufrag.to_owned(), key);
    }

    /// How much is remembered, of all kinds together.
    #[cfg(feature = "test-hooks")]
    pub(crate) fn len(&self) -> usize {
        self.ufrags.len() + self.addresses.len() + self.of_peer.len()
    }

    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<PeerKey> {
        self.ufrags.get(ufrag).copied()
    }

    pub(crate) fn by_address(&self, protocol: Protocol, address: SocketAddr) -> Option<PeerKey> {
        self.addresses.get(&(is_tcp(protocol), address)).copied()
    }

    /// Remembers an address that an authenticated STUN request came from; the newest proof wins.
    pub(crate) fn learn(&mut self, protocol: Protocol, address: SocketAddr, key: PeerKey) {
        let entry = (is_tcp(protocol), address);
        if self.addresses.get(&entry) == Some(&key) {
            return;
        }
        let before = self.addresses.insert(entry, key);
        if let Some(routes) = before.and_then(|before| self.of_peer.get_mut(&before)) {
            routes.addresses.retain(|a| *a != entry);
        }
        let routes = self.of_peer.entry(key).or_default();
        routes.addresses.push(entry);
        if routes.addresses.len() > MAX_ADDRESSES {
            let oldest = routes.addresses.remove(0);
            self.addresses.remove(&oldest);
        }
    }

    pub(crate) fn forget(&mut self, key: PeerKey) {
        let Some(routes) = self.of_peer.remove(&key) else {
            return;
        };
        if let Some(ufrag) = routes.ufrag {
            self.ufrags.remove(&ufrag);
        }
        for address in routes.addresses {
            self.addresses.remove(&address);
        }
    }
}

fn is_tcp(protocol: Protocol) -> bool {
    protocol != Protocol::Udp
}
