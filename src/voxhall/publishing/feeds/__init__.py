"""What other programs follow: a host's replays as a podcast, and plans as calendars."""
