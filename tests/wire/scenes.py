"""The scenes of docs/protocol.md: what each client sends; what it is answered is recorded from the real server side."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rooms.audience import PROJECTION_VERSION
from server.codec import JSON, MSGPACK, Codec
from server.seat import Admission
from tests.wire.clients import frame
from tests.wire.memory_wire import ADA, ANNA, LESSON, MO, Line, Stage

FOLDER = Path(__file__).parent / "transcripts"
OFFER = {"kind": "description", "sdp_type": "offer", "sdp": "v=0\r\n"}
CANDIDATE = {"kind": "candidate", "candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host", "sdp_mid": "0"}
PATIENCE_S = 0.25
"""After each step: status is told within 0.2 s of a change."""


class Script:
    """Records every line of a scene, in the order in which it happened."""

    def __init__(self, stage: Stage, codec: Codec) -> None:
        self.stage = stage
        self.codec = codec
        self.begins = 0
        """The first line that the document shows: how both join is shown once."""
        self.lines: list[dict[str, Any]] = []
        self._clients: dict[str, Client] = {}

    def client(self, name: str, admission: Admission, device: str = "") -> Client:
        """Another screen."""
        self._clients[name] = Client(self, name, admission, device or f"{name}-screen")
        return self._clients[name]

    def note(self, client: str, **what: Any) -> None:
        at = self.stage.clock.now_ms()
        self.lines.append({"at": at, "client": client, **what})

    async def settle(self, seconds: float = PATIENCE_S) -> None:
        """Let things happen, and take what each client is sent."""
        # By the millisecond of the clock, so that no sum of floats moves a recorded time.
        begin = round(self.stage.loop.time() * 1_000)
        for ms in range(begin + 1, begin + 1 + round(seconds * 1_000)):
            await asyncio.sleep(max(0.0, ms / 1_000 - self.stage.loop.time()))
            for client in self._clients.values():
                client.take()

    def finish(self) -> None:
        for client in self._clients.values():
            if client.line is not None:
                client.line.cut(1000)


class Client:
    """One screen of a scene."""

    def __init__(self, script: Script, name: str, admission: Admission, device: str) -> None:
        self._script = script
        self._name = name
        self._admission = admission
        self._device = device
        self.line: Line | None = None
        self.n = 0
        self.held = ""
        """The message that was held last."""
        self.generation = 0

    def take(self) -> None:
        line = self.line
        if line is None:
            return
        for got in line.read():
            self._script.note(self._name, receive=got)
            if got["type"] == "event":
                self.n = got["n"]
                if got["event"]["shown"] == "held":
                    self.held = got["event"]["message"]
            elif got["type"] == "peers" and got["peers"]:
                self.generation = got["peers"][0]["generation"]
        if line.closed is not None:
            self._script.note(self._name, close={"code": line.closed[0], "reason": line.closed[1]})
            self.line = None

    async def join(self, *, ticket: str = "", resume: bool = False, take_over: bool = False) -> None:
        stage = self._script.stage
        self.open()
        fields: dict[str, Any] = {
            "ticket": ticket or stage.tickets.issue(self._admission),
            "device": self._device,
            "resume": {"projection": PROJECTION_VERSION, "n": self.n} if resume else None,
            "take_over": take_over,
        }
        await self.send("join", **fields)

    def open(self, codec: Codec | None = None) -> None:
        codec = codec or self._script.codec
        self.line = Line(self._script.stage, codec)
        self._script.note(self._name, open=codec.subprotocol)

    async def send(self, kind: str, **changed: Any) -> None:
        await self.raw(frame(kind, **changed))

    async def raw(self, value: dict[str, Any]) -> None:
        assert self.line is not None
        self._script.note(self._name, send=value)
        self.line.send(value)
        await self._script.settle()

    async def garbage(self, text: str) -> None:
        """What is no frame at all, as text."""
        assert self.line is not None
        self._script.note(self._name, send_text=text)
        self.line._to_server.put_nowait({"type": "websocket.receive", "text": text})
        await self._script.settle()

    async def lose(self, code: int = 1006) -> None:
        assert self.line is not None
        self._script.note(self._name, lost=code)
        self.line.cut(code)
        self.line = None
        await self._script.settle()


async def both(script: Script) -> tuple[Client, Client]:
    anna, ada = script.client("teacher", ANNA), script.client("family", ADA)
    await anna.join()
    await ada.join()
    script.begins = len(script.lines)
    return anna, ada


async def chat(script: Script) -> None:
    """Teacher and family join; a message each way; a heartbeat by itself, and one that a report carries."""
    anna, ada = await both(script)
    script.begins = 0
    await anna.send("say", action="act-1", text="Hello Sam!")
    await ada.send("say", action="act-2", text="Hello!")
    await ada.send("beat", t=7)
    await ada.send("report", t=8)


async def repeat(script: Script) -> None:
    """An action that is sent again takes effect once, and is acknowledged again."""
    anna, _ = await both(script)
    await anna.send("say", action="act-1", text="Are you there?")
    await anna.send("say", action="act-1", text="Are you there?")


async def held(script: Script) -> None:
    """Held messages of the family: one let through, one not. The manager sees that, and why, without the text."""
    anna, ada = await both(script)
    await script.client("manager", MO).join()
    await ada.send("say", action="act-1", text="hold My number is 01632 960001")
    await anna.send("release", action="act-2", message=anna.held)
    await ada.send("say", action="act-3", text="hold And my address")
    await anna.send("withhold", action="act-4", message=anna.held)


async def resume(script: Script) -> None:
    """A line is lost; what was said meanwhile follows, and nothing twice."""
    anna, ada = await both(script)
    await anna.send("say", action="act-1", text="Can you hear me?")
    await ada.lose()
    await anna.send("say", action="act-2", text="You are gone for a moment.")
    await ada.join(resume=True)
    await ada.send("say", action="act-3", text="I am back.")


async def takeover(script: Script) -> None:
    """The family opens the lesson on a second screen: asked first, then moved."""
    await both(script)
    phone = script.client("phone", ADA, "phone")
    await phone.join()
    await phone.join(take_over=True)
    await phone.send("say", action="act-1", text="Now from the phone.")


async def negotiation(script: Script) -> None:
    """Offer, answer and candidates pass; what is of another generation or for nobody here is dropped without a word."""
    anna, ada = await both(script)
    await anna.send("signal", to="sam", generation=anna.generation, body=OFFER)
    await ada.send("signal", to="teacher", generation=ada.generation, body={**OFFER, "sdp_type": "answer"})
    await ada.send("signal", to="teacher", generation=ada.generation, body=CANDIDATE)
    await anna.send("signal", to="sam", generation=anna.generation - 1, body=OFFER)
    await anna.send("signal", to="kim", generation=anna.generation, body=OFFER)
    await ada.send("cannot_see", action="act-1")


async def leg(script: Script) -> None:
    """Each page offers its leg to the relay and is answered, or told why not; the manager's receives both sides."""
    anna, ada = await both(script)
    await anna.send("leg", n=1, sdp="v=0\r\n")
    await ada.send("leg", n=1, sdp="v=0\r\n")
    await ada.send("leg", n=2, sdp="nothing that a browser offers")
    manager = script.client("manager", MO)
    await manager.join()
    await manager.send("leg", n=1, sdp="v=0\r\n")
    await anna.send("end", action="act-1", because=None)
    await ada.send("leg", n=3, sdp="v=0\r\n")


async def ending(script: Script) -> None:
    """The teacher's one click: media stops, it is stored, each side reads its own words; nobody comes back."""
    anna, ada = await both(script)
    await anna.send("end", action="act-1", because=None)
    await anna.send("explain", action="act-2", because="other", pupil=None)
    await ada.lose(1001)
    await ada.join(resume=True)


async def hook(script: Script) -> None:
    """A message that ends the lesson is shown to nobody, and both sides read the same neutral sentence."""
    _, ada = await both(script)
    await ada.send("say", action="act-1", text="end something that nobody may see")


async def flag(script: Script) -> None:
    """The teacher flags a message (D3): only the teacher reads that it was."""
    anna, ada = await both(script)
    await ada.send("say", action="act-1", text="Something that worries the teacher.")
    told = [line["receive"]["event"] for line in script.lines if line.get("receive", {}).get("type") == "event"]
    message = next(one["message"] for one in told if one["shown"] == "message")
    await anna.send("flag", action="act-2", message=message)


async def wrong(script: Script) -> None:
    """Frames that are not acted on, each with its code; a stranger has no second try."""
    anna = script.client("teacher", ANNA)
    await anna.join()
    await anna.garbage("{")
    await anna.raw({"type": "dance"})
    await anna.send("say", action="act-1", text=" ")
    await anna.raw({**frame("say", action="act-2", text="I am Sam"), "sender": "sam"})
    await anna.send("join")
    await anna.send("release", action="act-3", message="m1")
    stranger = script.client("stranger", ADA)
    stranger.open()
    await stranger.send("say")
    await stranger.join(ticket="not-a-ticket")


async def late(script: Script) -> None:
    """No join within 5 s; a ticket that is too old; silence for 12 s."""
    ticket = script.stage.tickets.issue(ADA)
    stranger = script.client("stranger", ADA)
    stranger.open(MSGPACK)
    await script.settle(5.1)
    await script.settle(25)
    await stranger.join(ticket=ticket)
    anna = script.client("teacher", ANNA)
    await anna.join()
    await script.settle(12.1)


SCENES: dict[str, Callable[[Script], Awaitable[None]]] = {
    scene.__name__: scene
    for scene in (chat, repeat, held, resume, takeover, negotiation, leg, ending, hook, flag, wrong, late)
}


async def play(name: str, codec: Codec = JSON, *, observed: bool | None = None) -> Script:
    """Run a scene on the virtual loop; ``observed``: the lesson is open before, and a manager watches, or does not.

    Who watches has media, too: a leg, another in its place, and one that is refused.
    """
    async with Stage() as stage:
        script = Script(stage, codec)
        if observed is not None:
            await stage.hosting.open(LESSON.id)
            if observed:
                watching = script.client("watching", MO)
                await watching.join()
                for n, offer in enumerate(("v=0\r\n", "v=0\r\n", "no offer")):
                    await watching.send("leg", n=n, sdp=offer)
            else:
                for _ in range(4):
                    await script.settle()
        await SCENES[name](script)
        lines = list(script.lines)
        script.finish()
        script.lines = lines
    await asyncio.sleep(10)
    return script


def written(lines: list[dict[str, Any]]) -> str:
    """As a file: one JSON object a line."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
