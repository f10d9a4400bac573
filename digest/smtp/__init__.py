"""Speaking SMTP: connections, one conversation a message, and what the replies mean."""
