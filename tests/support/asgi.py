"""An HTTP client of an ASGI application, without a socket."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

HERE = "http://127.0.0.1:8642"


class Http:
    """An HTTP client of an ASGI application, as synchronous as a test."""

    def __init__(self, app: Any, headers: dict[str, str]) -> None:
        self._app = app
        self.headers = headers

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        given["headers"] = {**self.headers, **given.get("headers", {})}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=HERE) as asking:
                return await asking.request(method, path, **given)

        return asyncio.run(ask())

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.request("GET", path, **given)

    def post(self, path: str, **given: Any) -> httpx.Response:
        return self.request("POST", path, **given)
