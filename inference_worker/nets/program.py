"""Load a ``torch.export`` program (.pt2) without running what somebody put in it.

``torch.export.load`` of an untrusted archive runs code in at least six ways (read in
torch 2.13): pickled weights, constants and sample inputs are unpickled; the Python
expressions in ``guards_code`` are given to ``exec``; symbolic sizes go through
``sympify``, which evaluates them; operator names reach anything below ``torch``; names
of tensors and nodes are pasted into generated source; compiled libraries are loaded.

So the archive is never given to it. A new one is written that holds the graph, with
every string in it checked against what a graph of array operators needs, and the raw
numbers of the weights; guards, metadata, sample inputs and all else are left behind.
Anything that does not pass is refused.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import torch
from torch import nn

from inference_worker.contract.errors import WeightsRefused

BYTES_MAX = 2 << 30
NUMBERS = re.compile(r"data/(weights/weight|constants/tensor)_\d+")
CONFIGS = (
    "data/weights/model_weights_config.json",
    "data/constants/model_constants_config.json",
)
GRAPH = "models/model.json"
PLAIN = ("archive_format", "archive_version", "byteorder", ".data/version")

NAME = re.compile(r"[\w.+\-]*", re.ASCII)
ATEN = re.compile(r"torch\.ops\.aten\.[a-z]\w*\.\w+", re.ASCII)
ARITHMETIC = re.compile(
    r"_operator\.(add|sub|mul|floordiv|truediv|mod|neg|pow|getitem|eq|ne|lt|le|gt|ge)"
)
READS_FILES = ("torch.ops.aten.from_file.",)
SYMBOLIC = re.compile(
    r"(?:Symbol\('\w+'|Mul|Add|Mod|PythonMod|FloorDiv|CleanDiv|CeilDiv|Integer|Rational"
    r"|Max|Min|Symbol|(?:positive|integer|nonnegative|real)=True|[su]\d+"
    # A square is what a side's own symbol makes of an area; towers of powers hang.
    r"|Pow(?=\(Symbol\('\w+'(?:, \w+=True)*\), Integer\(2\)\))|[su]\d+\*\*2(?!\d)"
    r"|-?\d+|\*(?!\*)|[()\s,+/\-])*",
    re.ASCII,
)
TREE = {"builtins.tuple", "builtins.list", "builtins.dict", None}


def load_program(content: bytes, file: str) -> nn.Module:
    """The program's module, image (b, c, h, w) → logits (b, k, h, w).

    Raises
    ------
    WeightsRefused: ``weights:unsafe-format`` it holds more than a graph of array
        operators and raw numbers; ``weights:does-not-fit`` it is broken.
    """
    try:
        clean = _rewritten(content, file)
        program = torch.export.load(clean)
        module: nn.Module = program.module()
    except WeightsRefused:
        raise
    # torch raises whatever it meets in a graph that makes no sense.
    except Exception as error:
        raise WeightsRefused(
            "does-not-fit",
            f"{file} is not a program that torch {torch.__version__} can load.",
            file=file,
        ) from error
    return module


def _rewritten(content: bytes, file: str) -> io.BytesIO:
    """The archive again, from its checked parts only."""
    clean = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        zipfile.ZipFile(clean, "w", zipfile.ZIP_STORED) as copy,
    ):
        if sum(member.file_size for member in archive.infolist()) > BYTES_MAX:
            raise _unsafe(file, f"more than {BYTES_MAX} bytes")
        for member in archive.namelist():
            inner = member.partition("/")[2]
            if inner == GRAPH:
                copy.writestr(
                    f"model/{inner}", _checked_graph(archive.read(member), file)
                )
            elif inner in CONFIGS:
                copy.writestr(
                    f"model/{inner}", _checked_config(archive.read(member), file)
                )
            elif inner in PLAIN or NUMBERS.fullmatch(inner):
                copy.writestr(f"model/{inner}", archive.read(member))
        copy.writestr("model/data/sample_inputs/model.pt", b"")
    clean.seek(0)
    return clean


def _checked_config(content: bytes, file: str) -> str:
    """Where each tensor's numbers lie; none of them pickled."""
    fields = json.loads(content)
    for name, payload in fields["config"].items():
        _check_name(name, file)
        if payload["use_pickle"] or not re.fullmatch(
            r"(weight|tensor)_\d+", payload["path_name"]
        ):
            raise _unsafe(file, f"the pickled object {name}")
        _check_values(payload, file)
    return json.dumps(fields)


def _checked_graph(content: bytes, file: str) -> str:
    fields = json.loads(content)
    fields["guards_code"] = []
    for name in fields["range_constraints"]:
        _check_symbolic(name, file)
    ranges = fields.pop("range_constraints")
    _forget_metadata(fields["graph_module"])
    _check_values(fields, file)
    _check_values(list(ranges.values()), file)
    return json.dumps({**fields, "range_constraints": ranges})


def _forget_metadata(graph_module: dict[str, Any]) -> None:
    """Drop stack traces and module names: never needed, and full of free text."""
    graph_module["metadata"] = {}
    for node in graph_module["graph"]["nodes"]:
        node["metadata"] = {}


def _check_values(value: Any, file: str, key: str = "") -> None:
    if isinstance(value, dict):
        for inner_key, inner in value.items():
            _check_name(inner_key, file)
            _check_values(inner, file, inner_key)
    elif isinstance(value, list):
        for inner in value:
            _check_values(inner, file, key)
    elif isinstance(value, str):
        _check_text(key, value, file)


def _check_text(key: str, text: str, file: str) -> None:
    if key == "target":
        if not (ATEN.fullmatch(text) or ARITHMETIC.fullmatch(text)) or text.startswith(
            READS_FILES
        ):
            raise _unsafe(file, f"the operator {text[:80]!r}")
    elif key == "expr_str":
        _check_symbolic(text, file)
    elif key in ("in_spec", "out_spec"):
        _check_tree(json.loads(text)[1], file)
    else:
        _check_name(text, file)


def _check_name(name: str, file: str) -> None:
    parts = name.split(".")
    if not NAME.fullmatch(name) or any(part.startswith("__") for part in parts):
        raise _unsafe(file, f"the name {name[:80]!r}")


def _check_symbolic(text: str, file: str) -> None:
    if len(text) > 4096 or not SYMBOLIC.fullmatch(text):
        raise _unsafe(file, f"the size {text[:80]!r}")


def _check_tree(tree: dict[str, Any], file: str) -> None:
    """How arguments nest: tuples, lists and dictionaries, no classes."""
    if tree["type"] not in TREE:
        raise _unsafe(file, f"an argument of type {tree['type']!r}")
    if tree["context"] is not None:
        _check_values(json.loads(tree["context"]), file)
    for child in tree["children_spec"]:
        _check_tree(child, file)


def _unsafe(file: str, what: str) -> WeightsRefused:
    return WeightsRefused(
        "unsafe-format",
        f"{file} holds {what}, which could run code when it is read; "
        "export the model again, or save its weights as .safetensors.",
        file=file,
    )
