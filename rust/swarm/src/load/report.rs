//! The figures of a run.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::Plan;
use super::http::Refusal;
use super::joining::Listener;
use crate::progress::Progress;

/// Linux's unit in /proc/PID/stat; 100 a second on every platform we run on.
const TICKS_PER_S: f64 = 100.0;

pub(super) struct Join {
    pub(super) asked: Instant,
    pub(super) answered: Instant,
}

/// From the request to …, in milliseconds; None for what never happened.
pub(super) struct JoinTimes {
    answered: f64,
    connected: Option<f64>,
    first_packet: Option<f64>,
}

impl Join {
    pub(super) fn times(&self, progress: &Progress) -> JoinTimes {
        let after = |at: Instant| at.saturating_duration_since(self.asked).as_secs_f64() * 1000.0;
        JoinTimes {
            answered: after(self.answered),
            connected: progress.connected_at().map(after),
            first_packet: progress.first_packet_at().map(after),
        }
    }
}

/// A listener who was not let in.
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    pub(super) after: Duration,
}

/// Who heard again after the network was away, and how soon.
#[derive(Debug, Serialize)]
pub(super) struct Again {
    heard: usize,
    after_ms: Option<Percentiles>,
}

impl Again {
    pub(super) fn new(after_ms: impl Iterator<Item = f64>) -> Self {
        let times: Vec<f64> = after_ms.collect();
        Self {
            heard: times.len(),
            after_ms: percentiles(times.into_iter()),
        }
    }
}

/// Who came again after everybody had vanished.
#[derive(Debug, Serialize)]
pub(super) struct Rejoined {
    heard: usize,
    first_packet_ms: Option<Percentiles>,
    failures: BTreeMap<String, usize>,
}

impl Rejoined {
    pub(super) fn new(joins: Vec<JoinTimes>, refused: &[Refused]) -> Self {
        let first: Vec<f64> = joins.iter().filter_map(|join| join.first_packet).collect();
        Self {
            heard: first.len(),
            first_packet_ms: percentiles(first.into_iter()),
            failures: reasons(refused),
        }
    }
}

/// What came after the measured time.
#[derive(Debug, Serialize)]
pub(super) struct Returns {
    /// After the network was cut, and after everybody changed ports; from the moment it was well again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cut: Option<Again>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) roamed: Option<Again>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rejoined: Option<Rejoined>,
}

/// What all listeners together had received at one moment.
pub(super) struct Window {
    at: Instant,
    received: u64,
    lost: u64,
    foreign: u64,
    reports: u64,
    arrivals_told: u64,
    asked_again: u64,
}

impl Window {
    pub(super) fn at(&self) -> Instant {
        self.at
    }

    pub(super) fn of(listeners: &[Listener]) -> Self {
        let mut window = Self {
            at: Instant::now(),
            received: 0,
            lost: 0,
            foreign: 0,
            reports: 0,
            arrivals_told: 0,
            asked_again: 0,
        };
        for listener in listeners {
            let progress = &listener.member.progress;
            let received = progress.received.load(Relaxed);
            window.received += received;
            window.lost += progress.expected.load(Relaxed).saturating_sub(received);
            window.foreign += progress.foreign.load(Relaxed);
            window.reports += progress.reports.load(Relaxed);
            window.arrivals_told += progress.arrivals_told.load(Relaxed);
            window.asked_again += progress.asked_again.load(Relaxed);
        }
        window
    }
}

/// What a run leaves behind for its report.
pub(super) struct Measured<'a> {
    pub(super) joins: Vec<JoinTimes>,
    pub(super) refused: &'a [Refused],
    pub(super) packets_sent: u64,
    pub(super) start: Window,
    pub(super) end: Window,
    pub(super) cpu: CpuTime,
    pub(super) pauses: Vec<Duration>,
    pub(super) returns: Returns,
}

/// CPU time of this process, all threads.
pub(super) struct CpuTime {
    user_s: f64,
    system_s: f64,
}

impl CpuTime {
    /// Zero where there is no /proc.
    pub(super) fn of_this_process() -> Self {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The second field is a name in brackets that may hold spaces; utime and stime are the 14th and 15th.
        let fields: Vec<f64> = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .map(|field| field.parse().unwrap_or(0.0))
            .collect();
        let seconds = |index: usize| fields.get(index).copied().unwrap_or(0.0) / TICKS_PER_S;
        Self {
            user_s: seconds(11),
            system_s: seconds(12),
        }
    }

    pub(super) fn since(&self, earlier: &Self) -> Self {
        Self {
            user_s: self.user_s - earlier.user_s,
            system_s: self.system_s - earlier.system_s,
        }
    }
}

/// Median and slow end, in milliseconds.
#[derive(Debug, Serialize)]
struct Percentiles {
    p50: f64,
    p99: f64,
    max: f64,
}

/// What a run found; serialises to the JSON that the benchmarks keep.
#[derive(Debug, Serialize)]
pub struct Report {
    listeners: usize,
    speakers: usize,
    /// How far the listeners came: the server answered, packets could flow, sound was heard.
    answered: usize,
    connected: usize,
    heard: usize,
    /// Why listeners were not let in, and how many; how many of them were told when to come back, and how soon.
    failures: BTreeMap<String, usize>,
    told_when_to_return: usize,
    refused_ms: Option<Percentiles>,
    /// From a listener's request to the answer, to the connection, and to the first packet of sound.
    join_answered_ms: Option<Percentiles>,
    join_connected_ms: Option<Percentiles>,
    join_first_packet_ms: Option<Percentiles>,
    /// The measured time, and what came and did not come in it.
    seconds: f64,
    packets_sent: u64,
    packets_received: u64,
    packets_lost: u64,
    loss_percent: f64,
    /// Those that were not the server's: of another source, or not to be opened where one was tried.
    packets_foreign: u64,
    packets_per_listener_s: f64,
    /// What the listeners sent back: reports on what they heard, and where the server asked for it, feedback on when each packet came
    /// and for which packets they asked again.
    reports_sent: u64,
    arrival_feedback_sent: u64,
    packets_asked_again: u64,
    /// Of each listener the longest time between two packets, by a crowd that looks five times a second.
    longest_pause_ms: Option<Percentiles>,
    #[serde(flatten)]
    returns: Returns,
    /// The load generator's own cost in that time.
    swarm_cpu_user_s: f64,
    swarm_cpu_system_s: f64,
}

impl Report {
    pub(super) fn new(plan: &Plan, measured: Measured<'_>) -> Self {
        let Measured {
            joins,
            refused,
            packets_sent,
            start,
            end,
            cpu,
            pauses,
            returns,
        } = measured;
        let time = end.at.saturating_duration_since(start.at);
        let seconds = time.max(Duration::from_millis(1)).as_secs_f64();
        let received = end.received - start.received;
        let lost = end.lost.saturating_sub(start.lost);
        Self {
            listeners: plan.listeners,
            speakers: plan.tokens.len(),
            answered: joins.len(),
            connected: joins.iter().filter(|join| join.connected.is_some()).count(),
            heard: joins.iter().filter(|join| join.first_packet.is_some()).count(),
            failures: reasons(refused),
            told_when_to_return: refused.iter().filter(|one| one.refusal.says_when).count(),
            refused_ms: percentiles(refused.iter().map(|one| one.after.as_secs_f64() * 1000.0)),
            join_answered_ms: percentiles(joins.iter().map(|join| join.answered)),
            join_connected_ms: percentiles(joins.iter().filter_map(|join| join.connected)),
            join_first_packet_ms: percentiles(joins.iter().filter_map(|join| join.first_packet)),
            seconds,
            packets_sent,
            packets_received: received,
            packets_lost: lost,
            loss_percent: 100.0 * lost as f64 / (received + lost).max(1) as f64,
            packets_foreign: end.foreign - start.foreign,
            reports_sent: end.reports - start.reports,
            arrival_feedback_sent: end.arrivals_told - start.arrivals_told,
            packets_asked_again: end.asked_again - start.asked_again,
            packets_per_listener_s: received as f64 / joins.len().max(1) as f64 / seconds,
            longest_pause_ms: percentiles(pauses.iter().map(|pause| pause.as_secs_f64() * 1000.0)),
            returns,
            swarm_cpu_user_s: cpu.user_s,
            swarm_cpu_system_s: cpu.system_s,
        }
    }
}

fn reasons(refused: &[Refused]) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    for one in refused {
        *reasons.entry(one.refusal.error.to_string()).or_insert(0) += 1;
    }
    reasons
}

fn percentiles(values: impl Iterator<Item = f64>) -> Option<Percentiles> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let at = |share: f64| (sorted[(last as f64 * share).round() as usize] * 100.0).round() / 100.0;
    Some(Percentiles {
        p50: at(0.50),
        p99: at(0.99),
        max: at(1.0),
    })
}
