"""A scripted engine that serves both channels of the real one. It shares no code with the package, so that an error in
a codec does not cancel out.

Started as `node ENGINE engine --control-fd N --function-fd M`, it runs graphs of collections, Kinesis sources (whose
records are given), functions and sinks (whose values are written to a file), all with one subtask. The configuration
of a job scripts the rest, under keys that cause no warning:

env.fake.output      file that sinks append to: one JSON object a value
env.fake.records     JSON list of what every Kinesis source reads
env.fake.endless     true: sources repeat their records until the job is cancelled
env.fake.die         JSON {attempts, bundle}: exit at that bundle in the first attempts
env.fake.checkpoints JSON list of the attempts that complete a checkpoint, in execution.checkpointing.dir
env.fake.bundle      values in a bundle
env.fake.slow-drain  seconds that a drain takes

FAKE_CRASH, FAKE_BUILD_HASH, FAKE_PROTOCOL and FAKE_STUBBORN in the environment script the process itself.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from fake_host_channel import BUNDLE, CLOSE, OPEN, SNAPSHOT, FunctionFailed, Host, decode, encode


class Job:
    def __init__(self, engine, job_id, params):
        self.engine = engine
        self.id = job_id
        self.graph = params["graph"]
        self.attempt = params["attempt"]
        self.driver = params["driver"]
        self.conf = self.graph["configuration"]
        self.cancelled = None
        self.ended = threading.Event()
        self.bundles = 0
        self.kept = "/tmp/checkpoints/chk-7" if "execution.checkpointing.interval" in self.conf else None
        self.host = None
        self.host_process = None

    def status(self, state):
        self.engine.notify("job/status", {"jobId": self.id, "state": state, "attempt": self.attempt, "cause": None})

    def run(self):
        started = time.monotonic()
        error = None
        state = "FINISHED"
        try:
            self.status("RUNNING")
            self.execute()
            if self.cancelled is not None:
                if self.cancelled == "interrupt":
                    time.sleep(float(self.conf.get("env.fake.slow-drain", "0")))
                state = "CANCELED"
        except FunctionFailed as failed:
            state = "FAILED"
            report = failed.report
            error = {
                "code": "FUNCTION_FAILED",
                "className": "FunctionFailedError",
                "message": f"{report['errorType']}: {report['message']}",
                "retryable": False,
                "remoteStack": "FunctionFailedError: at fake (engine.ts:1:1)",
                "cause": None,
                "details": {
                    "traceback": report["traceback"],
                    "operator": report["operatorName"],
                    "stream": "fake-stream",
                    "shardId": "shardId-000000000000",
                    "sequenceNumber": None if report["index"] is None else str(4900 + report["index"]),
                    "index": report["index"],
                },
            }
        except (EOFError, OSError):
            return
        if self.host_process is not None:
            self.host.sock.shutdown(socket.SHUT_RDWR)
            self.host_process.wait(20)
        runtime = int((time.monotonic() - started) * 1000)
        self.engine.notify(
            "job/finished",
            {"jobId": self.id, "state": state, "netRuntimeMs": runtime, "checkpointPath": self.kept, "error": error},
        )
        self.ended.set()

    def complete_checkpoint(self, number):
        directory = os.path.join(self.conf["execution.checkpointing.dir"], f"chk-{number}")
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, "_metadata"), "w") as file:
            json.dump({"jobId": self.id}, file)

    def execute(self):
        consumers = {}
        by_id = {}
        for t in self.graph["transformations"]:
            by_id[t["id"]] = t
            for edge in t.get("inputs", []):
                consumers.setdefault(edge["from"], []).append(t)
        opened = []
        chains = {}
        try:
            for t in self.graph["transformations"]:
                if "function" in t:
                    function = self.engine.next_function()
                    chains[t["id"]] = function
                    host = self.host_of(t)
                    opened.append((host, function))
                    host.ask(OPEN, function, json.dumps(self.open_spec(t, by_id)).encode())
            for t in self.graph["transformations"]:
                if t["kind"] == "source":
                    for values in self.read(t):
                        self.push(t, values, consumers, chains)
            for host, function in opened:
                assert host.ask(SNAPSHOT, function, sequence=1)[3] == b""
        finally:
            for host, function in opened:
                host.ask(CLOSE, function)

    def host_of(self, t):
        if t["function"]["mode"] != "process":
            return self.engine.driver_host
        if self.host is None:
            ours, theirs = socket.socketpair()
            self.host_process = subprocess.Popen(
                [self.driver["executable"], "-m", "shardline._host"],
                env=self.driver["hostEnv"],
                stdin=subprocess.DEVNULL,
                pass_fds=(3,),
                preexec_fn=lambda: os.dup2(theirs.fileno(), 3),
            )
            theirs.close()
            self.host = Host(ours)
        return self.host

    def open_spec(self, t, by_id):
        source = by_id[t["inputs"][0]["from"]]
        parallelism = t["parallelism"] or self.graph["parallelism"] or 1
        return {
            "jobName": self.graph["name"],
            "taskName": t["name"],
            "parallelism": parallelism,
            "maxParallelism": 128,
            "attempt": self.attempt,
            "version": 5,
            "keyed": False,
            "operators": [
                {
                    "id": t["id"],
                    "uid": t["uid"],
                    "name": t["name"],
                    "operation": t["kind"],
                    "pickle": t["function"]["pickle"],
                    "input": source["output"],
                    "output": t["output"],
                    "deserializes": False,
                }
            ],
        }

    def read(self, t):
        if t["source"]["type"] == "collection":
            values = t["source"]["values"]
            if t["output"] != "text":
                values = [base64.b64decode(value) for value in values]
        else:
            values = json.loads(self.conf.get("env.fake.records", "[]"))
            if t["output"] == "bytes":
                values = [None if value is None else value.encode() for value in values]
        size = int(self.conf.get("env.fake.bundle", "1000"))
        while self.cancelled is None:
            for start in range(0, len(values), size):
                if self.cancelled is None:
                    yield values[start : start + size]
            if self.conf.get("env.fake.endless") != "true":
                return
            time.sleep(0.01)

    def push(self, t, values, consumers, chains):
        for consumer in consumers.get(t["id"], []):
            if consumer["kind"] == "sink":
                self.write(consumer, t["output"], values)
                continue
            die = json.loads(self.conf.get("env.fake.die", "null"))
            if die and self.attempt < die["attempts"] and self.bundles == die["bundle"]:
                print("fake engine: something terrible happened", file=sys.stderr, flush=True)
                os._exit(13)
            kind, flags, body = encode(t["output"], values)
            answer = self.host_of(consumer).ask(
                BUNDLE, chains[consumer["id"]], body, kind, int(flags), len(values), self.bundles
            )
            self.bundles += 1
            results, index = decode(*answer)
            assert all(0 <= i < len(values) for i in index)
            self.push(consumer, results, consumers, chains)

    def write(self, t, payload_type, values):
        if t["sink"]["type"] == "discard":
            return
        with open(self.conf["env.fake.output"], "a") as file:
            for value in values:
                if isinstance(value, bytes):
                    value = base64.b64encode(value).decode()
                file.write(json.dumps({"sink": t["sink"]["streamName"], "value": value}) + "\n")


class Engine:
    def __init__(self, control, functions):
        self.control = control
        self.reader = control.makefile("rb")
        self.lock = threading.Lock()
        self.driver_host = Host(functions)
        self.jobs = {}
        self.functions = 0
        self.shut_down = False

    def next_function(self):
        self.functions += 1
        return self.functions

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with self.lock:
            self.control.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def serve(self):
        while True:
            line = self.reader.readline()
            if not line:
                return
            length = int(line.split(b":")[1])
            assert self.reader.readline() == b"\r\n"
            message = json.loads(self.reader.read(length))
            if message["method"] == "exit":
                return
            threading.Thread(target=self.answer, args=(message,), daemon=True).start()

    def answer(self, message):
        method, params = message["method"], message["params"]
        job = None
        if method == "initialize":
            result = {
                "protocolVersion": int(os.environ.get("FAKE_PROTOCOL", "1")),
                "engineVersion": "0.1.0",
                "nodeVersion": "v20.12.0",
                "buildHash": os.environ.get("FAKE_BUILD_HASH"),
                "capabilities": {},
                "limits": {},
            }
            assert params["clientPid"] == os.getppid() or "FAKE_STUBBORN" in os.environ
            self.notify("log", {"level": "info", "logger": "fake", "message": "hello"})
        elif method == "job/submit":
            conf = params["graph"]["configuration"]
            if "env.fake.refuse" in conf:
                self.send({"id": message["id"], "error": json.loads(conf["env.fake.refuse"])})
                return
            job_id = f"job-{len(self.jobs) + 1}"
            job = self.jobs[job_id] = Job(self, job_id, params)
            if "env.fake.submissions" in conf:
                with open(conf["env.fake.submissions"], "a") as file:
                    file.write(json.dumps(params) + "\n")
            attempt = params["attempt"]
            result = {
                "jobId": job_id,
                "checkpointDirectory": conf.get("execution.checkpointing.dir"),
                "restoredFrom": conf.get("execution.state-recovery.path"),
            }
            if attempt in json.loads(conf.get("env.fake.checkpoints", "[]")):
                job.complete_checkpoint(attempt + 1)
            if "env.fake.eager" in conf:  # the last word comes before the answer
                job.run()
                job = None
        elif method == "job/cancel":
            cancelled = self.jobs[params["jobId"]]
            cancelled.cancelled = params["mode"]
            cancelled.ended.wait()
            result = {}
        elif method == "shutdown":
            for running in list(self.jobs.values()):
                running.ended.wait()
            self.shut_down = True
            result = {}
        else:
            self.send({"id": message["id"], "error": {"code": -32601, "message": f"no method {method}"}})
            return
        self.send({"id": message["id"], "result": result})
        if job is not None:
            job.run()


def main():
    if "FAKE_CRASH" in os.environ:
        print("\n".join(f"line {n}" for n in range(1, 61)), file=sys.stderr)
        print("fake engine: cannot start", file=sys.stderr)
        sys.exit(1)
    if "FAKE_STUBBORN" in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    arguments = dict(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
    control = socket.socket(fileno=int(arguments["--control-fd"]))
    functions = socket.socket(fileno=int(arguments["--function-fd"]))
    engine = Engine(control, functions)
    try:
        engine.serve()
    except OSError:
        pass
    while "FAKE_STUBBORN" in os.environ:
        time.sleep(1)
    os._exit(0 if engine.shut_down else 1)


if __name__ == "__main__":
    assert sys.argv[1] == "engine", sys.argv
    main()
