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
/// Another path counts for this only if it was heard so much later. Who begins checks all of its paths at once, and Firefox then the one in use
/// alone, after four seconds at the earliest: lower takes that beginning for a move, higher follows a move later.
const LATER_BY: Duration = Duration::from_secs(1);
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
        let Some(newest) = self.0.last() else { return chosen };
        let is_left = self.0.iter().find(|path| path.is_to(chosen)).is_none_or(|path| {
            now.saturating_duration_since(path.heard_at) > LEAVE_AFTER
                && newest.heard_at.saturating_duration_since(path.heard_at) > LATER_BY
        });
        if is_left { newest.route } else { chosen }
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

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "where simulated time begins")]
mod tests {
    use str0m::net::Protocol;

    use super::*;

    fn route(protocol: Protocol, port: u16) -> Route {
        Route {
            protocol,
            remote: ([192, 0, 2, 9], port).into(),
            local: ([192, 0, 2, 1], 1).into(),
        }
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Firefox checks the path in use after four to six seconds, and until then UDP and TCP are as silent as each other.
    #[test]
    fn who_checks_all_paths_at_the_beginning_and_then_none_for_seconds_stays_on_the_one_in_use() {
        let (udp, tcp) = (route(Protocol::Udp, 1), route(Protocol::Tcp, 2));
        let (begun, mut paths) = (Instant::now(), Paths::default());
        paths.hear(begun, udp);
        paths.hear(begun + ms(40), tcp);
        for after in (0..14_000).step_by(100) {
            assert_eq!(paths.alive(begun + ms(after), udp), udp, "{after} ms");
        }
    }

    #[test]
    fn who_is_heard_from_elsewhere_is_followed_there_once_the_path_in_use_is_silent() {
        let (old, new) = (route(Protocol::Udp, 1), route(Protocol::Udp, 2));
        let (begun, mut paths) = (Instant::now(), Paths::default());
        paths.hear(begun, old);
        paths.hear(begun + ms(2_000), new);
        assert_eq!(paths.alive(begun + ms(2_900), old), old);
        assert_eq!(paths.alive(begun + ms(3_100), old), new);
        paths.hear(begun + ms(4_000), old);
        assert_eq!(paths.alive(begun + ms(4_100), old), old, "it is heard again");
    }
}
