"""A pupil side that shares no code with the product: aiortc for media, `websockets` and JSON for the wire."""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import json
import struct
import uuid
from collections.abc import AsyncIterator
from typing import Any

import av
import httpx2
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack
from aiortc.sdp import candidate_from_sdp
from websockets.asyncio.client import ClientConnection, connect

BEAT_S = 1.0


class AiortcPupil:
    """In the room as the family: answers the teacher's offer, sends picture and sound, counts what arrives."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._pc: RTCPeerConnection | None = None
        self._generation = -1
        self._tasks: set[asyncio.Task[None]] = set()
        self.frames = 0
        """Video frames decoded from the teacher."""
        self.sounds = 0
        """Audio frames decoded from the teacher."""
        self.sent = 0
        self.events: list[dict[str, Any]] = []
        self.acks: list[dict[str, Any]] = []
        self.halted = False

    async def send(self, type_: str, **fields: Any) -> None:
        """One frame."""
        await self._socket.send(json.dumps({"type": type_, **fields}))

    async def say(self, text: str) -> None:
        """One chat message."""
        await self.send("say", action=str(uuid.uuid4()), text=text)

    async def run(self) -> None:
        """Read until the socket closes."""
        async for message in self._socket:
            frame = json.loads(message)
            match frame["type"]:
                case "event":
                    self.events.append(frame["event"])
                case "ack":
                    self.acks.append(frame)
                case "peers":
                    await self._peers(frame["peers"])
                case "signal" if frame["generation"] == self._generation:
                    await self._signal(frame["body"])
                case "halt":
                    self.halted = True
                    await self.close()

    async def report(self) -> None:
        """Once a second: a beat, and what this end sees of its media."""
        beats = 0
        while True:
            beats += 1
            connected = self._pc is not None and self._pc.connectionState == "connected"
            self.sent += 50 if connected else 0
            await self.send("beat", t=beats)
            await self.send(
                "report",
                camera="on",
                microphone="on",
                sent=self.sent,
                received=self.frames + self.sounds,
                frames=self.frames,
                connected=connected,
            )
            await asyncio.sleep(BEAT_S)

    async def _peers(self, peers: list[dict[str, Any]]) -> None:
        if not peers or peers[0]["generation"] == self._generation:
            return
        await self.close()
        assert peers[0]["polite"], "the pupil side is the polite one"
        self._generation = peers[0]["generation"]
        pc = self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        pc.on("track", lambda track: self._spawn(self._count(track)))

    async def _signal(self, body: dict[str, Any]) -> None:
        pc = self._pc
        assert pc is not None
        if body["kind"] == "candidate":
            if body["candidate"]:
                candidate = candidate_from_sdp(body["candidate"].removeprefix("candidate:"))
                candidate.sdpMid, candidate.sdpMLineIndex = body["sdp_mid"], body["sdp_m_line_index"]
                await pc.addIceCandidate(candidate)
            return
        if body["sdp_type"] != "offer":
            return
        await pc.setRemoteDescription(RTCSessionDescription(body["sdp"], "offer"))
        tracks: dict[str, MediaStreamTrack] = {"audio": Tone(), "video": Picture()}
        for transceiver in pc.getTransceivers():
            transceiver.direction = "sendrecv"
            transceiver.sender.replaceTrack(tracks[transceiver.kind])
        await pc.setLocalDescription(await pc.createAnswer())
        answer = {"kind": "description", "sdp_type": "answer", "sdp": pc.localDescription.sdp}
        await self.send("signal", to="teacher", generation=self._generation, body=answer)

    async def _count(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(Exception):  # the track's end is an exception of aiortc's
            while True:
                await track.recv()
                if track.kind == "video":
                    self.frames += 1
                else:
                    self.sounds += 1

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Hang up the media."""
        if self._pc is not None:
            await self._pc.close()
            self._pc = None


class Tone(AudioStreamTrack):
    """A 400 Hz square wave, loud enough to be no silence."""

    async def recv(self) -> av.AudioFrame:
        frame = await super().recv()
        half = frame.sample_rate // 800
        wave = b"".join(struct.pack("<h", 8_000 if (n // half) % 2 else -8_000) for n in range(frame.samples))
        for plane in frame.planes:
            plane.update(wave)
        return frame


class Picture(VideoStreamTrack):
    """A plain picture that changes, 15 times a second."""

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame(320, 240, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([pts // 3_000 % 200]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, fractions.Fraction(time_base)
        return frame


@contextlib.asynccontextmanager
async def aiortc_pupil(base_url: str, link_token: str, lesson: str) -> AsyncIterator[AiortcPupil]:
    """Sign in by link, get a ticket, enter the room; leaves it at the end."""
    headers = {"Origin": base_url}
    async with httpx2.AsyncClient(base_url=base_url, headers=headers) as http:
        (await http.post("/api/sign-in", json={"token": link_token})).raise_for_status()
        ticket = (await http.post(f"/api/lessons/{lesson}/ticket", json={})).raise_for_status().json()["ticket"]
    url = base_url.replace("http", "ws", 1) + "/ws"
    async with connect(url, origin=base_url, subprotocols=["lesson.v1.json"]) as socket:
        pupil = AiortcPupil(socket)
        await pupil.send("join", ticket=ticket, device=str(uuid.uuid4()))
        running = [asyncio.create_task(pupil.run()), asyncio.create_task(pupil.report())]
        try:
            yield pupil
        finally:
            for task in running:
                task.cancel()
            await pupil.close()
