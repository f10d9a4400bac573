"""What `digest check` measures: each gate a module that reads a finished mail and says what it found."""
