"""Who runs when, with made-up contestants and speeds."""

from types import SimpleNamespace

from benchmarks.measuring import Measurement, Setting
from benchmarks.rounds import best_lanes, interleave

FIRST, SECOND = Setting("first"), Setting("second")


def contestant(name, *settings, supports=lambda case: True):
    return SimpleNamespace(name=name, settings=settings, supports=supports)


def measurements(lane, speeds):
    name, setting = lane.contestant.name, lane.setting.label
    return [
        Measurement(case, name, setting, speeds[setting, case], 0, 0, 0, 0.0) for case in lane.cases
    ]


def test_each_case_gets_its_best_setting():
    speeds = {
        ("first", "a"): 7,
        ("first", "b"): 3,
        ("second", "a"): 5,
        ("second", "b"): 11,
    }
    both = contestant("peer", FIRST, SECOND)
    lanes = best_lanes(lambda lane: measurements(lane, speeds), both, ["a", "b"])
    assert [(lane.setting.label, lane.cases) for lane in lanes] == [
        ("first", ("a",)),
        ("second", ("b",)),
    ]


def test_a_setting_that_fails_is_never_the_best():
    def measure(lane):
        return [] if lane.setting is FIRST else measurements(lane, {("second", "a"): 5})

    (lane,) = best_lanes(measure, contestant("peer", FIRST, SECOND), ["a"])
    assert lane.setting is SECOND


def test_a_single_setting_is_not_tried_beforehand():
    only = contestant("peer", FIRST, supports=lambda case: case != "b")
    (lane,) = best_lanes(None, only, ["a", "b", "c"])
    assert lane.cases == ("a", "c")


def test_a_contestant_that_supports_nothing_has_no_lane():
    assert best_lanes(None, contestant("peer", FIRST, supports=lambda case: False), ["a"]) == []


def test_rounds_are_interleaved():
    seen = []

    def measure(lane):
        seen.append(lane)
        return [lane]

    assert interleave(measure, iter("AB"), 3) == list("ABABAB") == seen
