"""`python -m digest` is the `digest` command."""

import sys


def main() -> None:
    """Run `digest`. Ctrl-C while its parts are still being imported ends it quietly, as later."""
    try:
        from digest.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
