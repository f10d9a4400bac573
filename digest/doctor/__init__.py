"""What is wrong with an installation before mail goes out, and how to mend it: each check a module."""
