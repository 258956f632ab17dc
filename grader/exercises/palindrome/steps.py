"""Judge the order in which a training's steps go: backward, clip, step."""

from __future__ import annotations

from grader.checks.arrays import require
from grader.core.failures import Failure
from grader.exercises.palindrome.probes_train import Observation

SMALLEST_NORM = 0.01  # below, all gradients are cut, and something else was meant
LONG, MAX_NORM = 1e6, 10.0  # norms: of the gradients that are to be clipped, and of the sheet
EMPTIED = "Call optimizer.zero_grad() before backward(), or after step()."
NO_BACKWARD = "Call loss.backward() in every step, before the gradients are clipped."
CUT = (
    "Between the network and the loss the graph is cut: by no_grad(), .data, .detach(), .item() or "
    "a new tensor."
)


def check_begun(seen: Observation, where: str) -> None:
    """Fail unless a training has stepped, by an optimizer of torch.optim or any other way."""
    events = seen["events"]
    if has_raised_at_once(seen):
        raise Failure(
            "The training should get to its first step.",
            expected="backward, clip, step for each batch",
            got=seen["ended"],
            where=seen["where"] or where,
            hint="Mend this line first: it ends the training before anything is learned.",
            status="error",
        )
    require(
        seen["steps"] >= 1,
        "An optimizer of torch.optim should train the network.",
        expected="backward, clip, step for each batch",
        got=f"{', '.join(events[:4])}, and never step" if events else "no backward, and no step",
        where=where,
        hint="Call optimizer.step() in every step, after backward() and clipping."
        if events
        else "Each step of the loop is: a batch, forward, loss, zero_grad(), backward(), clipping, "
        "step().",
    )


def check_optimizer(seen: Observation, where: str) -> None:
    """Fail unless an optimizer of torch.optim has stepped; a person looks at any other."""
    check_begun(seen, where)
    if seen["by_hand"]:
        raise Failure(
            "A person should look at the steps of an optimizer of your own.",
            expected="steps of an optimizer of torch.optim, which this check can follow",
            got="weights that change from one backward pass to the next, without any of its steps",
            where=where,
            status="pending",
        )


def has_raised_at_once(seen: Observation) -> bool:
    """Return whether an exception ended a training before its first step."""
    return not seen["steps"] and seen["ended"] not in ("", "enough", "time", "steps")


def check_gradients(seen: Observation, where: str) -> None:
    """Fail unless each step goes by the gradients of its own batch."""
    require(
        not seen["left_over"],
        "Each step should go by the gradients of its own batch.",
        expected="no gradients when backward() begins",
        got="those of the step before, to which backward() adds the new ones",
        where=where,
        hint="Call optimizer.zero_grad() in every step, before backward().",
    )
    events = seen["events"]
    require(
        seen["reached"] or seen["has_gradients"],
        "Each step should go by gradients.",
        expected="backward, clip, step",
        got="a backward() that reaches no parameter"
        if "backward" in events
        else ", ".join(events[:4]),
        where=where,
        hint=no_gradients(seen),
    )
    require(
        not seen["emptied"],
        "Each step should go by the gradients of its own batch.",
        expected="backward, clip, step",
        got="gradients that are emptied between backward() and step()",
        where=where,
        hint=EMPTIED,
    )


def check_clipping(seen: Observation, where: str) -> None:
    """Fail unless gradients are clipped between backward() and step()."""
    events = seen["events"]
    backward, step = events.index("backward") if "backward" in events else 0, len(events)
    if "step" in events[backward:]:
        step = events.index("step", backward)
    one = events[backward:step]
    before = events[:backward]
    require(
        "clip" in one or "clip" not in events,
        "Gradients should be clipped between backward() and step().",
        expected="backward, clip, step",
        got=", ".join([*before, *one, *events[step : step + 2]]),
        where=where,
        hint="Clipped before backward(), there is no gradient of this step yet (and zero_grad() "
        "may have emptied it); clipped after step(), it comes too late.",
    )
    odd = next((one for one in seen["later"] if "clip" in events and not is_clipped(one)), None)
    require(
        odd is None,
        "Gradients should be clipped in every step.",
        expected="backward, clip, step",
        got=f"{', '.join(odd or [])} in a later step",
        where=where,
        hint="Clip in every step of the loop, under no condition.",
    )
    norm = min(seen["norm"], seen["largest"]) if "clip" in events else seen["norm"]
    is_unclipped = seen["norm"] > 0.99 * LONG
    require(  # a norm of one's own that is smaller does no harm, nor do entries that are clipped
        seen["norm"] <= 0 or (seen["norm"] >= SMALLEST_NORM and norm <= 1.01 * MAX_NORM),
        "Gradients that are longer than max_norm should be scaled down to it.",
        expected=f"clipping between backward() and step(), to {MAX_NORM:g}",
        got="gradients that are longer"
        if is_unclipped
        else f"gradients that are clipped to {seen['norm']:.3g}",
        where=where,
        hint=clipping_hint(seen["norm"], is_unclipped),
    )


def clipping_hint(norm: float, is_unclipped: bool) -> str:
    """Return what to do about gradients that are not clipped, or to another norm."""
    if is_unclipped:
        return "torch.nn.utils.clip_grad_norm_ does it."
    if norm < SMALLEST_NORM:
        return (
            "All gradients are cut to almost nothing: is another number, such as the learning "
            "rate, handed on as max_norm?"
        )
    return f"Hand on the max_norm of train, which is {MAX_NORM:g} on the sheet."


def is_clipped(events: list[str]) -> bool:
    """Return whether the events of one step have clipping after backward()."""
    return "clip" in events[events.index("backward") if "backward" in events else 0 :]


def no_gradients(seen: Observation) -> str:
    """Return a hint on gradients that never came; "" if they did."""
    if seen["has_gradients"]:
        return ""
    if seen["emptied"]:
        return EMPTIED
    if seen["reached"]:
        return (
            "The parameters of the optimizer get no gradients: is it made for the network whose "
            "loss is computed?"
        )
    return CUT if "backward" in seen["events"] else NO_BACKWARD
