"""The demonstration: packaged sample data, a mail catcher, and the whole job on them."""
