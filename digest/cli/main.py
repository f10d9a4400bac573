"""The `digest` command: its options, and the process's edge where errors become messages and exit codes."""

import importlib
import os
import sys
from pathlib import Path

import click

from digest import __version__
from digest.cli.installation import Installation
from digest.errors import DigestError

COMMANDS = {  # command -> the module that holds it; only the one that is asked for is imported
    "init": "digest.cli.init",
    "demo": "digest.cli.demo",
    "ingest": "digest.cli.ingest",
    "articles": "digest.cli.articles",
    "article": "digest.cli.article",
    "subscribers": "digest.cli.subscribers",
    "lists": "digest.cli.lists",
    "segments": "digest.cli.segments",
    "unsubscribes": "digest.cli.unsubscribes",
    "plan": "digest.cli.issues",
    "explain": "digest.cli.issues",
    "editions": "digest.cli.issues",
    "render": "digest.cli.issues",
    "check": "digest.cli.check",
    "send": "digest.cli.delivery",
    "report": "digest.cli.delivery",
    "deliveries": "digest.cli.delivery",
    "resolve": "digest.cli.resolve",
    "schedule": "digest.cli.schedule",
    "worker": "digest.cli.schedule",
    "serve": "digest.cli.serve",
    "tokens": "digest.cli.tokens",
    "webhooks": "digest.cli.webhooks",
    "templates": "digest.cli.templates",
    "dkim": "digest.cli.dkim",
    "doctor": "digest.cli.doctor",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed, so that `digest --help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or None when there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - a wrong row in COMMANDS
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="digest")
@click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default="digest.toml",
    show_default=True,
    help="The settings file.",
)
@click.option("--traceback", is_flag=True, help="Show where in the program an unexpected error happened.")
@click.pass_context
def digest(ctx: click.Context, path: Path, traceback: bool) -> None:
    """Articles in, a personal issue in each inbox."""
    ctx.obj = Installation(path)
    ctx.meta["traceback"] = traceback


def _complain(message: str) -> None:
    """Write one line to stderr, whatever the message holds."""
    click.echo("digest: " + " ".join(message.split()), err=True)


def _run(arguments: list[str]) -> int:
    """Run the command line and return the exit code."""
    try:
        code = digest.main(arguments, prog_name="digest", standalone_mode=False)
    except click.UsageError as error:
        _complain(error.format_message())
        if error.ctx is not None:
            click.echo(f"Try “{error.ctx.command_path} --help”.", err=True)
        return error.exit_code
    except click.ClickException as error:
        _complain(error.format_message())
        return error.exit_code
    except DigestError as error:
        _complain(str(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return 130
    return code if isinstance(code, int) else 0


def main() -> None:
    """Run `digest` and end the process with the exit code. No error is ever shown as a traceback, unless asked for."""
    try:
        code = _run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output went away, as in `digest articles | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    except OSError as error:
        _complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        code = 1
    except Exception as error:
        if "--traceback" in sys.argv:
            raise
        _complain(f"this is a fault of the program: {type(error).__name__}: {error}; --traceback shows where")
        code = 1
    sys.exit(code)
