"""PyFlink's surface: `surface.toml` and `_absent_names.json` against the package."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import sys
from enum import Enum
from pathlib import Path

import pytest

import shardline

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SURFACE = tomllib.loads((Path(__file__).parent.parent / "surface.toml").read_text())
IMPLEMENTED = [(m, n, s) for m, names in SURFACE["implemented"].items() for n, s in names.items()]
ABSENT = json.loads((Path(shardline.__file__).parent / "_absent_names.json").read_text())
OMITTED = [(m, n, r) for m, names in ABSENT["names"].items() for n, r in names.items()]
PUBLIC_MODULES = sorted(
    module.name.partition(".")[2]
    for module in pkgutil.walk_packages(shardline.__path__, "shardline.")
    if not any(part.startswith("_") for part in module.name.split("."))
)
#: Extensions of Shardline, as their docstrings say.
EXTENSIONS = {"errors", "datastream.formats.glue"}


def module_of(name):
    return importlib.import_module(f"shardline.{name}")


def member(module, name):
    found = module_of(module)
    for part in name.split("."):
        found = found.__dict__[part] if inspect.ismodule(found) else inspect.getattr_static(found, part)
    return found.__func__ if isinstance(found, (staticmethod, classmethod)) else found


def parameters(function):
    texts = []
    for parameter in inspect.signature(function).parameters.values():
        prefix = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        texts.append(f"{prefix}{parameter.name}{default}")
    return texts


@pytest.mark.parametrize(("module", "name", "shape"), IMPLEMENTED, ids=lambda value: str(value)[:60])
def test_an_implemented_name_has_pyflinks_shape(module, name, shape):
    found = member(module, name)
    if shape == "class":
        assert inspect.isclass(found)
    elif shape.startswith("= "):
        value = found.value if isinstance(found, Enum) else found
        assert value == eval(shape[2:], {"datetime": importlib.import_module("datetime")})
    else:
        wanted = ast.unparse(ast.parse(f"lambda {shape[1:-1]}: 0").body[0].value.args)
        assert ast.unparse(ast.parse(f"lambda {', '.join(parameters(found))}: 0").body[0].value.args) == wanted


@pytest.mark.parametrize(("module", "name", "reason"), OMITTED, ids=lambda value: str(value)[:60])
def test_an_omitted_name_is_really_absent_and_has_a_reason(module, name, reason):
    assert reason
    with pytest.raises((KeyError, AttributeError)):
        member(module, name)


@pytest.mark.parametrize(
    ("module", "name", "reason"), [omitted for omitted in OMITTED if "." not in omitted[1]], ids=lambda v: str(v)[:60]
)
def test_importing_an_omitted_name_says_what_it_waits_for(module, name, reason):
    with pytest.raises(ImportError) as raised:
        getattr(module_of(module), name)
    assert str(raised.value) == f"{name} is not in this version of Shardline ({reason})"


@pytest.mark.parametrize("name", sorted(ABSENT["modules"]))
def test_importing_an_omitted_module_says_what_it_waits_for(name):
    with pytest.raises(ModuleNotFoundError, match="is not in this version of Shardline"):
        importlib.import_module(f"shardline.{name}")


def test_every_public_module_is_in_the_list():
    listed = set(SURFACE["implemented"]) | set(ABSENT["names"])
    assert {m for m in PUBLIC_MODULES if m not in EXTENSIONS} - listed <= {"java_gateway", "table", "version"}


@pytest.mark.parametrize("name", PUBLIC_MODULES)
def test_all_names_what_a_module_defines(name):
    module = module_of(name)
    if name in ("table", "version"):
        return
    assert sorted(module.__all__) == list(module.__all__)
    for public in module.__all__:
        assert public in vars(module)


@pytest.mark.parametrize(("module", "name"), [(m, n) for m, n, s in IMPLEMENTED if s == "class" and "." not in n])
def test_an_implemented_class_is_exported(module, name):
    assert name in module_of(module).__all__


def test_a_method_that_waits_says_for_what():
    from shardline.datastream import StreamExecutionEnvironment

    stream = StreamExecutionEnvironment().from_collection([1])
    with pytest.raises(AttributeError, match=r"DataStream.connect is not in this version of Shardline \(connected"):
        stream.connect(stream)
    assert not hasattr(stream, "connect")
    with pytest.raises(AttributeError, match="object has no attribute 'frobnicate'"):
        stream.frobnicate()


def test_an_unknown_name_is_an_ordinary_import_error():
    with pytest.raises(ImportError, match="cannot import name 'Nonsense'"):
        from shardline.common import Nonsense  # noqa: F401
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'shardline\.nonsense'"):
        importlib.import_module("shardline.nonsense")


@pytest.mark.parametrize("name", SURFACE["refused"])
def test_a_refused_name_can_be_imported_and_explains_itself_when_called(name):
    module = next(m for m in PUBLIC_MODULES if name.startswith(m + ".") and name[len(m) + 1 :].count(".") <= 1)
    with pytest.raises(NotImplementedError):
        member(module, name[len(module) + 1 :])()


def test_the_table_api_explains_itself():
    with pytest.raises(ImportError, match="use the DataStream API"):
        from shardline.table import StreamTableEnvironment  # noqa: F401
