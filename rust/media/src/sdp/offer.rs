//! Which lines of an offer are taken, and the reduced offer that str0m is shown.

use super::MAX_SLOTS;
use super::sections::{Section, Sections, bad};
use crate::error::MediaError;

/// Why a peer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// WHIP: one line towards us, up to [`MAX_SLOTS`] lines back.
    Publish,
    /// WHEP: one line, from us.
    Listen,
}

/// An offer that was read, with the decision for each of its lines.
#[derive(Debug, Clone)]
pub struct Offer {
    text: String,
    /// Per m-line: the direction it is taken with, or None where it is rejected.
    pub(super) taken: Vec<Option<&'static str>>,
    ufrag: String,
    password: String,
}

impl Offer {
    /// Reads an offer and decides its lines.
    ///
    /// # Errors
    /// [`MediaError::BadSdp`] where it cannot be read or lacks ICE credentials or a fingerprint; [`MediaError::NoAudio`] where
    /// no Opus line fits the purpose. Video and data lines are no error: they are answered as rejected.
    pub fn read(text: &str, purpose: Purpose) -> Result<Self, MediaError> {
        let sections = Sections::parse(text)?;
        let taken = decide(&sections, purpose)?;
        let first = taken.iter().position(Option::is_some).unwrap_or(0);
        let attribute = |name: &str| sections.attribute(first, name);
        let ufrag = attribute("ice-ufrag").ok_or_else(|| bad("a=ice-ufrag is missing"))?;
        let password = attribute("ice-pwd").ok_or_else(|| bad("a=ice-pwd is missing"))?;
        attribute("fingerprint").ok_or_else(|| bad("a=fingerprint is missing"))?;
        if !(4..=256).contains(&ufrag.len()) || !(22..=256).contains(&password.len()) {
            return Err(bad("a=ice-ufrag or a=ice-pwd has a length that RFC 8839 §5.4 forbids"));
        }
        let (ufrag, password) = (ufrag.to_owned(), password.to_owned());
        Ok(Self {
            taken,
            ufrag,
            password,
            text: text.to_owned(),
        })
    }

    /// The mids of the lines that are taken, in order: for [`Purpose::Publish`] the microphone first, then the slots.
    pub fn taken_mids(&self) -> Vec<String> {
        let sections = self.sections();
        let taken = |(i, _): &(usize, &Section<'_>)| self.taken[*i].is_some();
        sections
            .media
            .iter()
            .enumerate()
            .filter(taken)
            .map(|(i, s)| mid_of(s, i))
            .collect()
    }

    /// The remote side's ICE user fragment.
    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// Takes note of the credentials of an ICE restart.
    pub fn remember_credentials(&mut self, ufrag: &str, password: &str) {
        self.ufrag = ufrag.to_owned();
        self.password = password.to_owned();
    }

    /// The offer with only the lines that are taken and without candidates: a lite agent learns addresses from authenticated
    /// checks alone (RFC 8445 §7.3.1.3), so names (mDNS) are never resolved and addresses never believed.
    /// `credentials` replaces the ICE credentials, for a restart.
    pub fn reduced(&self, credentials: Option<(&str, &str)>) -> String {
        let (ufrag, password) = credentials.unwrap_or((&self.ufrag, &self.password));
        let sections = self.sections();
        let mut out = String::with_capacity(self.text.len());
        let mut put = |line: &str| {
            out.push_str(line);
            out.push_str("\r\n");
        };
        let kept = |line: &&&str| keeps(line, "a=group:");
        sections.session.iter().filter(kept).for_each(|l| put(l));
        put(&format!("a=group:BUNDLE {}", self.taken_mids().join(" ")));
        for (index, section) in sections.media.iter().enumerate() {
            let Some(direction) = self.taken[index] else { continue };
            section.lines.iter().filter(|l| keeps(l, "a=mid:")).for_each(|l| put(l));
            put(&format!("a=mid:{}", mid_of(section, index)));
            put(&format!("a={direction}"));
            put(&format!("a=ice-ufrag:{ufrag}"));
            put(&format!("a=ice-pwd:{password}"));
        }
        out
    }

    pub(super) fn sections(&self) -> Sections<'_> {
        // It was read once with success, and nothing has changed it.
        Sections::parse(&self.text).unwrap_or(Sections {
            session: Vec::new(),
            media: Vec::new(),
        })
    }
}

/// The section's mid, or the number it would have had: some clients with a single line write none.
pub(super) fn mid_of(section: &Section<'_>, index: usize) -> String {
    section
        .attribute("mid")
        .map_or_else(|| index.to_string(), str::to_owned)
}

fn decide(sections: &Sections<'_>, purpose: Purpose) -> Result<Vec<Option<&'static str>>, MediaError> {
    let mut published = false;
    let mut slots = 0;
    let mut taken = Vec::with_capacity(sections.media.len());
    for section in &sections.media {
        let (sends, receives) = section.direction(&sections.session);
        let usable = section.is_audio() && section.has_opus();
        taken.push(match purpose {
            _ if !usable => None,
            Purpose::Publish if sends && !published => {
                published = true;
                Some("sendonly")
            }
            Purpose::Publish if receives && published && slots < MAX_SLOTS => {
                slots += 1;
                Some("recvonly")
            }
            Purpose::Listen if receives && slots == 0 => {
                slots = 1;
                Some("recvonly")
            }
            _ => None,
        });
    }
    match purpose {
        Purpose::Publish if !published => Err(MediaError::NoAudio("one that sends is needed")),
        Purpose::Listen if slots == 0 => Err(MediaError::NoAudio("one that receives is needed")),
        _ => Ok(taken),
    }
}

fn keeps(line: &str, also_dropped: &str) -> bool {
    const DROPPED: [&str; 9] = [
        "a=candidate:",
        "a=end-of-candidates",
        "a=remote-candidates:",
        "a=ice-ufrag:",
        "a=ice-pwd:",
        "a=sendrecv",
        "a=sendonly",
        "a=recvonly",
        "a=inactive",
    ];
    !line.starts_with(also_dropped) && !DROPPED.iter().any(|dropped| line.starts_with(dropped))
}
