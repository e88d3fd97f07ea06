"""How media gets through: who negotiates with whom, what a session description may hold, ICE servers."""
