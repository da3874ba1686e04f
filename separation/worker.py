"""The child process: engine calls that can be cancelled, can crash, and never hold the window up.

    python -m separation.worker [NICENESS]

Requests come as lines of JSON on standard input: {"id": 1, "operation": "separate", "arguments": {…}} or
{"cancel": 1}. Answers go as lines to standard output: {"id": 1, "kind": …, "value": …} with kind progress, info,
ready, notice, and at last done, failed or cancelled. Requests run one after the other; a cancel is heard at once. When
the input ends, whoever asked is gone, and so is this process. Arrays travel as files of the `Store`.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import traceback
from typing import Any, TextIO

from separation.errors import Cancelled, UnbraidError, WorkerError
from separation.operations import OPERATIONS
from separation.progress import Report

# the pictures' matrix products are small: threads of their own cost more than they bring
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
# for a child that runs networks: glibc gives big blocks back to the system after every use, and the page faults that
# follow are much of a network's time
ENGINE_ENVIRONMENT = {
    **ENVIRONMENT,
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


class Worker:
    """Reads requests from one stream, answers on another."""

    def __init__(self, requests: TextIO, answers: TextIO) -> None:
        self._requests, self._answers = requests, answers
        self._waiting: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._cancels: dict[int, threading.Event] = {}
        self._lock = threading.Lock()

    def run(self) -> None:
        """Serve until the input ends."""
        threading.Thread(target=self._listen, daemon=True).start()
        while (request := self._waiting.get()) is not None:
            self._serve(request)

    def _listen(self) -> None:
        for line in self._requests:
            request = json.loads(line)
            if "cancel" in request:
                event = self._cancels.get(request["cancel"])
                if event is not None:
                    event.set()
            else:
                self._cancels[request["id"]] = threading.Event()
                self._waiting.put(request)
        os._exit(0)  # nobody is left to answer; what was being written was not finished

    def _serve(self, request: dict[str, Any]) -> None:
        number = request["id"]

        def emit(kind: str, value: Any) -> None:
            with self._lock:
                self._answers.write(json.dumps({"id": number, "kind": kind, "value": value}) + "\n")
                self._answers.flush()

        report = Report(lambda *step: emit("progress", step), self._cancels[number])
        try:
            report.check()
            emit("done", OPERATIONS[request["operation"]](report, emit, **request["arguments"]))
        except Cancelled:
            emit("cancelled", None)
        except UnbraidError as error:
            emit("failed", {"error": type(error).__name__, "text": str(error)})
        except MemoryError:
            emit("failed", {"error": WorkerError.__name__, "text": "There is not enough memory: close other programs."})
        except Exception as error:  # whatever it is, the person gets a sentence and the process lives on
            traceback.print_exc()
            text = f"This failed in a way nobody foresaw ({type(error).__name__}: {error}): please report it."
            emit("failed", {"error": WorkerError.__name__, "text": text})
        finally:
            del self._cancels[number]


def main() -> None:
    """Serve standard input and output; what libraries print goes to standard error instead."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if len(sys.argv) > 1 and hasattr(os, "nice"):
        os.nice(int(sys.argv[1]))
    Worker(sys.stdin, answers).run()


if __name__ == "__main__":
    main()
