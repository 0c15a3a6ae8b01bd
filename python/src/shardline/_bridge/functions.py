"""The runner: one thread that reads the function channel, runs user functions and answers.

It serves every function and subtask of this process in the order in which frames arrive. It reads no frame while a
function runs. That is safe because credits bound the channel, so the engine never waits for the channel to drain.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from shardline._functions import frames, payloads
from shardline._functions.chain import Chain
from shardline._functions.failures import FunctionFailure
from shardline._functions.frames import Frame, FrameChannel, FrameType

_OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120

_Key = tuple[int, int]


class Runner:
    """`job_parameters` is a function, because the parameters are known after the runner has started."""

    def __init__(self, sock: socket.socket, job_parameters: Callable[[], Mapping[str, str]]) -> None:
        self._channel = FrameChannel(sock)
        self._job_parameters = job_parameters
        self._chains: dict[_Key, Chain] = {}
        self._restored: dict[_Key, list[bytes]] = {}

    def run(self) -> None:
        """Returns when the channel has ended, after closing the chains that are still open."""
        try:
            while (frame := self._channel.read()) is not None:
                self._serve(frame)
        except OSError:
            pass  # the engine is gone, which is the end of the channel
        finally:
            for chain in self._chains.values():
                with contextlib.suppress(FunctionFailure):
                    chain.close()
            self._chains.clear()
            self._channel.close()

    def _serve(self, frame: Frame) -> None:
        """Answers one frame. A frame for a chain that has failed gets no answer, because the engine knows of the
        failure."""
        key = (frame.function, frame.subtask)
        try:
            if frame.type == FrameType.BUNDLE:
                if (chain := self._chains.get(key)) is not None:
                    bundle = payloads.decode_bundle(frame.kind, frame.flags, frame.count, frame.body)
                    self._result(frame, chain.process(bundle))
            elif frame.type == FrameType.WATERMARK:
                if (chain := self._chains.get(key)) is not None:
                    self._result(frame, chain.advance_watermark(payloads.decode_time(frame.body)))
            elif frame.type == FrameType.PROCESSING_TIME:
                if (chain := self._chains.get(key)) is not None:
                    self._result(frame, chain.advance_processing_time(payloads.decode_time(frame.body)))
            elif frame.type == FrameType.SNAPSHOT:
                if (chain := self._chains.get(key)) is not None:
                    self._snapshotted(frame, chain.snapshot())
            elif frame.type == FrameType.RESTORE:
                self._restored.setdefault(key, []).append(frame.body)
            elif frame.type == FrameType.OPEN:
                self._open(frame, key)
            elif frame.type == FrameType.CLOSE:
                open_chain = self._chains.pop(key, None)
                if open_chain is not None:
                    open_chain.close()
                self._answer(frame, FrameType.CLOSED)
            else:
                raise frames.FrameError(f"a host does not expect frames of type {frame.type}")
        except FunctionFailure as failure:
            if frame.type != FrameType.CLOSE:
                self._abandon(key)
            self._answer(frame, FrameType.FAILED, body=describe(failure))

    def _open(self, frame: Frame, key: _Key) -> None:
        chain = Chain(json.loads(frame.body), frame.subtask, self._job_parameters(), self._restored.pop(key, ()))
        self._chains[key] = chain
        next_timer = chain.open()
        if next_timer is None:
            self._answer(frame, FrameType.OPENED)
        else:
            body = payloads.next_timer_body(next_timer)
            self._answer(frame, FrameType.OPENED, flags=frames.HAS_NEXT_TIMER, body=body)

    def _snapshotted(self, frame: Frame, bodies: list[bytes]) -> None:
        for more, body in zip(range(len(bodies) - 1, -1, -1), bodies, strict=True):
            self._answer(frame, FrameType.SNAPSHOTTED, count=more, body=body)

    def _result(self, frame: Frame, result: payloads.Encoded) -> None:
        self._answer(
            frame, FrameType.RESULT, kind=result.kind, flags=result.flags, count=result.count, body=result.body
        )

    def _abandon(self, key: _Key) -> None:
        """Closes the functions of a chain after a failure. Later frames for the chain are dropped."""
        chain = self._chains.pop(key, None)
        if chain is not None:
            with contextlib.suppress(FunctionFailure):
                chain.close()

    def _answer(
        self,
        frame: Frame,
        frame_type: FrameType,
        *,
        kind: int = 0,
        flags: int = 0,
        count: int = 0,
        body: bytes = b"",
    ) -> None:
        encoded = frames.encode(
            frame_type,
            frame.function,
            frame.subtask,
            frame.sequence,
            kind=kind,
            flags=flags,
            count=count,
            body=body,
        )
        self._channel.write(encoded)


def describe(failure: FunctionFailure) -> bytes:
    """Returns the JSON of a FAILED frame. The traceback begins at the user's own code."""
    cause = failure.cause
    return json.dumps(
        {
            "errorType": type(cause).__name__,
            "message": str(cause),
            "traceback": formatted(cause),
            "operatorId": failure.operator["id"],
            "operatorName": failure.operator["name"],
            "index": failure.index,
            "value": failure.value,
        }
    ).encode()


def formatted(error: BaseException) -> str:
    """Returns the traceback, from the user's own code on."""
    return "".join(traceback.format_exception(type(error), error, _without_own_frames(error)))


def _without_own_frames(error: BaseException) -> Any:
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(_OWN_FOLDER):
        frame = frame.tb_next
    return frame
