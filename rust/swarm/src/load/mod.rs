//! A crowd: many listeners and a few speakers against one space, from a handful of threads. Bounded in number and time; ends by itself.

mod http;
mod report;
mod speakers;

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::engine::Engine;
use crate::error::ClientError;
use crate::remote::Preference;
use crate::subscriber::Subscriber;
use http::{Server, Session};
pub use report::Report;
use report::{Again, CpuTime, Join, Refused, Window};
use speakers::Speakers;

/// More than one machine's loopback carries; a typing mistake ends here.
const MAX_LISTENERS: usize = 20_000;
const MAX_SECONDS: u64 = 600;

/// Requests under way at once: those of a tenth of a second, because a server that is rushed answers later.
const JOINERS: std::ops::RangeInclusive<u32> = 16..=256;
/// Who leaves is in no hurry.
const LEAVERS: usize = 16;

/// Listeners of one engine thread: its sockets are walked by one core.
const LISTENERS_PER_ENGINE: usize = 1_000;
const MAX_ENGINES: usize = 4;

/// How long the last who joined may take until they hear.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long after a cut or a change of port a listener may be deaf before it counts as lost.
const AGAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// A network that is cut longer has lost its peers: the server forgets who was silent for 75 s.
const MAX_CUT_S: u64 = 60;

/// What to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Address of the space's API: `http://host:port/api/v1/spaces/sp_…`.
    pub space: String,
    /// How many listen.
    pub listeners: usize,
    /// One speaker for each token.
    #[serde(default)]
    pub tokens: Vec<String>,
    /// How long everybody stays once all have joined.
    pub seconds: u64,
    /// How fast they come.
    #[serde(default = "default_joins_per_s")]
    pub joins_per_s: u32,
    /// By ICE-TCP.
    #[serde(default)]
    pub tcp: bool,
    /// How much of the sound each of them loses at random while it is measured, in percent; their reports say so.
    #[serde(default)]
    pub loss_percent: f64,
    /// For so long nobody's packets arrive, once all is measured: how soon do they hear again?
    #[serde(default)]
    pub cut_s: u64,
    /// Then everybody goes on from another port at once.
    #[serde(default)]
    pub roam: bool,
}

fn default_joins_per_s() -> u32 {
    50
}

struct Listener {
    subscriber: Subscriber,
    session: Session,
    join: Join,
}

/// Runs the plan. `steady` is called when all have joined and the measured time begins, and again when it has ended.
pub fn run(plan: &Plan, mut steady: impl FnMut(&'static str)) -> Result<Report, ClientError> {
    let is_long = plan.seconds > MAX_SECONDS || plan.cut_s > MAX_CUT_S;
    if plan.listeners == 0 || plan.listeners > MAX_LISTENERS || is_long || plan.joins_per_s == 0 {
        return Err(ClientError::Load(format!(
            "a run has 1 to {MAX_LISTENERS} listeners, at most {MAX_SECONDS} seconds and {MAX_CUT_S} without network, \
             and at least one join a second"
        )));
    }
    if !(0.0..100.0).contains(&plan.loss_percent) {
        return Err(ClientError::Load("the loss is a percentage below 100".into()));
    }
    let server = Server::new(&plan.space)?;
    let preference = Preference {
        tcp: plan.tcp,
        address: address_of(&server),
        is_watchful: false,
    };
    let engines = start_engines(plan.listeners)?;
    let speakers = Speakers::start(&plan.tokens, &server, &Engine::start()?, preference)?;

    let crowd = Crowd {
        plan,
        server: &server,
        engines: &engines,
        preference,
    };
    let (mut listeners, failures) = crowd.join();
    wait_until_heard(&listeners, !plan.tokens.is_empty());

    let lose = |share| engines.iter().for_each(|engine| engine.network().lose(share));
    lose(plan.loss_percent / 100.0);
    let (start, cpu) = (
        Window::of(listeners.iter().map(|listener| &listener.subscriber)),
        CpuTime::of_this_process(),
    );
    steady("started");
    thread::sleep(Duration::from_secs(plan.seconds));
    steady("ended");
    let (end, cpu_end) = (
        Window::of(listeners.iter().map(|listener| &listener.subscriber)),
        CpuTime::of_this_process(),
    );

    lose(0.0);
    let cut = (plan.cut_s > 0).then(|| {
        let cut = |is_cut| engines.iter().for_each(|engine| engine.network().cut(is_cut));
        cut(true);
        thread::sleep(Duration::from_secs(plan.cut_s));
        listen_again(&listeners);
        cut(false);
        hear_again(&listeners)
    });
    let roamed = plan.roam.then(|| {
        listeners.iter().for_each(|listener| listener.subscriber.roam());
        // What was on its way to the old ports is no sign of the new ones.
        thread::sleep(Duration::from_millis(100));
        listen_again(&listeners);
        hear_again(&listeners)
    });

    let joins = listeners
        .iter()
        .map(|listener| listener.join.times(&listener.subscriber))
        .collect();
    let sent = speakers.stop();
    leave(&mut listeners);
    Ok(Report::new(plan, joins, &failures, sent, &start, &end, cpu_end.since(&cpu)).with_returns(cut, roamed))
}

/// A server on this machine names several of its addresses; one path each is enough to measure.
fn address_of(server: &Server) -> Option<IpAddr> {
    server
        .authority()
        .to_socket_addrs()
        .ok()?
        .next()
        .map(|address| address.ip())
}

fn start_engines(listeners: usize) -> Result<Vec<Engine>, ClientError> {
    let count = listeners.div_ceil(LISTENERS_PER_ENGINE).clamp(1, MAX_ENGINES);
    (0..count).map(|_| Engine::start().map_err(ClientError::from)).collect()
}

struct Crowd<'a> {
    plan: &'a Plan,
    server: &'a Server,
    engines: &'a [Engine],
    preference: Preference,
}

impl Crowd<'_> {
    fn join(&self) -> (Vec<Listener>, Vec<Refused>) {
        let (next, started) = (AtomicUsize::new(0), Instant::now());
        let (joined, failures) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            let joiners = (self.plan.joins_per_s / 10).clamp(*JOINERS.start(), *JOINERS.end());
            for _ in 0..self.plan.listeners.min(joiners as usize) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Relaxed);
                        if index >= self.plan.listeners {
                            break;
                        }
                        let due = started + Duration::from_secs_f64(index as f64 / f64::from(self.plan.joins_per_s));
                        thread::sleep(due.saturating_duration_since(Instant::now()));
                        let asked = Instant::now();
                        match self.join_one(index) {
                            Ok(listener) => push(&joined, listener),
                            Err(error) => push(
                                &failures,
                                Refused {
                                    reason: error.to_string(),
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
            failures.into_inner().unwrap_or_default(),
        )
    }

    fn join_one(&self, index: usize) -> Result<Listener, ClientError> {
        let mut subscriber = Subscriber::counting(&self.engines[index % self.engines.len()], self.preference);
        let offer = subscriber.offer()?;
        let asked = Instant::now();
        let (answer, session) = self.server.join("whep", &offer, None)?;
        let answered = Instant::now();
        subscriber.answer(&answer)?;
        Ok(Listener {
            subscriber,
            session,
            join: Join { asked, answered },
        })
    }
}

fn push<T>(list: &Mutex<Vec<T>>, item: T) {
    // Poisoned: another joiner panicked, and the scope will say so.
    if let Ok(mut list) = list.lock() {
        list.push(item);
    }
}

/// Until each listener has a packet, or at least a connection where nobody speaks; the slow ones show in the report.
fn wait_until_heard(listeners: &[Listener], someone_speaks: bool) {
    let end = Instant::now() + SETTLE_TIMEOUT;
    for listener in listeners {
        listener
            .subscriber
            .wait_connected(end.saturating_duration_since(Instant::now()));
        while someone_speaks && listener.subscriber.first_packet_at().is_none() && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn listen_again(listeners: &[Listener]) {
    listeners.iter().for_each(|listener| listener.subscriber.listen_again());
}

/// When each listener heard the next packet, from now on.
fn hear_again(listeners: &[Listener]) -> Again {
    let began = Instant::now();
    let heard = |listener: &Listener| listener.subscriber.heard_again_at();
    while began.elapsed() < AGAIN_TIMEOUT && listeners.iter().any(|listener| heard(listener).is_none()) {
        thread::sleep(Duration::from_millis(20));
    }
    let after = |at: Instant| at.saturating_duration_since(began).as_secs_f64() * 1000.0;
    Again::new(listeners.iter().filter_map(heard).map(after))
}

fn leave(listeners: &mut Vec<Listener>) {
    let rest = Mutex::new(std::mem::take(listeners));
    thread::scope(|scope| {
        for _ in 0..LEAVERS {
            scope.spawn(|| {
                while let Some(mut listener) = rest.lock().ok().and_then(|mut rest| rest.pop()) {
                    // Who cannot say goodbye is counted out by the server after its own time.
                    let _ = listener.session.leave();
                    listener.subscriber.close();
                }
            });
        }
    });
}
