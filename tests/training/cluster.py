"""Starts the workers of a cluster as processes of this machine."""

import json
import os
import socket
import subprocess
from pathlib import Path

TESTS = Path(__file__).parents[1]


def run_workers(command, count=2, timeout=900, **options):
    """What each worker printed; fails with the output of all that fail: one takes others with it.

    Args:
        command: what every worker runs, a list of strings.
        count: how many workers.
        timeout: seconds.
        **options: of `subprocess.Popen`.
    """
    cluster = {"worker": _free_addresses(count)}
    workers = []
    for index in range(count):
        task = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        environment = {
            **os.environ,
            "TF_CONFIG": json.dumps(task),
            "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)]),
        }
        pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        workers.append(subprocess.Popen(command, env=environment, **pipes, **options))
    try:
        outputs = [worker.communicate(timeout=timeout)[0] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
            worker.stdout.close()
    failed = [i for i, worker in enumerate(workers) if worker.returncode]
    assert not failed, "\n".join(f"Worker {i}: {outputs[i][-5000:]}" for i in failed)
    return outputs


def _free_addresses(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{s.getsockname()[1]}" for s in sockets]
    for opened in sockets:
        opened.close()
    return addresses
