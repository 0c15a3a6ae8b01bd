"""Credentials that the script provides: `aws.credentials.provider` CUSTOM. (Of Shardline: Flink takes a Java class.)"""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shardline._bridge.requests import answers

__all__ = ["AwsCredentials", "provide", "register_credentials_provider"]


class AwsCredentials(NamedTuple):
    """What a credentials provider returns. (Of Shardline.)"""

    access_key: str
    secret_key: str
    token: str | None = None
    #: The provider is called again before this time. None if the credentials do not expire.
    expiry: datetime.datetime | None = None

    def __repr__(self) -> str:
        """Shows no secret."""
        return f"AwsCredentials(access_key={self.access_key!r}, expiry={self.expiry!r})"


Provider = Callable[[Mapping[str, str]], Any]
_registered: dict[str, Provider] = {}


def register_credentials_provider(name: str, provider: Provider) -> None:
    """Makes `name` a value of `aws.credentials.provider.custom.class`.

    `provider` is called in the driver with the configuration, at the start and again before its credentials expire. It
    returns `AwsCredentials`, or an object with `access_key`, `secret_key` and `token`, such as boto3's
    `session.get_credentials().get_frozen_credentials()`. A name that is not registered may be `module:function`, which
    is imported. (Of Shardline.)
    """
    if not callable(provider):
        raise TypeError(f"a credentials provider is a callable of the configuration, not {provider!r}")
    _registered[name] = provider


@answers("driver/credentials")
def provide(params: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the credentials for the engine. Raises what the provider raises, or `LookupError` for an unknown name."""
    name: str = params["name"]
    answer = _find(name)(params["configuration"])
    try:
        access_key, secret_key = answer.access_key, answer.secret_key
    except AttributeError:
        raise TypeError(
            f"the credentials provider {name!r} answered {type(answer).__name__}, not AwsCredentials"
        ) from None
    expiry = getattr(answer, "expiry", None)
    return {
        "accessKeyId": access_key,
        "secretAccessKey": secret_key,
        "sessionToken": getattr(answer, "token", None),
        "expiration": None if expiry is None else round(expiry.timestamp() * 1000),
    }


def _find(name: str) -> Provider:
    if name in _registered:
        return _registered[name]
    module, colon, attribute = name.partition(":")
    if not colon:
        raise LookupError(
            f"no credentials provider is registered as {name!r}: call register_credentials_provider({name!r}, ...), or "
            "name 'module:function'"
        )
    provider: Provider = getattr(importlib.import_module(module), attribute)
    return provider
