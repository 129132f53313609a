//! Everybody comes, and everybody goes.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use super::crowd::{Crowd, Member};
use super::http::{Refusal, Server, Session};
use super::report::{Join, Refused};

/// Requests under way at once: those of a tenth of a second, because a server that is rushed answers later.
const JOINERS: std::ops::RangeInclusive<u32> = 16..=256;
/// Who leaves is in no hurry.
const LEAVERS: usize = 16;

pub(super) struct Listener {
    pub(super) member: Member,
    session: Session,
    pub(super) join: Join,
}

/// Who came, and who was not let in.
pub(super) type Joined = (Vec<Listener>, Vec<Refused>);

/// So many listeners join, this fast, whatever becomes of those before them.
pub(super) fn join(crowds: &[Crowd], server: &Server, listeners: usize, joins_per_s: u32) -> Joined {
    let (next, started) = (AtomicUsize::new(0), Instant::now());
    let (joined, refused) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        let joiners = (joins_per_s / 10).clamp(*JOINERS.start(), *JOINERS.end());
        for _ in 0..listeners.min(joiners as usize) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Relaxed);
                    if index >= listeners {
                        break;
                    }
                    let due = started + Duration::from_secs_f64(index as f64 / f64::from(joins_per_s));
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    let asked = Instant::now();
                    match join_one(&crowds[index % crowds.len()], server) {
                        Ok(listener) => push(&joined, listener),
                        Err(refusal) => push(
                            &refused,
                            Refused {
                                refusal,
                                after: asked.elapsed(),
                            },
                        ),
                    }
                }
            });
        }
    });
    (
        joined.into_inner().unwrap_or_default(),
        refused.into_inner().unwrap_or_default(),
    )
}

fn join_one(crowd: &Crowd, server: &Server) -> Result<Listener, Refusal> {
    let offered = crowd.offer();
    let asked = Instant::now();
    let (answer, session) = server.join("whep", &offered.sdp, None)?;
    let answered = Instant::now();
    Ok(Listener {
        member: crowd.answer(offered, &answer)?,
        session,
        join: Join { asked, answered },
    })
}

fn push<T>(list: &Mutex<Vec<T>>, item: T) {
    // Poisoned: another joiner panicked, and the scope will say so.
    if let Ok(mut list) = list.lock() {
        list.push(item);
    }
}

/// Everybody says goodbye, at the door and on the media path.
pub(super) fn leave(listeners: Vec<Listener>) {
    let rest = Mutex::new(listeners);
    thread::scope(|scope| {
        for _ in 0..LEAVERS {
            scope.spawn(|| {
                while let Some(listener) = rest.lock().ok().and_then(|mut rest| rest.pop()) {
                    // Who cannot say goodbye is counted out by the server after its own time.
                    let _ = listener.session.leave();
                    listener.member.close();
                }
            });
        }
    });
}
