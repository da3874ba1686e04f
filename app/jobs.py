"""Work in the background: a warm child process, and one object for each thing it was asked to do.

The child (`separation.worker`) is a QProcess, so nothing here waits and no thread is needed. When it crashes, the job
that was running fails with a sentence, and those that waited behind it go to another child. A cancel that is not
obeyed within a second ends the child.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

PATIENCE = 1000  # milliseconds a cancel may take
NICENESS = 10  # of the child that separates: playback, reading and the window come first
CRASHED = "The background process ended, perhaps for lack of memory: everything else is kept; try again."


class Job(QObject):
    """One request. Of done, failed and cancelled exactly one comes, last."""

    progress = Signal(float, float, str)
    info = Signal(object)
    ready = Signal(int)
    notice = Signal(str)
    done = Signal(object)
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, number: int, request: dict[str, Any], worker: Worker) -> None:
        super().__init__()  # no parent: it goes when nobody holds it; deleting it later outlived its worker
        self.number, self.request, self._worker = number, request, worker
        self.over = False

    def cancel(self) -> None:
        """Stop; `cancelled` follows within a second."""
        if not self.over:
            self._worker.cancel(self)

    def hear(self, kind: str, value: Any) -> None:
        """Pass on what the child said."""
        if self.over:
            return
        self.over = kind in ("done", "failed", "cancelled")
        if kind == "progress":
            self.progress.emit(*value)
        elif kind == "info":
            self.info.emit(value)
        elif kind == "ready":
            self.ready.emit(value)
        elif kind == "notice":
            self.notice.emit(value)
        elif kind == "done":
            self.done.emit(value)
        elif kind == "failed":
            self.failed.emit(value["text"])
        else:
            self.cancelled.emit()


class Worker(QObject):
    """A warm child and the jobs it was given; they run one after the other.

    engine: the child separates; it keeps its memory for networks and steps back for playback and the window.
    """

    def __init__(self, parent: QObject | None = None, *, engine: bool = False) -> None:
        super().__init__(parent)
        self._engine = engine
        self._jobs: dict[int, Job] = {}
        self._count = 0
        self._process: QProcess | None = None
        self._rest = b""
        self._patience = QTimer(self)  # runs while the job the child is at is to stop
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._insist)

    def ask(self, operation: str, **arguments: Any) -> Job:
        """Have the child do an operation of `separation.operations`."""
        self._count += 1
        request = {"id": self._count, "operation": operation, "arguments": arguments}
        job = self._jobs[self._count] = Job(self._count, request, self)
        self._say(request)
        return job

    def cancel(self, job: Job) -> None:
        """Ask the child to stop this job, and end the child if it does not; a job that waits is over at once."""
        self._say({"cancel": job.number})
        if job is not self._running():
            self._jobs.pop(job.number, None)
            job.hear("cancelled", None)
            return
        self._patience.start(PATIENCE)

    def close(self) -> None:
        """End the child; its jobs are cancelled."""
        jobs, self._jobs = list(self._jobs.values()), {}
        self._kill()
        for job in jobs:
            job.hear("cancelled", None)

    @property
    def pid(self) -> int:
        """Of the child; 0 if there is none."""
        return self._process.processId() if self._process else 0

    def _running(self) -> Job | None:
        """The job the child is at: the oldest that is not over."""
        return next(iter(self._jobs.values()), None)

    def _insist(self) -> None:
        """The child did not hear."""
        self._replace("cancelled", None)

    def _replace(self, kind: str, value: Any) -> None:
        """End the child: the running job is over, and those that waited are given to another child."""
        self._kill()
        job = self._running()
        if job is not None:
            del self._jobs[job.number]
        for waiting in list(self._jobs.values()):
            self._say(waiting.request)
        if job is not None:
            job.hear(kind, value)

    def _kill(self) -> None:
        self._patience.stop()
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished(2000)
            process.deleteLater()
        self._rest = b""

    def _say(self, message: dict[str, Any]) -> None:
        if self._process is None:
            self._start()
        assert self._process is not None
        self._process.write(json.dumps(message).encode() + b"\n")

    def _start(self) -> None:
        from separation.worker import ENGINE_ENVIRONMENT, ENVIRONMENT

        environment = QProcessEnvironment.systemEnvironment()
        for name, value in (ENGINE_ENVIRONMENT if self._engine else ENVIRONMENT).items():
            if not environment.contains(name):
                environment.insert(name, value)
        # the child finds us wherever it was started from, and nothing that lies in the current folder
        paths = [str(Path(__file__).resolve().parents[1]), environment.value("PYTHONPATH")]
        environment.insert("PYTHONPATH", os.pathsep.join(path for path in paths if path))
        environment.insert("PYTHONSAFEPATH", "1")
        process = self._process = QProcess(self)
        process.setProcessEnvironment(environment)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._finished)
        process.start(sys.executable, ["-m", "separation.worker", *([str(NICENESS)] if self._engine else [])])

    def _read(self) -> None:
        if self._process is None:
            return
        *lines, self._rest = (self._rest + self._process.readAllStandardOutput().data()).split(b"\n")
        for line in lines:
            answer = json.loads(line)
            job = self._jobs.get(answer["id"])
            if job is not None:
                if answer["kind"] in ("done", "failed", "cancelled"):
                    if job is self._running():
                        self._patience.stop()
                    del self._jobs[answer["id"]]
                job.hear(answer["kind"], answer["value"])

    def _finished(self, *_: object) -> None:
        self._read()  # what it still said
        self._replace("failed", {"text": CRASHED})


class Jobs(QObject):
    """Two children: `reader` opens songs and writes files, `engine` separates. Neither waits for the other."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reader = Worker(self)
        self.engine = Worker(self, engine=True)

    def close(self) -> None:
        self.reader.close()
        self.engine.close()
