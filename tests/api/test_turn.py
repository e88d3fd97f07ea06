"""Short-lived TURN credentials, as coturn checks them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

from server.config import Config, Secret
from server.frames import IceServer
from server.turn import ice_servers
from signalling.ice import CREDENTIAL_S
from tests.api.service import FAMILY, TEACHER

STUN = IceServer(urls=("stun:stun.example:3478",))
SECRET = b"a-secret-that-only-this-service-and-the-turn-server-know"


def test_without_a_turn_server_there_is_stun_alone() -> None:
    assert ice_servers(Config(), FAMILY.id) == ((), 0)
    assert ice_servers(Config(ice_servers=(STUN,)), FAMILY.id) == ((STUN,), 0)


def test_a_credential_expires_is_signed_and_names_nobody() -> None:
    config = Config(ice_servers=(STUN,), turn_urls=("turn:turn.example",), turn_secret=Secret(SECRET))
    (stun, turn), life_s = ice_servers(config, FAMILY.id)
    assert stun == STUN
    assert turn.urls == ("turn:turn.example",)
    assert turn.username is not None
    expires, alias = turn.username.split(":")
    assert abs(int(expires) - time.time() - life_s) < 60
    assert life_s == CREDENTIAL_S
    assert FAMILY.id not in turn.username
    assert alias != ice_servers(config, TEACHER.id).servers[1].username.split(":")[1]
    signed = hmac.new(SECRET, turn.username.encode(), hashlib.sha1).digest()
    assert turn.credential == base64.b64encode(signed).decode()
