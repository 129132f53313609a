//! An SDP cut at its m-lines (RFC 8866 §5), borrowing from the text it was read from.

use crate::error::MediaError;

/// The largest description read, in bytes. Browsers send 2 to 6 kB; a larger limit only feeds whoever wants us busy.
pub const MAX_SDP_BYTES: usize = 64 * 1024;
/// The most m-lines read. A speaker's page sends five; a video client two or three.
const MAX_MEDIA: usize = 32;

/// One m-line and the lines that belong to it.
#[derive(Debug, Clone)]
pub(crate) struct Section<'a> {
    pub(crate) lines: Vec<&'a str>,
}

/// The session part and the media sections in order.
#[derive(Debug, Clone)]
pub(crate) struct Sections<'a> {
    pub(crate) session: Vec<&'a str>,
    pub(crate) media: Vec<Section<'a>>,
}

impl<'a> Sections<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, MediaError> {
        if text.len() > MAX_SDP_BYTES {
            return Err(bad("it is larger than 64 kB"));
        }
        let mut lines = text.lines().map(str::trim_end).filter(|l| !l.is_empty()).peekable();
        if lines.peek().is_none_or(|l| !l.starts_with("v=0")) {
            return Err(bad("it does not begin with v=0"));
        }
        let mut session = Vec::new();
        let mut media: Vec<Section<'a>> = Vec::new();
        for line in lines {
            if !is_field(line) {
                return Err(bad("a line is not of the form letter=value"));
            }
            if line.starts_with("m=") {
                if media.len() == MAX_MEDIA {
                    return Err(bad("it has more than 32 media lines"));
                }
                media.push(Section { lines: vec![line] });
            } else if let Some(section) = media.last_mut() {
                section.lines.push(line);
            } else {
                session.push(line);
            }
        }
        if media.is_empty() {
            return Err(bad("it has no media line"));
        }
        Ok(Self { session, media })
    }

    /// The value of an attribute of the section, or of the session where the section has none.
    pub(crate) fn attribute(&self, index: usize, name: &str) -> Option<&'a str> {
        self.media[index].attribute(name).or_else(|| find(&self.session, name))
    }
}

impl<'a> Section<'a> {
    pub(crate) fn attribute(&self, name: &str) -> Option<&'a str> {
        find(&self.lines, name)
    }

    /// `(media, protocol, formats)` of the m-line.
    pub(crate) fn media_line(&self) -> Option<(&'a str, &'a str, &'a str)> {
        let mut parts = self.lines[0].strip_prefix("m=")?.splitn(4, ' ');
        let media = parts.next()?;
        let _port = parts.next()?;
        Some((media, parts.next()?, parts.next()?))
    }

    pub(crate) fn is_audio(&self) -> bool {
        self.lines[0].starts_with("m=audio ")
    }

    /// Whether one of its payload types is Opus (RFC 7587 §7: always `opus/48000/2`).
    pub(crate) fn has_opus(&self) -> bool {
        self.lines.iter().any(|l| {
            l.strip_prefix("a=rtpmap:")
                .and_then(|v| v.split_once(' '))
                .is_some_and(|(_, codec)| {
                    codec
                        .get(..11)
                        .is_some_and(|name| name.eq_ignore_ascii_case("opus/48000/"))
                })
        })
    }

    /// `(sends, receives)` of the one who wrote it; `sendrecv` where nothing is said (RFC 8866 §6.7).
    pub(crate) fn direction(&self, session: &[&str]) -> (bool, bool) {
        let said = self.lines.iter().chain(session).find_map(|l| match *l {
            "a=sendonly" => Some((true, false)),
            "a=recvonly" => Some((false, true)),
            "a=inactive" => Some((false, false)),
            "a=sendrecv" => Some((true, true)),
            _ => None,
        });
        said.unwrap_or((true, true))
    }
}

pub(crate) fn bad(why: &str) -> MediaError {
    MediaError::BadSdp(why.to_owned())
}

fn is_field(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b'='
}

fn find<'a>(lines: &[&'a str], name: &str) -> Option<&'a str> {
    lines
        .iter()
        .find_map(|l| l.strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':'))
}
