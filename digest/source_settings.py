"""`[[sources]]`: what `digest ingest` reads without being told."""

import re

from pydantic import BaseModel, ConfigDict, field_validator

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class Source(BaseModel):
    """`[[sources]]`: a feed or file of articles that `digest ingest` reads by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: str
    category: str = ""
    language: str = ""

    @property
    def is_web(self) -> bool:
        """Tell whether it is fetched from the web; otherwise it is a file, a folder or `-`."""
        return self.location.lower().startswith(("http://", "https://"))

    @field_validator("location")
    @classmethod
    def _file_or_web_address(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must be a web address, or the path of a file or folder")
        if (scheme := _SCHEME.match(value)) and scheme[1].lower() not in ("http", "https"):
            raise ValueError(f"“{scheme[0]}” cannot be read: use an address with https:// or http://, or a path")
        return value
