import hashlib
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
import torch
from torch import nn

from fer_core.config import RunConfig
from fer_core.device import choose_device
from fer_core.errors import InputError
from fer_core.models import Classifier, Normalise, build, check_own, layer_table, preset_config
from fer_core.models.own import is_own, read_source

Write = Callable[[str], str]
HEAD = "import torch\nfrom torch import nn\nfrom torch.nn import functional\n"
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 5, stride=4)
        self.norm = nn.BatchNorm2d(2)
        self.dense = nn.Linear(2 * 11 * 11, 7)

    def forward(self, images):
        maps = torch.relu(self.norm(self.conv(images)))
        return self.dense(maps.view(len(maps), -1))
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write ``net.py`` in the working directory; returns its text."""
    monkeypatch.chdir(tmp_path)

    def write_(body: str) -> str:
        text = HEAD + dedent(body)
        Path("net.py").write_text(text, encoding="utf-8")
        return text

    return write_


def test_a_name_means_a_file_when_it_ends_in_one_or_holds_one() -> None:
    names = ["net.py:Net", "a b/net.py:Net", "net.py", "fast", "my run: 2"]
    assert [is_own(name) for name in names] == [True, True, True, False, False]


def test_the_configuration_names_file_class_and_hash(write: Write, tmp_path: Path) -> None:
    text = write(NET)
    config = preset_config("net.py:Net", data="faces", epochs=3)
    assert config.preset == "net.py:Net"
    assert config.architecture == {
        "family": "own",
        "file": str(tmp_path / "net.py"),
        "class": "Net",
        "source_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    # The recipe is what RunConfig has where nothing is said.
    sources = {"epochs": "given"}
    assert config == RunConfig(
        "net.py:Net", config.architecture, "faces", epochs=3, sources=sources
    )


def test_the_file_is_looked_for_where_it_was_and_here(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = write(NET).encode()
    architecture = preset_config("net.py:Net", data="").architecture
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert read_source(architecture) == text
    (tmp_path / "net.py").unlink()
    with pytest.raises(InputError, match=r"there is no .*net\.py; put .* runs show 'a b' "):
        read_source(architecture, run="a b")
    Path("net.py").write_bytes(text + b"#")
    with pytest.raises(InputError, match=r"elsewhere.net\.py has changed .* show RUN --source"):
        build(architecture)
    Path("net.py").write_bytes(text)
    assert isinstance(build(architecture), nn.Module)


def test_a_function_may_build_the_network(write: Write) -> None:
    write("""
        def small(width: int = 3) -> nn.Module:
            return nn.Sequential(nn.Flatten(), nn.Linear(2304, width), nn.Linear(width, 7))
    """)
    config = preset_config("net.py:small", data="")
    check_own(config)
    assert sum(layer.parameters for layer in layer_table(build(config.architecture))) == 6_943


def test_layers_that_find_their_inputs_themselves_are_built(write: Write) -> None:
    write("""
        def lazy():
            return nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(7))
    """)
    config = preset_config("net.py:lazy", data="")
    check_own(config)
    network = build(config.architecture)
    assert network.training
    assert [type(module) for module in network] == [nn.Conv2d, nn.ReLU, nn.Flatten, nn.Linear]
    assert network[3].weight.shape == (7, 4 * 46 * 46)


def test_code_that_counts_on_the_order_in_memory_trains_on_a_device(write: Write) -> None:
    """`view` of maps that lie channels last raises; presets are laid out so, others are not."""
    write(NET)
    config = preset_config("net.py:Net", data="")
    model = Classifier(Normalise("unit"), build(config.architecture))
    device = choose_device("cpu", precision="float32")
    device.place(model)
    model(torch.rand(2, 1, 48, 48)).sum().backward()


def test_what_a_file_prints_leaves_stdout_alone(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("print('hello')" + NET)
    check_own(preset_config("net.py:Net", data=""))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "hello" in captured.err


def test_a_check_leaves_the_random_numbers_alone(write: Write) -> None:
    write(NET)
    config = preset_config("net.py:Net", data="")
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    check_own(config)
    assert torch.equal(torch.rand(3), wanted)


def network(body: str) -> str:
    """A class `Net` with these lines of `forward`, and with the layers that they use."""
    return f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.flat = nn.Flatten()
        self.dense = nn.Linear(2304, 7)
        self.norm = nn.BatchNorm1d(7, track_running_stats=False)
        self.register_buffer("calls", torch.zeros(1))
        self.mixing = torch.randn(7, 7)

    def forward(self, images):
        logits = self.dense(self.flat(images))
        {body}
"""


EXTRA = "class Net(nn.Linear):\n    def __init__(self):\n        super().__init__(48, 7)\n"
WRONG = {
    "syntax": ("class Net(:\n", r"net\.py cannot be run: net\.py, line 4: SyntaxError: "),
    "raising": ("x = 1\n\nboom()\n", r"net\.py, line 6: NameError: name 'boom' is not defined$"),
    "exit": ("raise SystemExit(3)\n", r"net\.py, line 4: SystemExit: 3$"),
    "import": ("import blocks\n", r"line 4: ModuleNotFoundError: .*'blocks'; a model is one file"),
    "none": ("x = 1\n", r"no class 'Net' in .*net\.py \(it has no class of modules and no func"),
    "others": ("class A(nn.Module): ...\ndef b(): ...\nclass C: ...\n", r"\(it has A, b\)$"),
    "number": ("Net = 3\n", r"Net in .*net\.py is a int; name a class, or a function"),
    "instance": ("Net = nn.Linear(2, 7)\n", r"Net in .*net\.py is a Linear; name a class"),
    "arguments": (
        "class Net(nn.Module):\n    def __init__(self, width, *, depth, bias=True): ...\n",
        "Net in .* needs the arguments width, depth; give them defaults",
    ),
    "constructor": (
        "def Net():\n    return nn.Linear('x', 7)\n",
        r"Net cannot be built: net\.py, line 5: TypeError: ",
    ),
    "no module": ("def Net():\n    return [nn.Linear(2, 7)]\n", "gives a list; it must give a tor"),
    "no parameters": ("class Net(nn.Module): ...\n", "Net has no parameters to train; make its"),
    "frozen": (
        "def Net():\n    return nn.Conv2d(1, 7, 3).requires_grad_(False)",
        "Net has no parameters to train",
    ),
    "forward": (
        network("return logits @ torch.rand(3, 7)"),
        r"Net raises on images \(4, 1, 48, 48\) in evaluation mode: net\.py, line 16: RuntimeErr",
    ),
    "colour": (
        "def Net():\n    return nn.Conv2d(3, 7, 3)\n",
        "in evaluation mode: RuntimeError: Given groups=1, weight of size",
    ),
    "training": (
        network("return logits if not self.training else None.x"),
        r"in training mode: net\.py, line 16: AttributeError: 'NoneType'",
    ),
    "classes": (
        network("return logits[:, :6]"),
        r"Net gives \(4, 6\) for images \(4, 1, 48, 48\); it must give logits \(4, 7\)",
    ),
    "one image": (network("return logits.squeeze()"), r"Net gives \(7,\) for images \(1, 1, 48, 4"),
    "maps": (EXTRA, r"Net gives \(4, 1, 48, 7\) for images"),
    "labels": (
        network("return logits.argmax(1)"),
        r"gives torch.int64; it must give logits",
    ),
    "two": (network("return logits, images"), "gives tuple; it must give logits"),
    "infinite": (network("return logits / 0"), "not finite in evaluation mode"),
    "softmax": (network("return logits.softmax(1)"), "ends in a softmax: each row sums to 1; leav"),
    "dropout": (
        network("return functional.dropout(logits)"),
        r"other logits a second time in evaluation mode; .*functional\.dropout\(x, p, self\.train",
    ),
    "batch": (
        network("return logits - logits.mean(0) + self.norm.weight"),
        "gives an image other logits alone than among others",
    ),
    "statistics": (network("return self.norm(logits)"), "raises on images .* in evaluation mode"),
    "counter": (network("self.calls += 1; return logits"), "changes 'calls' in evaluation mode"),
    "no buffer": (
        network("return logits @ self.mixing"),
        "state does not hold all that its logits depend on, .* self.register_buffer",
    ),
    "state": (
        network("return logits") + "    def get_extra_state(self):\n        return {}\n",
        "Net's state holds '_extra_state', a dict; a checkpoint holds dense tensors only",
    ),
    "random shape": (
        "def Net():\n"
        "    width = int(torch.randint(2, 10**6, ()))\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(2304, 3), nn.Linear(3, 7),"
        " *[nn.Identity()] * (width % 2 + 1), nn.Linear(7, 7))\n",
        "Net cannot load the state of another Net: ",
    ),
    "detached": (network("return logits.detach()"), "Net's logits give no gradient: element 0 of"),
    "unused": (
        network("return torch.ones(len(images), 7, requires_grad=True) * 2"),
        "Net's logits depend on none of its parameters",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_trained_is_said_in_one_line(write: Write, case: str) -> None:
    body, words = WRONG[case]
    write(body)
    config = preset_config("net.py:Net", data="")
    with pytest.raises(InputError, match=words) as caught:
        check_own(config)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("net.py", r"'net.py' names no class; use net.py:CLASS \(it has Net\)"),
        ("net.py:", r"'net.py:' names no class; use net.py:CLASS \(it has Net\)"),
        ("none.py:Net", "no file 'none.py' in .*; name one as my_net.py:MyNet"),
        (".py:Net", "no file '.py'"),
    ],
)
def test_a_name_without_file_or_class_is_said_so(write: Write, name: str, words: str) -> None:
    write(NET)
    with pytest.raises(InputError, match=words):
        preset_config(name, data="")


def test_an_architecture_without_a_hash_is_refused() -> None:
    with pytest.raises(InputError, match="needs class, source_sha256; name the model"):
        build({"family": "own", "file": "net.py"})


def test_a_check_passes_what_presets_build() -> None:
    check_own(preset_config("e-dnn", data=""))
