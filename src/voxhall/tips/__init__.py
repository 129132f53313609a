"""The Tip Jar: where people can be paid, by the services they use. Nothing is taken, nobody who gives is noted."""
