//! How much of a core the media thread uses.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

const EVERY: Duration = Duration::from_secs(1);
/// With more late ticks than one in so many the thread wants more of the machine than it is given, whatever it uses.
const TOLERATED_LATE: u32 = 10;
/// Unless it uses less than this itself: then others take the machine, and fewer packets of ours would give nothing back.
const OWN_SHARE: f32 = 0.25;

/// Processor time of the calling thread, and the lateness of its ticks.
pub(crate) struct Load {
    since: Instant,
    used: Duration,
    ticks: u32,
    late: u32,
}

impl Load {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            since: now,
            used: Duration::ZERO,
            ticks: 0,
            late: 0,
        }
    }

    /// To be called by the thread once a tick; once a second it gives the share of a core that was used since the last time.
    pub(crate) fn tick(&mut self, now: Instant, is_late: bool) -> Option<f32> {
        self.ticks += 1;
        self.late += u32::from(is_late);
        let passed = now.saturating_duration_since(self.since);
        if passed < EVERY {
            return None;
        }
        let used = used_by_this_thread();
        let share = used.saturating_sub(self.used).as_secs_f32() / passed.as_secs_f32();
        let is_late = self.late * TOLERATED_LATE > self.ticks;
        *self = Self {
            since: now,
            used,
            ticks: 0,
            late: 0,
        };
        Some(judge(share, is_late))
    }
}

/// How busy it is, from the share of a core that it used and whether its ticks came late.
fn judge(share: f32, is_late: bool) -> f32 {
    if is_late && share >= OWN_SHARE {
        1.0
    } else {
        share.min(1.0)
    }
}

fn used_by_this_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_sleeps_is_not_busy() {
        let start = Instant::now();
        let mut load = Load::new(start);
        // What this thread did until now counts for the first second.
        load.tick(start + Duration::from_secs(1), false);
        assert_eq!(load.tick(start + Duration::from_millis(1_500), false), None);
        let share = load.tick(start + Duration::from_secs(2), false).expect("a second");
        assert!(share < 0.5, "{share}");
    }

    #[test]
    fn late_ticks_are_its_own_only_where_it_uses_a_good_part_of_a_core() {
        assert_eq!(judge(0.4, true), 1.0);
        assert_eq!(judge(0.1, true), 0.1);
        assert_eq!(judge(0.4, false), 0.4);
    }
}
