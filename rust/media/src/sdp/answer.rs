//! The answer: str0m's sections for the lines that were taken, rejections for the others, our candidates.

use super::offer::{Offer, mid_of};
use super::sections::Sections;
use crate::error::MediaError;

/// What we ask of an Opus sender (RFC 7587 §6.1): in-band FEC, no packets while silent, mono.
const OPUS_PARAMETERS: &str = "minptime=10;useinbandfec=1;usedtx=1;stereo=0;sprop-stereo=0";

/// Puts the full answer together from str0m's answer to the reduced offer.
///
/// `candidates` are complete `candidate:…` values in the order in which clients are to see them; they go onto the first line
/// that is taken (FFmpeg reads only the first; a rejected line must carry none).
///
/// # Errors
/// [`MediaError::BadSdp`] where str0m's answer has another number of lines than were taken.
pub fn compose_answer(offer: &Offer, negotiated: &str, candidates: &[String]) -> Result<String, MediaError> {
    let negotiated = Sections::parse(negotiated)?;
    let offered = offer.sections();
    if negotiated.media.len() != offer.taken.iter().flatten().count() {
        return Err(MediaError::BadSdp("its lines could not be negotiated".to_owned()));
    }
    let mut lines: Vec<String> = negotiated.session.iter().map(|l| (*l).to_owned()).collect();
    let mut taken = negotiated.media.iter();
    let mut candidates = Some(candidates);
    for (index, section) in offered.media.iter().enumerate() {
        let answered = offer.taken[index].and_then(|_| taken.next());
        let Some(answered) = answered else {
            let (media, protocol, formats) = section.media_line().unwrap_or(("audio", "RTP/AVP", "0"));
            lines.push(format!("m={media} 0 {protocol} {formats}"));
            lines.push("c=IN IP4 0.0.0.0".to_owned());
            lines.push("a=inactive".to_owned());
            lines.push(format!("a=mid:{}", mid_of(section, index)));
            continue;
        };
        let opus = opus_payload_type(&answered.lines);
        let first = first_format(&answered.lines, offer.taken[index]);
        for line in &answered.lines {
            if let Some(line) = first.and_then(|pt| with_first(line, pt)) {
                lines.push(line);
                continue;
            }
            if line.starts_with("a=candidate:") || line.starts_with("a=end-of-candidates") {
                continue;
            }
            let is_opus_format = opus.is_some_and(|pt| line.starts_with(&format!("a=fmtp:{pt} ")));
            if is_opus_format {
                continue;
            }
            lines.push((*line).to_owned());
            if let Some(pt) = opus.filter(|pt| line.starts_with(&format!("a=rtpmap:{pt} "))) {
                lines.push(format!("a=fmtp:{pt} {OPUS_PARAMETERS}"));
            }
        }
        if let Some(candidates) = candidates.take() {
            lines.extend(candidates.iter().map(|c| format!("a={c}")));
            lines.push("a=end-of-candidates".to_owned());
        }
    }
    lines.push(String::new());
    Ok(lines.join("\r\n"))
}

/// An m-line with `first` before all others: libwebrtc sends RED where it is the first, and Opus where Opus is.
fn with_first(line: &str, first: &str) -> Option<String> {
    let (head, formats) = line.strip_prefix("m=")?.split_once("SAVPF ")?;
    let others = formats.split(' ').filter(|pt| *pt != first);
    let formats: Vec<&str> = std::iter::once(first).chain(others).collect();
    Some(format!("m={head}SAVPF {}", formats.join(" ")))
}

/// What a line is to begin with: a microphone sends RED, which costs its owner 30 kb/s and is worth it at the first lost packet.
fn first_format<'a>(lines: &[&'a str], direction: Option<&str>) -> Option<&'a str> {
    let red = payload_type_of(lines, "red/48000").filter(|_| direction == Some("sendonly"));
    red.or_else(|| opus_payload_type(lines))
}

pub(super) fn opus_payload_type<'a>(lines: &[&'a str]) -> Option<&'a str> {
    payload_type_of(lines, "opus/")
}

fn payload_type_of<'a>(lines: &[&'a str], codec: &str) -> Option<&'a str> {
    lines.iter().find_map(|line| {
        let (pt, named) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
        named.to_ascii_lowercase().starts_with(codec).then_some(pt)
    })
}
