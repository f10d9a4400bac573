"""Speaking SMTP: a logged-in session, one message at a time, and a verdict for each."""
