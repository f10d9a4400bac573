"""The audience: who the subscribers are, what they want, and whom we must never mail."""
