"""AWS as moto has it, on a free port of this machine: prints the port, ends when its standard input does.

A line of standard input, a JSON list of a bucket and keys, puts small objects there: many, sooner than over HTTP.
"""

import json
import logging
import sys

from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
for line in sys.stdin:
    bucket, keys = json.loads(line)
    for key in keys:
        s3_backends["123456789012"]["aws"].put_object(bucket, key, b"x")
    print("done", flush=True)
server.stop()
