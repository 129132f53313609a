//! Which spaces are taped, and what is handed to whoever writes the tapes.

use std::time::{Duration, Instant};

use super::Routers;
use crate::error::MediaError;
use crate::router::{Router, Taping};
use crate::tape::TapeTick;

/// What the writer of the tapes is to know, in order.
#[derive(Debug, Clone)]
pub enum TapeNews {
    /// 20 ms of a space.
    Tick(TapeTick),
    /// The space is over, and all of it was handed out.
    Ended(String),
}

/// Ticks are this far apart when they are made ahead of their time.
const TICK: Duration = crate::audio::TICK;

impl Routers {
    /// What the tapes' writer is to know next.
    pub fn poll_tape(&mut self) -> Option<TapeNews> {
        self.tape.pop_front()
    }

    /// Hands out the sound of a space from now on; `is_paused`: only keeps it ready. It lives on without peers.
    ///
    /// # Errors
    /// [`MediaError::Internal`] where there is no memory for it.
    pub fn tape(&mut self, now: Instant, space: &str, is_paused: bool) -> Result<(), MediaError> {
        let taping = if is_paused { Taping::Paused } else { Taping::On };
        self.router(now, space)?.set_taping(taping);
        Ok(())
    }

    /// Hands out no more of a space.
    pub fn stop_taping(&mut self, space: &str) {
        if let Some(router) = self.routers.get_mut(space) {
            router.set_taping(Taping::Off);
        }
        self.forget_idle(space);
    }

    /// Ends all sessions of a space. What was said until now is still played out, for the tape.
    pub fn close_space(&mut self, now: Instant, space: &str) {
        if let Some(router) = self
            .routers
            .get_mut(space)
            .filter(|router| router.taping() != Taping::Off)
        {
            // Before the peers go: with a peer goes its seat, and what waits there is the last that was said.
            router.drain();
        }
        self.close_where(now, |p| p.space == space);
        self.end_if_drained(space);
    }

    /// Ends everything, what was said until now included: the ticks that are still to come are made at once.
    pub fn shut_down(&mut self, now: Instant) {
        let spaces: Vec<String> = self.routers.keys().cloned().collect();
        for space in &spaces {
            self.close_space(now, space);
        }
        let mut at = now;
        while !self.routers.is_empty() {
            at += TICK;
            self.tick(at, 1);
        }
        self.audience.register.close();
    }

    pub(super) fn end_if_drained(&mut self, space: &str) {
        let Some(router) = self.routers.get_mut(space).filter(|router| router.is_drained()) else {
            return;
        };
        router.set_taping(Taping::Off);
        self.tape.push_back(TapeNews::Ended(space.to_owned()));
        self.forget_idle(space);
    }

    pub(super) fn forget_idle(&mut self, space: &str) {
        if self.routers.get(space).is_some_and(Router::is_idle) {
            self.routers.remove(space);
        }
    }
}
