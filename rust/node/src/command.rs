//! The calls of the internal link, as JSON, and what they do to the routers.

use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};
use voxhall_media::error::MediaError;
use voxhall_media::routers::{OpenSession, Routers};
use voxhall_media::tape::{StageEvent, from_wire, is_safe_name};

use crate::tape::{Message, Mode, Queue, Reply};

/// A call from the control plane.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "call", content = "args", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "each is documented with the method of Routers that it calls")]
pub enum Command {
    OpenPublisher {
        space: String,
        peer: String,
        participant: String,
        csrc: u32,
        sdp: String,
        publish: bool,
        #[serde(default)]
        low_delay: bool,
    },
    OpenListener {
        space: String,
        peer: String,
        participant: String,
        sdp: String,
    },
    Patch {
        peer: String,
        if_match: String,
        fragment: String,
    },
    Allow {
        space: String,
        participant: String,
        publish: bool,
    },
    Close {
        peer: String,
    },
    CloseParticipant {
        space: String,
        participant: String,
    },
    CloseSpace {
        space: String,
    },
    Record {
        space: String,
        mode: Mode,
    },
    Note {
        space: String,
        events: Vec<Noted>,
    },
    Confirm {
        peers: Vec<String>,
    },
    Report {},
    Stats {},
    #[cfg(feature = "test-hooks")]
    BreakPeer {
        peer: String,
    },
}

/// An event of a space, as it is told for its tape.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noted {
    /// Its number in the space.
    pub seq: u64,
    /// When, in RFC 3339.
    pub wall: String,
    /// What.
    pub name: String,
    /// More of it.
    pub data: Value,
}

impl TryFrom<Noted> for StageEvent {
    type Error = MediaError;

    fn try_from(noted: Noted) -> Result<Self, MediaError> {
        let wall_ms = from_wire(&noted.wall).ok_or_else(|| MediaError::BadCommand("a time is not RFC 3339".into()))?;
        Ok(Self {
            seq: noted.seq,
            wall_ms,
            name: noted.name,
            data: noted.data,
        })
    }
}

impl Command {
    /// Reads a call by its name and its arguments.
    ///
    /// # Errors
    /// [`MediaError::BadCommand`] where the name is unknown or an argument is missing, extra or of the wrong type.
    pub fn read(name: &str, args: &str) -> Result<Self, MediaError> {
        let bad = |e: serde_json::Error| MediaError::BadCommand(e.to_string());
        let args: Value = serde_json::from_str(args).map_err(bad)?;
        serde_json::from_value(json!({ "call": name, "args": args })).map_err(bad)
    }

    /// Carries the call out and answers it; what concerns a tape is answered by its writer, behind everything the routers have
    /// handed to it until now.
    pub(crate) fn answer(self, now: Instant, routers: &mut Routers, tapes: &Queue, reply: Reply) {
        let answered = match self {
            Self::Record { space, mode } => match record(now, routers, &space, mode) {
                Ok(()) => {
                    hand_over(routers, tapes);
                    return tapes.send(Message::Record { space, mode, reply });
                }
                Err(error) => Err(error),
            },
            Self::Note { space, events } => match events.into_iter().map(StageEvent::try_from).collect() {
                Ok(events) => return tapes.send(Message::Note { space, events, reply }),
                Err(error) => Err(error),
            },
            other => other.carry_out(now, routers),
        };
        // A caller that stopped waiting needs no answer.
        let _ = reply.try_send(answered);
    }

    fn carry_out(self, now: Instant, routers: &mut Routers) -> Result<Value, MediaError> {
        match self {
            Self::OpenPublisher {
                space,
                peer,
                participant,
                csrc,
                sdp,
                publish,
                low_delay,
            } => {
                let request = OpenSession {
                    space: space.clone(),
                    peer,
                    participant,
                    sdp,
                };
                let opened = routers.open_publisher(now, request, csrc, publish)?;
                routers.want_low_delay(&space, low_delay);
                to_json(&opened)
            }
            Self::OpenListener {
                space,
                peer,
                participant,
                sdp,
            } => to_json(&routers.open_listener(
                now,
                OpenSession {
                    space,
                    peer,
                    participant,
                    sdp,
                },
            )?),
            Self::Patch {
                peer,
                if_match,
                fragment,
            } => to_json(&routers.patch(now, &peer, &if_match, &fragment)?),
            Self::Allow {
                space,
                participant,
                publish,
            } => {
                routers.allow(&space, &participant, publish);
                Ok(json!({}))
            }
            Self::Close { peer } => {
                routers.close(now, &peer);
                Ok(json!({}))
            }
            Self::CloseParticipant { space, participant } => {
                routers.close_participant(now, &space, &participant);
                Ok(json!({}))
            }
            Self::CloseSpace { space } => {
                routers.close_space(now, &space);
                Ok(json!({}))
            }
            Self::Confirm { peers } => {
                routers.confirm(&peers);
                Ok(json!({}))
            }
            Self::Report {} => to_json(&routers.report()),
            Self::Record { .. } | Self::Note { .. } => Err(MediaError::Internal),
            Self::Stats {} => to_json(&routers.stats()),
            #[cfg(feature = "test-hooks")]
            Self::BreakPeer { peer } => {
                routers.break_peer(&peer);
                Ok(json!({}))
            }
        }
    }
}

fn record(now: Instant, routers: &mut Routers, space: &str, mode: Mode) -> Result<(), MediaError> {
    if !is_safe_name(space) {
        return Err(MediaError::BadCommand("the space's id is none".to_owned()));
    }
    match mode {
        Mode::Off => routers.stop_taping(space),
        Mode::Paused => routers.tape(now, space, true)?,
        Mode::On | Mode::Ring => routers.tape(now, space, false)?,
    }
    Ok(())
}

/// Passes everything that the routers have for the tapes to their writer.
pub(crate) fn hand_over(routers: &mut Routers, tapes: &Queue) {
    while let Some(news) = routers.poll_tape() {
        tapes.pass_on(news);
    }
}

fn to_json(value: &impl serde::Serialize) -> Result<Value, MediaError> {
    serde_json::to_value(value).map_err(|_| MediaError::Internal)
}
