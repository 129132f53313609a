"""What the operator opens and closes while the server runs: who may register, who may host, the kill switches."""
