"""What the doctor says, in English: for each case a sentence that says what is and, where something is wrong, the mend.

The pages say the same in their readers' languages (`web/src/locales/*/doctor.json`); a test holds the two together.
"""

_MAKE_PLACE = "Delete old recordings or snapshots, or move `data` to a larger disk."
_SET_CLOCK = "Set the clock, and let the system keep it: timedatectl set-ntp true."
_LET_THROUGH = (
    "Let {kind} port {port} through the firewall; if {address} is not an address that leads here, correct "
    "media_address. Behind a router that does not lead its own public address back inside, this can only be seen from "
    "outside: by /check, opened in a browser there."
)

WORDS: dict[str, tuple[str, str]] = {
    "disk_ok": ("{free_mib} MiB are free under {folder}.", ""),
    "disk_unwritable": (
        "Nothing can be written to {folder}: {reason}.",
        "Free some space there, or give the folder to the account that runs Voxhall.",
    ),
    "disk_little": ("Only {free_mib} MiB are free under {folder}; {wished_mib} are asked for.", _MAKE_PLACE),
    "disk_unrecorded": ("{free_mib} MiB are free under {folder}; {reason}.", _MAKE_PLACE),
    "database_sqlite": ("SQLite {version}, opened by one process only.", ""),
    "database_postgresql": ("PostgreSQL is configured; /readyz says whether it answers.", ""),
    "memory_ok": ("{free_mib} MiB of memory are free.", ""),
    "memory_unknown": ("The system does not say how much memory is free.", ""),
    "memory_little": (
        "Only {free_mib} MiB of memory are free.",
        "Stop something else, add memory, or set speech_model to off, which saves the most.",
    ),
    "files_ok": ("A process may hold enough connections open.", ""),
    "files_few": (
        "A process may hold only {limit} files and connections open.",
        "Raise the limit: LimitNOFILE=65536 in the systemd unit, `ulimits: nofile` in compose.",
    ),
    "clock_ok": ("The clock says {now} UTC.", ""),
    "clock_before": ("The clock says {now} UTC, which is before Voxhall was made.", _SET_CLOCK),
    "clock_behind": (
        "The clock says {now} UTC, and yet this server has written files at {newest}: it is behind.",
        _SET_CLOCK,
    ),
    "clock_unkept": ("Nothing keeps the clock of this machine right.", _SET_CLOCK),
    "model_ok": ("The model for transcripts is in {folder}.", ""),
    "model_off": ("Transcripts are switched off.", ""),
    "model_missing": (
        "There is no model for transcripts: {reason}",
        "Install it, or set speech_model to the folder of one, or to off.",
    ),
    "model_to_come": (
        "{reason}",
        "Nothing is to be done where this machine reaches huggingface.co; elsewhere name the folder of a model.",
    ),
    "microphone_ok": ("Browsers give {address} a microphone.", ""),
    "microphone_no_https": (
        "Browsers give no microphone to {address}, because it is not https.",
        "Use --domain, --tls-cert or --tls self, or a proxy with a certificate and --public-url https://….",
    ),
    "name_ok": ("The name {host} leads to {found}.", ""),
    "name_none": ("No public address is set; people use the one that the server listens on.", ""),
    "name_nowhere": (
        "The name {host} leads nowhere.",
        "Make an A or AAAA record for it, or correct public_url or domain.",
    ),
    "name_elsewhere": (
        "The name {host} leads to {found}, and browsers are told {told} for the sound.",
        "Right behind a proxy elsewhere or a CDN; else correct the record or media_address.",
    ),
    "certificate_ok": ("The certificate is good until {day}.", ""),
    "certificate_none": ("No https is configured.", ""),
    "certificate_bad": ("{reason}", "Correct tls_cert and tls_key; or see the log for why none came."),
    "certificate_refused": (
        "Browsers do not accept the certificate of {host}: {reason}.",
        "Renew it, and give the proxy the whole chain.",
    ),
    "certificate_unanswered": (
        "{address} does not answer from here: {reason}.",
        "Start the proxy, open its port, or correct public_url.",
    ),
    "certificate_expired": ("The certificate expired on {day}.", "Renew it."),
    "certificate_early": ("The certificate is good only from {day} UTC on.", "Set the clock, or wait."),
    "certificate_soon": ("The certificate expires on {day}.", "See why it was not renewed."),
    "server_ok": ("The server answers on {host} port {port} and is ready.", ""),
    "server_silent": (
        "Nothing answers on {host} port {port}.",
        "Start it: voxhall serve; the last lines of its log say why it does not.",
    ),
    "server_other": (
        "What has {host} port {port} does not answer as Voxhall does.",
        "Find it with `ss -tlpn`, and stop it; or choose another port: --port.",
    ),
    "server_not_ready": ("The server answers and cannot host: {parts}.", "The other findings say more."),
    "tapes_ok": ("Every tape belongs to a space, and every recording has its tape.", ""),
    "tapes_unasked": ("A running server says whether every tape has its space.", ""),
    "tapes_unanswered": ("The server does not say which tapes are orphaned: {reason}", "See its log."),
    "tapes_unknown": (
        "Of the tapes in {folder}, these belong to no recording: {names}.",
        "Nothing plays or deletes them. Keep what is worth it elsewhere, then delete the folders.",
    ),
    "tapes_missing": (
        "In {folder} these tapes are not there, though there are recordings of them: {names}.",
        "Put the folders back, from a backup or the disk they are on; or let their hosts delete the recordings.",
    ),
    "tapes_undeleted": (
        "In {folder} these tapes were deleted by their hosts and could not be removed: {names}.",
        "Give them to the account that runs Voxhall, and start it again; or delete the folders yourself.",
    ),
    "sound_reached": ("{kind} reaches the media node at {address} port {port}.", ""),
    "sound_unreached": (
        "{kind} does not reach the media node at {address} port {port}, which browsers are told.",
        _LET_THROUGH,
    ),
    "sound_unseen": (
        "From inside, {address} answers neither with pages nor over {kind} port {port}: most routers lead nobody back.",
        "Look from outside: open {url}/check on a phone without Wi-Fi.",
    ),
    "sound_none": ("No media node offers an address for the sound.", "Start it: voxhall serve."),
    "sound_port_taken": (
        "{kind} port {port}, which is for the sound, is taken by another program.",
        "Find it with `ss -tulpn`, and stop it; or choose another port: --media-port.",
    ),
}
