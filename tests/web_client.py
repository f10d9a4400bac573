"""Starlette's client that calls an application without a socket. It works with httpx, but says so."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette would rather have httpx2 than httpx
    from fastapi.testclient import TestClient

__all__ = ["TestClient"]
