"""The contract on the wire: no floats, nothing unexplained, nothing renumbered, and generated code that is current."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from grpc_tools import protoc

from engine.commands import (
    Drawn,
    Fact,
    OrderCommand,
    OrderType,
    ParticipantClass,
    Phase,
    RoundAction,
    SelfTrade,
    Side,
    SupplyKind,
    TimeInForce,
)
from engine.events import CancelReason
from engine.ledger.postings import Pocket
from engine.outcomes import Outcome
from engine.rounds.layout import Stage
from engine.views import Movement
from engine.words.reserve import AllocationStep, ReserveStep
from engine.words.rounds import Sealing, Visibility
from engine.words.units import UnitStep, UnitType
from services import generate_wire
from services.wire.jingjia.accounts.v1 import accounts_pb2
from services.wire.jingjia.auctions.v1 import auctions_pb2
from services.wire.jingjia.common.v1 import common_pb2, outcome_pb2
from services.wire.jingjia.market.v1 import market_pb2
from services.wire.jingjia.orders.v1 import orders_pb2
from services.wire.jingjia.reserve.v1 import reserve_pb2
from services.wire.jingjia.units.v1 import units_pb2

ROOT = Path(__file__).resolve().parents[2]
RELEASED = Path(__file__).with_name("wire_v1.txt")

Field = descriptor_pb2.FieldDescriptorProto


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[descriptor_pb2.FileDescriptorProto]:
    """Descriptors of every file of ours, with comments."""
    out = tmp_path_factory.mktemp("descriptors") / "set.binpb"
    protos = sorted(path.relative_to(ROOT / "proto").as_posix() for path in (ROOT / "proto").rglob("*.proto"))
    assert len(protos) >= 8
    code = protoc.main(
        ["protoc", f"--proto_path={ROOT / 'proto'}", f"--descriptor_set_out={out}", "--include_source_info", *protos]
    )
    assert code == 0
    return list(descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file)


def _comments(file: descriptor_pb2.FileDescriptorProto) -> dict[tuple[int, ...], str]:
    return {
        tuple(place.path): (place.leading_comments or place.trailing_comments).strip()
        for place in file.source_code_info.location
    }


def _elements(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Everything that must say what it is: name, and path in the descriptor. Zeros of enums explain themselves."""
    for m, message in enumerate(file.message_type):
        yield message.name, (4, m)
        for f, field in enumerate(message.field):
            yield f"{message.name}.{field.name}", (4, m, 2, f)
    for e, enum in enumerate(file.enum_type):
        yield enum.name, (5, e)
        for v, value in enumerate(enum.value):
            if value.number:
                yield value.name, (5, e, 2, v)
    for s, service in enumerate(file.service):
        yield service.name, (6, s)
        for r, rpc in enumerate(service.method):
            yield f"{service.name}.{rpc.name}", (6, s, 2, r)


def test_no_field_is_a_float(files: list[descriptor_pb2.FileDescriptorProto]) -> None:
    fields = [(m.name, f.name, f.type) for file in files for m in file.message_type for f in m.field]
    assert len(fields) > 200
    assert [f for f in fields if f[2] in (Field.TYPE_DOUBLE, Field.TYPE_FLOAT)] == []


def test_everything_has_a_comment(files: list[descriptor_pb2.FileDescriptorProto]) -> None:
    silent = []
    for file in files:
        comments = _comments(file)
        silent += [f"{file.name}: {name}" for name, path in _elements(file) if len(comments.get(path, "")) < 5]
    assert silent == []


def test_every_number_states_its_unit(files: list[descriptor_pb2.FileDescriptorProto]) -> None:
    numbers = {
        Field.TYPE_INT32,
        Field.TYPE_INT64,
        Field.TYPE_UINT32,
        Field.TYPE_UINT64,
        Field.TYPE_FIXED32,
        Field.TYPE_FIXED64,
        Field.TYPE_SFIXED64,
    }
    units = re.compile(r"no\s+unit|tick|lot|minor unit|day|from 0|\(t\)|nanosecond")
    mute = []
    for file in files:
        comments = _comments(file)
        for m, message in enumerate(file.message_type):
            if message.options.map_entry:
                continue
            for f, field in enumerate(message.field):
                if field.type in numbers and not units.search(comments[(4, m, 2, f)]):
                    mute.append(f"{message.name}.{field.name}: {comments[(4, m, 2, f)]}")
    assert mute == []


def test_enums_begin_with_unspecified_and_carry_their_prefix(
    files: list[descriptor_pb2.FileDescriptorProto],
) -> None:
    enums = [enum for file in files for enum in file.enum_type]
    assert len(enums) >= 12
    for enum in enums:
        prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper()
        assert (enum.value[0].name, enum.value[0].number) == (f"{prefix}_UNSPECIFIED", 0)
        assert [v.name for v in enum.value if not v.name.startswith(f"{prefix}_")] == []


def test_names_follow_the_style(files: list[descriptor_pb2.FileDescriptorProto]) -> None:
    for file in files:
        assert re.fullmatch(r"jingjia\.[a-z]+\.v1", file.package)
        assert file.name.startswith(file.package.replace(".", "/") + "/")
        messages = {m.name for m in file.message_type}
        for service in file.service:
            assert service.name.endswith("Service")
            for rpc in service.method:
                assert rpc.input_type == f".{file.package}.{rpc.name}Request"
                assert rpc.output_type == f".{file.package}.{rpc.name}Response"
                assert {f"{rpc.name}Request", f"{rpc.name}Response"} <= messages


def _lines(files: list[descriptor_pb2.FileDescriptorProto]) -> list[str]:
    found = []
    for file in files:
        for message in file.message_type:
            for field in message.field:
                kind = Field.Type.Name(field.type)[5:].lower() + (field.type_name and f" {field.type_name[1:]}")
                label = Field.Label.Name(field.label)[6:].lower()
                found.append(f"{file.package}.{message.name}.{field.name} = {field.number} {label} {kind}")
        for enum in file.enum_type:
            found += [f"{file.package}.{enum.name}.{value.name} = {value.number}" for value in enum.value]
        for service in file.service:
            for rpc in service.method:
                streams = f"{rpc.client_streaming:d}{rpc.server_streaming:d}"
                found.append(f"{file.package}.{service.name}.{rpc.name} streams {streams}")
    return sorted(found)


def test_nothing_released_has_changed(files: list[descriptor_pb2.FileDescriptorProto]) -> None:
    """Every line of wire_v1.txt still holds. New fields, values and calls add lines; none may go or change."""
    released = RELEASED.read_text("utf-8").splitlines()
    present = _lines(files)
    assert [line for line in released if line not in present] == []
    assert [line for line in present if line not in released] == [], "add these lines to wire_v1.txt"


def test_generated_code_is_current() -> None:
    assert generate_wire.differences(generate_wire.generate()) == [], "run: python -m services.generate_wire"


def test_an_edit_of_generated_code_is_noticed() -> None:
    wanted = generate_wire.generate()
    before = generate_wire.differences(wanted)
    name = "services/wire/jingjia/orders/v1/orders_pb2.py"
    wanted[name] += "# edited\n"
    assert set(generate_wire.differences(wanted)) - set(before) == {name}


def test_outcomes_on_the_wire_are_those_of_the_engine() -> None:
    wire = {name: number for name, number in outcome_pb2.Outcome.items() if number}
    assert wire == {f"OUTCOME_{o.name}": int(o) for o in Outcome if o is not Outcome.ACCEPTED}


@pytest.mark.parametrize(
    ("wire", "prefix", "engine"),
    [
        (common_pb2.Side, "SIDE_", Side),
        (common_pb2.ParticipantClass, "PARTICIPANT_CLASS_", ParticipantClass),
        (orders_pb2.OrderCommand, "ORDER_COMMAND_", OrderCommand),
        (orders_pb2.OrderType, "ORDER_TYPE_", OrderType),
        (orders_pb2.TimeInForce, "TIME_IN_FORCE_", TimeInForce),
        (orders_pb2.SelfTrade, "SELF_TRADE_", SelfTrade),
        (auctions_pb2.SupplyKind, "SUPPLY_KIND_", SupplyKind),
        (auctions_pb2.RoundAction, "ROUND_ACTION_", RoundAction),
        (auctions_pb2.Drawn, "DRAWN_", Drawn),
        (auctions_pb2.Fact, "FACT_", Fact),
        (auctions_pb2.Visibility, "VISIBILITY_", Visibility),
        (auctions_pb2.Sealing, "SEALING_", Sealing),
        (reserve_pb2.ReserveStep, "RESERVE_STEP_", ReserveStep),
        (reserve_pb2.AllocationStep, "ALLOCATION_STEP_", AllocationStep),
        (reserve_pb2.Movement, "MOVEMENT_", Movement),
        (units_pb2.UnitType, "UNIT_TYPE_", UnitType),
        (units_pb2.UnitStep, "UNIT_STEP_", UnitStep),
        (accounts_pb2.Pocket, "POCKET_", Pocket),
    ],
)
def test_enums_that_reach_kernels_have_the_engines_numbers(wire: object, prefix: str, engine: type) -> None:
    """Columns of these are copied number by number, so names and numbers have to be the same."""
    assert {n: v for n, v in wire.items() if v} == {f"{prefix}{m.name}": int(m) for m in engine if m}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wire", "prefix", "engine"),
    [(market_pb2.Phase, "PHASE_", Phase), (orders_pb2.CancelReason, "CANCEL_REASON_", CancelReason)],
)
def test_enums_that_begin_at_zero_in_the_engine_have_its_names(wire: object, prefix: str, engine: type) -> None:
    """On the wire 0 is always "unspecified", so these are translated by name."""
    assert {f"{prefix}{m.name}" for m in engine} == set(wire.keys()) - {f"{prefix}UNSPECIFIED"}  # type: ignore[attr-defined]


def test_every_round_action_of_the_engine_is_a_call() -> None:
    calls = {rpc.name for rpc in auctions_pb2.DESCRIPTOR.services_by_name["AuctionService"].methods}
    plain = (RoundAction.OPEN, RoundAction.CLOSE, RoundAction.CLEAR, RoundAction.CANCEL)
    assert {f"{action.name.capitalize()}Round" for action in plain} | {"StepRound"} <= calls


def test_every_stage_of_the_engine_can_be_told() -> None:
    told = {name.removeprefix("ROUND_STAGE_"): number for name, number in auctions_pb2.RoundStage.items() if number}
    assert told == {stage.name: int(stage) for stage in Stage if stage}


def test_generated_code_runs_on_the_lowest_protobuf_allowed() -> None:
    lowest = re.search(r'"protobuf>=([\d.]+)', (ROOT / "pyproject.toml").read_text("utf-8"))
    made_with = re.search(r"Protobuf Python Version: ([\d.]+)", Path(orders_pb2.__file__).read_text("utf-8"))
    assert lowest
    assert made_with
    assert [int(n) for n in made_with[1].split(".")] <= [int(n) for n in lowest[1].split(".")]
