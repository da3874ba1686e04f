"""The session: a song from the moment it is dropped to the moment its remix is written. All panels hang on it.

It owns the document, the background jobs and the store, feeds the player, and says in which state things are:
empty → opening → opened → separating → separated. Decisions are edits of the document; this is what carries them out.
A song is opened afresh, a project with its stems and decisions; `save` writes the project.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app import recent, settings, speeds
from app.document import Document
from app.jobs import Job, Jobs
from separation.errors import UnbraidError
from separation.project import edits
from separation.project.project import ENDING, Project, Separation, Source
from separation.project.store import Store

if TYPE_CHECKING:
    import numpy as np

    from app.playback.player import Player

MIXTURE = "mixture"


class Session(QObject):
    """Signals: state_changed(state), song_info(Source), song_ready(frames), stems_ready(frames),
    progress(done, total, message), methods_known(list of facts), devices_known(list of facts), exported(facts),
    saved(path), notice(kind, sentence), sound_failed(sentence): nothing is heard, everything else works;
    separation_failed(sentence): shown where Separate is."""

    state_changed = Signal(str)
    song_info = Signal(object)
    song_ready = Signal(int)
    stems_ready = Signal(int)
    progress = Signal(float, float, str)
    methods_known = Signal(object)
    devices_known = Signal(object)
    saved = Signal(str)
    exported = Signal(object)
    notice = Signal(str, str)
    sound_failed = Signal(str)
    separation_failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document, self.jobs = Document(self), Jobs(self)
        self.player: Player | None = None
        self.store: Store | None = None
        self.state = "empty"
        self.project_path = ""
        self.methods: list[dict[str, Any]] = []
        self.devices = [{"id": "cpu", "name": self.tr("CPU · {0} threads").format(os.cpu_count())}]
        self.ready_frames = self.stems_ready_frames = 0
        self._job: Job | None = None
        self._running: dict[str, str] = {}  # stem -> array, of the run under way
        self._runs = 0
        self._pending: Project | None = None  # of a project that is being opened
        self._maps: dict[str, np.ndarray] = {}
        self.document.changed.connect(self._changed)

    def warm(self) -> None:
        """Start what takes long before it is needed: the children, the catalogue, the sound."""
        from app.playback.player import Player

        if self.player is None:
            self.player = Player(self)
            self.player.failed.connect(self.sound_failed)
        job = self.jobs.reader.ask("methods")
        job.done.connect(self._take_methods)
        job.failed.connect(lambda text: self.notice.emit("error", text))
        self.jobs.engine.ask("warm").done.connect(self._take_devices)

    @property
    def device(self) -> str:
        """What separations run on: the id of one of `devices`, or "auto", the fastest there is."""
        known = settings.value("device", "auto")
        return known if any(known == device["id"] for device in self.devices) else "auto"

    def set_device(self, device: str) -> None:
        """Choose what separations run on, also for the next start."""
        settings.put("device", device)
        self.devices_known.emit(self.devices)

    def estimate(self, method: str) -> float | None:
        """Seconds that the song will take with a method: as measured here before, else by the method's own figure."""
        source = self.document.project.source
        found = next((m for m in self.methods if m["id"] == method), None)
        if source is None or found is None:
            return None
        return speeds.estimate(method, self._device_id(), found["speed"], source.duration)

    def _device_id(self) -> str:
        return self.device if self.device != "auto" else self.devices[0]["id"]

    def open(self, path: str) -> None:
        """Open a song or a project. What was open is closed, saved or not."""
        self.close_song()
        try:
            self.store = Store()
        except UnbraidError as error:
            self.notice.emit("error", str(error))
            return
        if self.player is None:
            self.warm()
        self._enter("opening")
        full = str(Path(path).resolve())
        where = {"path": full, "store": str(self.store.folder), "name": MIXTURE}
        if full.lower().endswith(ENDING):
            self._runs += 1
            job = self._job = self.jobs.reader.ask("open_project", **where, prefix=str(self._runs))
            job.info.connect(self._take_project)
            job.done.connect(lambda facts: self._project_opened(full, facts))
        else:
            job = self._job = self.jobs.reader.ask("open_song", **where)
            job.info.connect(lambda facts: self._take_info(full, facts))
            job.done.connect(lambda facts: self._opened(full, facts))
        job.progress.connect(self.progress)
        job.ready.connect(self._take_ready)
        job.notice.connect(lambda text: self.notice.emit("warn", text))
        job.failed.connect(self._open_failed)

    def save(self, path: str | None = None) -> Job | None:
        """Write the project to `path`, or to where it lies already; `saved` tells. None if there is nothing to save."""
        target = path or self.project_path
        project, mark = self.document.project, self.document.mark()
        if project.source is None or self.store is None or self.state in ("empty", "opening") or not target:
            return None
        from separation.project import schema

        store, source = self.store, project.source
        job = self.jobs.reader.ask(
            "save_project", store=str(store.folder), song=source.path, path=str(Path(target).absolute()),
            project=schema.to_raw(project, song=source.path, made_by=""),
            arrays=list(project.separation.arrays) if project.separation else [],
        )  # fmt: skip
        job.done.connect(lambda facts: self._saved(facts["path"], mark, source, store))
        job.failed.connect(lambda text: self.notice.emit("error", text))
        return job

    def close_song(self) -> None:
        """Back to nothing open."""
        if self._job is not None:
            self._job.blockSignals(True)
            self._job.cancel()
            self._job = None
        if self.player is not None:
            self.player.unload()
        self._maps, self._running, self._pending = {}, {}, None
        self.project_path = ""
        self.ready_frames = self.stems_ready_frames = 0
        store, self.store = self.store, None
        self.document.reset(Project(method=self.document.project.method))
        self._enter("empty")
        if store is not None:
            self.jobs.reader.ask("remove_store", store=str(store.folder))  # once what was asked before is written

    def separate(self) -> None:
        """Take the song apart with the document's method and parameters."""
        project = self.document.project
        if self.state not in ("opened", "separated") or project.source is None or self.store is None:
            return
        self._runs += 1
        self._running, self.stems_ready_frames = {}, 0
        self._enter("separating")
        job = self._job = self.jobs.engine.ask(
            "separate", **self._song(), method=project.method, parameters=dict(project.parameters),
            prefix=str(self._runs), subtype=project.source.subtype, device=self.device,
        )  # fmt: skip
        job.info.connect(self._take_stems)
        job.progress.connect(self.progress)
        job.ready.connect(self._take_stems_ready)
        job.done.connect(lambda facts: self._separated(project, facts))
        job.failed.connect(self._separation_over)
        job.cancelled.connect(self._separation_over)

    def cancel(self) -> None:
        """Stop opening or separating; the stems that were there before come back."""
        if self.state == "opening":
            self.close_song()
        elif self.state == "separating" and self._job is not None:
            self._job.cancel()

    def export(
        self,
        target: str,
        kind: str = "mix",
        format: str | None = None,
        subtype: str | None = None,
        stems: list[str] | None = None,
        span: tuple[int, int] | None = None,
        recipe: str = "",
        files: dict[str, str] | None = None,
    ) -> Job | None:
        """Write the mix as heard to the file `target`, or stems into the folder `target`; `exported` tells.

        stems: only these; all if None. span: frames; all if None. recipe: where to write one, "" for none;
        files: the names it tells, by stem.
        """
        project = self.document.project
        separation, source = project.separation, project.source
        if source is None or self.store is None or self.state == "opening":
            return None
        from separation.project.schema import mix_to_raw, to_raw

        wish = None
        if recipe:
            raw = to_raw(project, song=source.path, made_by="")
            wish = {"path": recipe, "project": raw, "files": files or {}}
        arrays = dict(zip(separation.stems, separation.arrays, strict=True)) if separation else {}
        job = self.jobs.reader.ask(
            "export", **self._song(), stems=arrays, rest=separation.rest if separation else "", target=target,
            kind=kind, names=stems, format=format, subtype=subtype, mix=mix_to_raw(project.mix), tags=source.tags,
            source=source.path, span=span, recipe=wish,
        )  # fmt: skip
        job.done.connect(self.exported)
        job.failed.connect(lambda text: self.notice.emit("error", text))
        return job

    def mixture_array(self) -> np.ndarray | None:
        """The song (T, C), mapped; zeros where it is not decoded yet."""
        return self._map(MIXTURE) if self.document.project.source and self.store else None

    def stem_arrays(self) -> dict[str, np.ndarray]:
        """The stems (T, C) to be heard now, by name: of the run under way, or else of the last one."""
        return {name: self._map(array) for name, array in self._stem_names().items()}

    def pyramid_paths(self) -> dict[str, Path]:
        """The pictures there are: of the song, and of its stems."""
        if self.store is None:
            return {}
        names = {MIXTURE: MIXTURE, **self._stem_names()}
        return {name: self.store.picture(array) for name, array in names.items()}

    def close(self) -> None:
        """End the children and the sound, and remove the store; the session is of no use afterwards."""
        if self.player is not None:
            self.player.close()
        self.jobs.close()
        self._maps = {}
        store, self.store = self.store, None
        if store is not None:
            store.close()

    def _stem_names(self) -> dict[str, str]:
        if self.store is None:
            return {}
        separation = self.document.project.separation
        if self.state == "separating" and self._running:
            return self._running
        return dict(zip(separation.stems, separation.arrays, strict=True)) if separation else {}

    def _song(self) -> dict[str, Any]:
        source = self.document.project.source
        assert source is not None and self.store is not None
        return {
            "store": str(self.store.folder), "mixture": MIXTURE, "frames": source.frames, "channels": source.channels,
            "sample_rate": source.sample_rate,
        }  # fmt: skip

    def _map(self, name: str) -> np.ndarray:
        source = self.document.project.source
        assert source is not None and self.store is not None
        if name not in self._maps:
            self._maps[name] = self.store.map(name, source.frames, source.channels)
        return self._maps[name]

    def _enter(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    def _take_methods(self, facts: list[dict[str, Any]]) -> None:
        self.methods = facts
        self.methods_known.emit(facts)

    def _take_devices(self, facts: list[dict[str, str]]) -> None:
        self.devices = facts
        self.devices_known.emit(facts)

    def _take_project(self, facts: dict[str, Any]) -> None:
        from separation.project import schema

        project = schema.from_raw(facts["project"])
        assert project.source is not None
        source = replace(project.source, path=facts["song"])
        self._pending = replace(project, mixture=MIXTURE, source=source)
        self.document.reset(replace(self._pending, separation=None))
        if self.player is not None:
            self.player.load(self._map(MIXTURE), source.sample_rate)
            self.player.set_loop(project.loop)
        self.song_info.emit(source)

    def _project_opened(self, path: str, facts: dict[str, Any]) -> None:
        self._job, project, self._pending = None, self._pending, None
        assert project is not None and project.source is not None
        last, source = project.separation, project.source
        self.state = "separated" if last else "opened"  # before the document says so
        self.project_path = path
        if last is not None:
            project = replace(project, separation=replace(last, arrays=tuple(facts["arrays"])))
        self.document.reset(replace(project, view=self.document.project.view))
        if self.player is not None:
            self.player.set_mix(project.mix)
        self.state_changed.emit(self.state)
        recent.remember(path, source)

    def _saved(self, path: str, mark: Any, source: Source, store: Store) -> None:
        recent.remember(path, source)
        if store is self.store:  # else another song is open by now
            self.project_path = path
            self.document.mark_saved(mark)
            self.saved.emit(path)

    def _take_info(self, path: str, facts: dict[str, Any]) -> None:
        source = Source(path=path, sha256="", **facts)
        self.document.reset(Project(source=source, mixture=MIXTURE, method=self.document.project.method))
        if self.player is not None:
            self.player.load(self._map(MIXTURE), source.sample_rate)
        self.song_info.emit(source)

    def _take_ready(self, frames: int) -> None:
        self.ready_frames = frames
        self.song_ready.emit(frames)

    def _opened(self, path: str, facts: dict[str, Any]) -> None:
        self._job = None
        source = self.document.project.source
        assert source is not None
        known = replace(source, frames=facts["frames"], sha256=facts["sha256"])
        self.document.amend(replace(self.document.project, source=known))
        if known.frames != source.frames:
            self._maps = {}
            if self.player is not None:
                self.player.load(self._map(MIXTURE), known.sample_rate)
        self._enter("opened")
        recent.remember(path, known)

    def _open_failed(self, text: str) -> None:
        self._job = None
        self.close_song()
        self.notice.emit("error", text)

    def _take_stems(self, facts: dict[str, Any]) -> None:
        self._running = dict(zip(facts["stems"], facts["arrays"], strict=True))
        self._feed()
        self.stems_ready.emit(0)

    def _take_stems_ready(self, frames: int) -> None:
        self.stems_ready_frames = frames
        self._feed()
        self.stems_ready.emit(frames)

    def _separated(self, asked: Project, facts: dict[str, Any]) -> None:
        self._job, self._running = None, {}
        source = asked.source
        if source is not None and facts["seconds"] > 0:
            speeds.remember(asked.method, self._device_id(), source.duration / facts["seconds"])
        self.state = "separated"  # before the document says so: whoever hears of the stems finds them
        self.document.apply(
            edits.set_separation,
            Separation(
                asked.method, asked.parameters, tuple(facts["stems"]), facts["rest"], tuple(facts["arrays"]),
                facts["device"], facts["seconds"], facts["residual_db"], facts["title"],
            ),
        )  # fmt: skip
        self.state_changed.emit("separated")

    def _separation_over(self, text: str = "") -> None:
        self._job, self._running = None, {}
        self._enter("separated" if self.document.project.separation else "opened")
        self._feed()
        if text:
            self.separation_failed.emit(text)
            self.notice.emit("error", text)

    def _changed(self, before: Project, after: Project) -> None:
        if before.mix is not after.mix and self.player is not None:
            self.player.set_mix(after.mix)
        if before.loop is not after.loop and self.player is not None:
            self.player.set_loop(after.loop)
        if before.separation is not after.separation and after.source is not None:
            self._feed()
            if self.state in ("opened", "separated"):
                self._enter("separated" if after.separation else "opened")

    def _feed(self) -> None:
        """Give the player the stems that are to be heard now."""
        if self.player is None or self.store is None or self.document.project.source is None:
            return
        arrays = self.stem_arrays()
        running = self.state == "separating" and bool(self._running)
        ready = self.stems_ready_frames if running else self.document.project.source.frames
        self.player.set_stems(tuple(arrays), arrays, ready if arrays else 0)
