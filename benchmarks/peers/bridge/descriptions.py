"""Session descriptions of a listener who offers, for a server that offers too.

What the two need of each other are credentials, a fingerprint and addresses, whoever says them first. So the server's
offer is given to the listener as if it were an answer, and the server gets an answer that is made of its own lines with
the listener's half of ICE and DTLS. Of feedback and of header extensions both get what both have named, as a browser
answers. The sound goes straight from the server to the listener.
"""

from collections.abc import Sequence

HALF = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:")
CHOICES = ("a=rtcp-fb:", "a=extmap:")


def sections(description: str) -> list[list[str]]:
    """The lines of each media section; what comes before the first is the session's and left out."""
    found: list[list[str]] = []
    for line in description.splitlines():
        if line.startswith("m="):
            found.append([])
        if found:
            found[-1].append(line)
    return found


def answer(offer: str, listener: str, also: Sequence[str] = ()) -> str:
    """The listener's answer to a server's `offer`; `listener` is what it offered itself.

    `also`: feedback that it takes although it does not offer it.
    """
    own = [line for line in listener.splitlines() if line.startswith(HALF)]
    known = {*also, *(choice_of(line) for line in listener.splitlines() if line.startswith(CHOICES))}
    bundle = [line for line in offer.splitlines() if line.startswith("a=group:BUNDLE")]
    head = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", *bundle[:1]]
    body = [line for section in sections(offer) for line in accepted(section, own, known)]
    return "\r\n".join([*head, *body, ""])


def choice_of(line: str) -> str:
    """What a line of feedback or of an extension names, without the numbers that each side gives it."""
    return line.split(" ", 1)[1]


def accepted(section: list[str], own: list[str], known: set[str]) -> list[str]:
    mid = [line for line in section if line.startswith("a=mid:")]
    common = ["c=IN IP4 0.0.0.0", *own, "a=setup:active", *mid]
    if not section[0].startswith("m=audio"):
        # A data channel: the connection may have it, and nothing is ever sent on it.
        return [section[0], *common, *(line for line in section if line.startswith("a=sctp-port:"))]
    opus = next(line for line in section if line.startswith("a=rtpmap:") and "opus/48000" in line.lower())
    payload_type = opus.removeprefix("a=rtpmap:").split()[0]
    wanted = [line for line in section if line.startswith((opus, f"a=fmtp:{payload_type} ", "a=rtcp-rsize"))]
    choices = (f"a=rtcp-fb:{payload_type} ", "a=rtcp-fb:* ", "a=extmap:")
    agreed = [line for line in section if line.startswith(choices) and choice_of(line) in known]
    return [f"m=audio 9 UDP/TLS/RTP/SAVPF {payload_type}", *common, "a=recvonly", "a=rtcp-mux", *wanted, *agreed]


def agreed_on(offer: str, answered: str) -> str:
    """The server's `offer` for its listener: without the feedback and the extensions that were not taken."""
    taken = set(answered.splitlines())
    lines = [line for line in offer.splitlines() if not line.startswith(CHOICES) or line in taken]
    return "\r\n".join([*lines, ""])


def with_candidate(offer: str, candidate: str) -> str:
    """`candidate` as in trickle ICE: without `a=`."""
    return f"{offer.rstrip()}\r\na={candidate}\r\n"
