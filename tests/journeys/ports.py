"""What the journeys' server has to be told before it starts."""

import socket

from tests.running import free_port

# Where the push service of a journey listens, which stands in for a browser maker's.
PUSH_PORT = free_port(socket.SOCK_STREAM)
# Where a provider of sign-in listens.
OPENID_PORT = free_port(socket.SOCK_STREAM)
