"""Which runs may teach, and that a student stored with them goes on as if uninterrupted."""

from pathlib import Path

import numpy as np
import pytest

from fer_core.config import RunConfig
from fer_core.data.synthetic import synthesise
from fer_core.ensembling import make_ensemble
from fer_core.errors import InputError
from fer_core.experiment import Silent, resume_run, train_run
from fer_core.records import Epoch
from fer_core.store import RunStore
from fer_core.teachers import load_teachers


class Cut(Silent):
    """Interrupts training after its first epoch."""

    def epoch(self, epoch: Epoch) -> None:
        raise KeyboardInterrupt


def student(config: RunConfig, *teachers: str, **settings: object) -> RunConfig:
    return config.replace(epochs=2, teacher=",".join(teachers), **{"seed": 7, **settings})


def test_a_student_is_stored_with_its_teachers_and_resumes_bit_for_bit(
    trained_store: RunStore, tiny_config: RunConfig
) -> None:
    first, second = trained_store.run("first"), trained_store.run("second")
    config = student(tiny_config, "first", second.id[:-1], mixup=0.4)
    run = train_run(trained_store, config, name="student", device="cpu")
    stored = trained_store.details(run.id).config
    assert stored["teacher"] == f"{first.id},{second.id}"
    last = [trained_store.histories([each.id])[each.id][-1] for each in (first, second)]
    assert stored["teacher_sha256"] == ",".join(str(each.weights_sha256) for each in last)
    alone = config.replace(teacher="")
    plain = train_run(trained_store, alone, name="plain", device="cpu")
    with pytest.raises(KeyboardInterrupt):
        train_run(trained_store, config, name="cut", device="cpu", progress=Cut())
    trained_store.rename(first.id, "teacher")  # the id stays
    resumed, differences = resume_run(trained_store, "cut", device="cpu")
    assert differences == ()
    whole, again, other = (
        trained_store.predictions(each.id, "validation", "last").probabilities
        for each in (run, resumed, plain)
    )
    np.testing.assert_array_equal(whole, again)
    assert np.abs(whole - other).max() > 1e-4


def test_a_teacher_answers_with_its_average_where_it_has_one(
    trained_store: RunStore, tiny_config: RunConfig
) -> None:
    config = tiny_config.replace(epochs=1, weight_average=0.9)
    run = train_run(trained_store, config, name="averaged", device="cpu")
    ((row),) = trained_store.histories([run.id])[run.id]
    found = load_teachers(
        trained_store,
        student(tiny_config, "averaged"),
        fingerprint=run.dataset_fingerprint,
        held_out=np.empty(0, np.int32),
        device="cpu",
    )
    assert (found.ids, found.sha256) == (run.id, row.state_sha256)
    assert not found.networks[0].training


def test_a_run_that_may_not_teach_is_refused_before_anything_is_stored(
    trained_store: RunStore, tiny_config: RunConfig
) -> None:
    make_ensemble(trained_store, ["first", "second"], name="both")
    with pytest.raises(KeyboardInterrupt):
        train_run(trained_store, tiny_config, name="cut", device="cpu", progress=Cut())
    with trained_store.start_run("own", config={"x": 1}, data="tiny") as writer:
        writer.add_epoch(Epoch(1))
    trained_store.add_dataset("others", synthesise(140, seed=4))
    runs = trained_store.runs()
    seed = {"validation": 0.2, "seed": 3}
    held = train_run(trained_store, tiny_config.replace(epochs=1, **seed), name="held")
    for names, settings, reason in (
        (["first", "first"], {}, "teacher 'first' is named twice; name each run once"),
        (["both"], {}, "teacher 'both' is an ensemble, .*; name its members"),
        (["cut"], {}, "teacher 'cut' is interrupted; finish it first: fer-core resume 'cut'"),
        (["own"], {}, "run 'own' was logged by a loop of its own, so it has no weights here"),
        (["nobody"], {}, "no run 'nobody'"),
        (["first"], {"data": "others"}, "'first' was trained on 'tiny', which has other images"),
        (["first"], {"validation": 0.2}, "'first' was not kept .*: --validation official$"),
        (["held"], {}, "'held' was not kept from the images .* --validation 0.2 --seed 3"),
        (["held"], {"validation": 0.2, "seed": 4}, "'held' was not kept from .* --seed 3"),
    ):
        config = student(tiny_config, *names).replace(**settings)
        with pytest.raises(InputError, match=reason) as caught:
            train_run(trained_store, config, device="cpu")
        assert "\n" not in str(caught.value)
    assert len(trained_store.runs()) == len(runs) + 1
    taught = train_run(trained_store, student(tiny_config, held.id).replace(**seed))
    np.testing.assert_array_equal(trained_store.held_out(taught.id), trained_store.held_out("held"))


def test_a_student_does_not_go_on_without_the_weights_that_it_began_with(
    trained_store: RunStore, tiny_config: RunConfig
) -> None:
    config = student(tiny_config, "first")
    with pytest.raises(KeyboardInterrupt):
        train_run(trained_store, config, name="cut", device="cpu", progress=Cut())
    _remove_weights(trained_store.checkpoint_folder(trained_store.run("first").id))
    with pytest.raises(InputError, match="run 'first': no checkpoint with hash"):
        resume_run(trained_store, "cut", device="cpu")
    run = trained_store.run("cut")
    assert (run.status, run.epochs) == ("interrupted", 1)
    trained_store.delete("first")
    with pytest.raises(InputError, match="no run"):
        resume_run(trained_store, "cut", device="cpu")


def test_other_weights_of_a_teacher_are_refused(
    trained_store: RunStore, tiny_config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    averaged = tiny_config.replace(epochs=1, weight_average=0.9)
    train_run(trained_store, averaged, name="averaged", device="cpu")
    config = student(tiny_config, "averaged")
    with pytest.raises(KeyboardInterrupt):
        train_run(trained_store, config, name="cut", device="cpu", progress=Cut())
    monkeypatch.setattr("fer_core.teachers._weights", lambda store, run: "last")
    with pytest.raises(InputError, match=r"the weights of its teachers .* are others than when it"):
        resume_run(trained_store, "cut", device="cpu")


def _remove_weights(folder: Path) -> None:
    for path in folder.glob("*.safetensors"):
        path.unlink()
