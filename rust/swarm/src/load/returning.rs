//! How soon a crowd hears again after its network was away.

use std::thread;
use std::time::{Duration, Instant};

use super::crowd::Crowd;
use super::joining::Listener;
use super::report::Again;

/// How long a listener may be deaf before it counts as lost.
const AGAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// For so many seconds nothing arrives on either side.
pub(super) fn after_a_cut(crowds: &[Crowd], listeners: &[Listener], seconds: u64) -> Again {
    let cut = |is_cut| crowds.iter().for_each(|crowd| crowd.network().cut(is_cut));
    cut(true);
    thread::sleep(Duration::from_secs(seconds));
    listen_again(listeners);
    cut(false);
    hear_again(listeners)
}

/// All go on from other ports at once.
pub(super) fn after_roaming(listeners: &[Listener]) -> Again {
    listeners.iter().for_each(|listener| listener.member.roam());
    // What was on its way to the old ports is no sign of the new ones.
    thread::sleep(Duration::from_millis(100));
    listen_again(listeners);
    hear_again(listeners)
}

fn listen_again(listeners: &[Listener]) {
    listeners
        .iter()
        .for_each(|listener| listener.member.progress.listen_again());
}

/// When each listener heard the next packet, from now on.
fn hear_again(listeners: &[Listener]) -> Again {
    let began = Instant::now();
    let heard = |listener: &Listener| listener.member.progress.heard_again_at();
    while began.elapsed() < AGAIN_TIMEOUT && listeners.iter().any(|listener| heard(listener).is_none()) {
        thread::sleep(Duration::from_millis(20));
    }
    let after = |at: Instant| at.saturating_duration_since(began).as_secs_f64() * 1000.0;
    Again::new(listeners.iter().filter_map(heard).map(after))
}
