"""The editors' web application: the newest issue as any subscriber would get it."""
