"""The runner: one thread that reads the function channel, runs user functions and answers.

It serves every function and subtask of this process, in the order in which their frames arrive. It reads nothing
while a function runs, which is safe because the engine never waits for the channel to drain: credits bound it.
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
from shardline._functions.chain import Chain, FunctionFailure
from shardline._functions.frames import Frame, FrameChannel, FrameType

_OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120

_Key = tuple[int, int]


class Runner:
    """`job_parameters`: a function because they are known later than the runner starts."""

    def __init__(self, sock: socket.socket, job_parameters: Callable[[], Mapping[str, str]]) -> None:
        self._channel = FrameChannel(sock)
        self._job_parameters = job_parameters
        self._chains: dict[_Key, Chain] = {}

    def run(self) -> None:
        """Returns at the end of the channel, after closing what is still open."""
        try:
            while (frame := self._channel.read()) is not None:
                self._serve(frame)
        except OSError:
            pass  # the other side is gone: the same as the end of the stream
        finally:
            for chain in self._chains.values():
                with contextlib.suppress(FunctionFailure):
                    chain.close()
            self._chains.clear()
            self._channel.close()

    def _serve(self, frame: Frame) -> None:
        key = (frame.function, frame.subtask)
        try:
            if frame.type == FrameType.BUNDLE:
                self._bundle(frame, key)
            elif frame.type == FrameType.OPEN:
                chain = Chain(json.loads(frame.body), frame.subtask, self._job_parameters())
                self._chains[key] = chain
                chain.open()
                self._answer(frame, FrameType.OPENED)
            elif frame.type == FrameType.CLOSE:
                open_chain = self._chains.pop(key, None)
                if open_chain is not None:
                    open_chain.close()
                self._answer(frame, FrameType.CLOSED)
            elif frame.type == FrameType.SNAPSHOT:
                self._answer(frame, FrameType.SNAPSHOTTED)
            else:
                raise frames.FrameError(f"a host does not expect frames of type {frame.type}")
        except FunctionFailure as failure:
            if frame.type != FrameType.CLOSE:
                self._abandon(key)
            self._answer(frame, FrameType.FAILED, body=describe(failure))

    def _bundle(self, frame: Frame, key: _Key) -> None:
        chain = self._chains.get(key)
        if chain is None:
            return  # on its way when the chain failed: the engine knows already, and wants no answer
        result = chain.process(payloads.decode(frame.kind, frame.flags, frame.count, frame.body))
        self._channel.write(
            frames.encode(
                FrameType.RESULT,
                frame.function,
                frame.subtask,
                frame.sequence,
                kind=result.kind,
                flags=result.flags,
                count=result.count,
                body=result.body,
            )
        )

    def _abandon(self, key: _Key) -> None:
        """After a failure the functions are closed at once, and what still comes for them is dropped."""
        chain = self._chains.pop(key, None)
        if chain is not None:
            with contextlib.suppress(FunctionFailure):
                chain.close()

    def _answer(self, frame: Frame, frame_type: FrameType, *, body: bytes = b"") -> None:
        self._channel.write(frames.encode(frame_type, frame.function, frame.subtask, frame.sequence, body=body))


def describe(failure: FunctionFailure) -> bytes:
    """FAILED's JSON. The traceback begins at the user's own code."""
    cause = failure.cause
    return json.dumps(
        {
            "errorType": type(cause).__name__,
            "message": str(cause),
            "traceback": "".join(traceback.format_exception(type(cause), cause, _without_own_frames(cause))),
            "operatorId": failure.operator["id"],
            "operatorName": failure.operator["name"],
            "index": failure.index,
        }
    ).encode()


def _without_own_frames(error: BaseException) -> Any:
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(_OWN_FOLDER):
        frame = frame.tb_next
    return frame
