//! Where a peer is. A client whose NAT forgets it, or that changes networks without a word, goes on checking from a new
//! address without nominating it again (RFC 8445 leaves that to an ICE restart): it is followed there.

use std::time::{Duration, Instant};

use str0m::net::Transmit;

use super::transport::Route;
use crate::stun;

/// A path that was silent for this long, while another was heard, is left, until it is heard again. Chromium checks the path
/// in use every 2.5 s, and the others as often once that one answers no more; Firefox every 4 to 6 s (RFC 7675 §5.1), and no
/// other. Lower would leave healthy paths for a moment, higher is silence after a change of network.
const LEAVE_AFTER: Duration = Duration::from_secs(3);
/// Paths remembered: more than a client has interfaces times protocols.
const MAX_PATHS: usize = 16;

#[derive(Debug, Clone, Copy)]
struct Path {
    route: Route,
    heard_at: Instant,
}

/// The paths on which authenticated checks of one peer came.
#[derive(Debug, Default)]
pub(crate) struct Paths(Vec<Path>);

impl Paths {
    pub(crate) fn hear(&mut self, now: Instant, route: Route) {
        let heard_at = now;
        let heard = Path { route, heard_at };
        self.0.retain(|p| !p.is_to(route));
        if self.0.len() == MAX_PATHS {
            self.0.remove(0);
        }
        self.0.push(heard);
    }

    /// The path that is alive: the one that was chosen, unless it fell silent while another was heard.
    pub(crate) fn alive(&self, now: Instant, chosen: Route) -> Route {
        let path = self.0.iter().find(|p| p.is_to(chosen));
        let is_silent = path.is_none_or(|p| now.saturating_duration_since(p.heard_at) > LEAVE_AFTER);
        self.0
            .last()
            .filter(|_| is_silent)
            .map_or(chosen, |newest| newest.route)
    }

    /// The datagram on the path that is alive; answers to checks go back where those came from.
    pub(crate) fn follow(&self, now: Instant, mut transmit: Transmit) -> Transmit {
        if stun::is_stun(&transmit.contents) {
            return transmit;
        }
        let chosen = Route {
            protocol: transmit.proto,
            remote: transmit.destination,
            local: transmit.source,
        };
        let alive = self.alive(now, chosen);
        transmit.proto = alive.protocol;
        transmit.source = alive.local;
        transmit.destination = alive.remote;
        transmit
    }
}

impl Path {
    fn is_to(&self, route: Route) -> bool {
        (self.route.protocol, self.route.remote) == (route.protocol, route.remote)
    }
}
