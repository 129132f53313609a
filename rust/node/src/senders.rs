//! The threads that seal and send beside the media thread, where a machine has cores for them.
//!
//! Shares of the audience lie in one queue. The media thread takes from it like the others and waits only for what one of them has begun, so
//! that a thread which is given no core holds up nobody (docs/decisions/0013-threads-that-send.md).

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread::available_parallelism;

use flume::{Receiver, Sender, unbounded};
use voxhall_media::{Delivered, Share};

use crate::outlet::{Flushed, Outlet};

/// One core is the media thread's, and one is left to handshakes, the control plane and the system. More threads than this share one
/// socket's counters without having been tried; fewer leave cores of a large machine idle.
const MAX_THREADS: usize = 6;
const KEPT_FREE: usize = 2;
/// Fewer shares than this are a twentieth of a core all told, a millisecond of a frame: sharing that buys nothing that anybody hears. Lower
/// wakes threads for small audiences, higher leaves the media thread alone with larger ones.
const WORTH_WAKING: usize = 4;
/// The name of such a thread.
pub(crate) const SENDER_THREAD: &str = "voxhall-sender";

struct Job {
    share: Share,
    own: Arc<[IpAddr]>,
}

pub(crate) struct Senders {
    threads: usize,
    jobs: Sender<Job>,
    to_do: Receiver<Job>,
    done: Receiver<(Delivered, Flushed)>,
}

impl Senders {
    /// How many are good for this machine, beside the media thread.
    pub(crate) fn fitting() -> usize {
        let cores = available_parallelism().map_or(1, usize::from);
        cores.saturating_sub(KEPT_FREE).min(MAX_THREADS)
    }

    /// Starts a thread for each of `outlets`; they end when this is dropped.
    pub(crate) fn start(outlets: Vec<Outlet>) -> io::Result<Self> {
        let (jobs, to_do) = unbounded::<Job>();
        let (finished, done) = unbounded();
        let threads = outlets.len();
        for mut outlet in outlets {
            let (to_do, finished) = (to_do.clone(), finished.clone());
            let work = move || {
                for Job { share, own } in to_do {
                    outlet.set_own(own);
                    let delivered = outlet.deliver(share);
                    if finished.send((delivered, outlet.flush())).is_err() {
                        break;
                    }
                }
            };
            std::thread::Builder::new().name(SENDER_THREAD.to_owned()).spawn(work)?;
        }
        Ok(Self {
            threads,
            jobs,
            to_do,
            done,
        })
    }

    /// Delivers all of `shares`, through `outlet` what this thread does of them; adds to `left` what left through those of the others.
    pub(crate) fn deliver(&self, shares: Vec<Share>, outlet: &mut Outlet, left: &mut Flushed) -> Vec<Delivered> {
        let count = shares.len();
        if self.threads == 0 || count < WORTH_WAKING {
            return shares.into_iter().map(|share| outlet.deliver(share)).collect();
        }
        for share in shares {
            let own = Arc::clone(outlet.own());
            // Its receiver is held here.
            let _ = self.jobs.send(Job { share, own });
        }
        let mut all = Vec::with_capacity(count);
        while let Ok(job) = self.to_do.try_recv() {
            all.push(outlet.deliver(job.share));
        }
        // The threads outlive this, or the process has no future.
        let others = self.done.iter().take(count - all.len()).map(|(delivered, flushed)| {
            *left += flushed;
            delivered
        });
        all.extend(others.collect::<Vec<_>>());
        all
    }
}
