"""What other programs are told of subscribers: written beside what happened, then called until it is heard."""
