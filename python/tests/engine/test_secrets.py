"""Options of the command line and of SHARDLINE_CONF may hold secrets. No other program inherits them."""

from __future__ import annotations

import json

import pytest

SECRET = "s3cret-of-the-command-line"
SECRET_KEY = "aws.credentials.provider.basic.secretkey"

CODE = """
import subprocess

def environments():
    own = dict(os.environ)
    child = subprocess.run(["env"], capture_output=True, text=True, close_fds=False).stdout
    block = open("/proc/self/environ").read()
    parents = open(f"/proc/{{os.getppid()}}/environ").read() if os.environ.get("FOUND_BY") == "function" else ""
    return json.dumps([own, child, block, parents])

def of_function(_):
    os.environ["FOUND_BY"] = "function"
    return environments()

print("of the script:", environments())
env = environment()
env.configure(Configuration().set_string("python.execution-mode", {mode!r}))
for found in env.from_collection(["x"], type_info=STRING).map(of_function, STRING).execute_and_collect():
    print("of a function:", found)
print("done")
"""


@pytest.mark.parametrize("mode", ["thread", "process"])
@pytest.mark.parametrize("launcher", ["python", "node"])
def test_no_program_inherits_the_options_of_the_command_line(run, launcher, mode):
    script = run(CODE.format(mode=mode), "--conf", f"{SECRET_KEY}={SECRET}", launcher=launcher)
    code, out, err = script.end()
    assert code == 0, err
    assert "of the script:" in out
    assert "of a function:" in out
    assert SECRET not in out + err


@pytest.mark.parametrize("launcher", ["python", "node", "plain"])
def test_shardline_conf_counts_and_is_taken_out_of_the_environment(kinesis, run, launcher, monkeypatch):
    arn = kinesis.stream()
    kinesis.put(arn, [("k", "a")])
    identity = {"aws.credentials.provider.basic.accesskeyid": "test", SECRET_KEY: SECRET}
    conf = {"shardline.source.stop-at": "latest", **identity}
    monkeypatch.setenv("SHARDLINE_CONF", json.dumps(conf))
    code = f"""
import subprocess

def found(_):
    child = subprocess.run(["env"], capture_output=True, text=True).stdout
    return json.dumps([dict(os.environ), child])

print(found(None))
env = environment()
env.configure(Configuration().set_string("python.execution-mode", "process"))
print(*read(env, {arn!r}).map(found, STRING).execute_and_collect())
"""
    code, out, err = run(code, launcher=launcher).end()
    assert code == 0, err
    assert out.count("AWS_ENDPOINT_URL_KINESIS") >= 4
    assert SECRET not in out + err
    assert "SHARDLINE_CONF" not in out
