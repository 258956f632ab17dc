"""Wrong backward passes that students do write: the sheet's with one of its switches thrown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from grader.checks.carry import is_among_assumed
from grader.checks.mistakes import Mistake, Variant, matches, paired
from grader.checks.tolerances import TOLERANCE
from grader.exercises.given_rnn.oracle import Array, Weights

Unary = Callable[[Array], Array]


def identity(x: Array) -> Array:
    """Return what is given."""
    return x


@dataclass(frozen=True)
class Backward:
    """The backward pass, with named switches for what people get wrong in it."""

    factor: Callable[[Array, Array], Array] = lambda a, before: 1 - a**2
    back: Callable[[Array, Array, Array], Array] = lambda d_s, d_a, R: d_s @ R.T
    own: Callable[[Array, Array], Array] = lambda d_s, d_a: d_s  # what the weights are reached by
    order: Callable[[int], range] = lambda T: range(T - 1, -1, -1)  # of the steps
    before: Callable[[Array], Array] = lambda a: a[:-1]  # the states that R is multiplied by
    last: Callable[[Array], Array] = lambda a: a[-1]  # the state that V is multiplied by
    seen: Unary = identity  # d_loss as it enters
    every: bool = False  # d_loss enters at every step
    input: Unary = identity  # what W is multiplied by
    kept: Unary = identity  # what becomes of the gradients per time step, (T, …)
    of_weights: float = 1.0
    is_transposed: bool = False  # the gradient of R

    def run(
        self, weights: Weights, x: Array, d_loss: Array, states: Array | None = None
    ) -> Weights:
        """Return the gradients, the recurrent ones per time step.

        Args:
            weights: By the sheet's names.
            x: The input (T, B, in).
            d_loss: The gradient in the output (B, out).
            states: Those of the forward pass (T + 1, B, n), if they are not the sheet's.
        """
        a = _states(weights, x) if states is None else states  # (T + 1, B, n)
        d_y = self.seen(d_loss)
        d_a = from_output = d_y @ weights["V"].T
        d_s = np.zeros_like(a[1:])
        for t in self.order(len(x)):
            step = d_a * self.factor(a[t + 1], a[t])
            d_s[t] = self.own(step, d_a)
            d_a = self.back(step, d_a, weights["R"]) + self.every * from_output
        found = {
            "d_W": self.input(x).transpose(0, 2, 1) @ d_s,
            "d_R": self.before(a).transpose(0, 2, 1) @ d_s,
            "d_bs": d_s.sum(1)[:, :, None],
        }
        found = {name: self.kept(gradient) for name, gradient in found.items()}
        if self.is_transposed:
            found["d_R"] = found["d_R"].swapaxes(1, 2)
        found |= {"d_V": self.last(a).T @ d_y, "d_by": d_y.sum(0)[:, None]}
        return {name: self.of_weights * gradient for name, gradient in found.items()}


def _states(weights: Weights, x: Array) -> Array:
    a = [np.zeros((x.shape[1], len(weights["R"])))]
    for x_t in x:
        a.append(np.tanh(x_t @ weights["W"] + a[-1] @ weights["R"] + weights["bs"].T))
    return np.stack(a)


AVERAGED = Mistake(
    "gradients_averaged_over_batch",
    "The gradients are averaged over the batch. Sum them: the loss that averages has its 1/batch "
    "inside d_loss already.",
)
SUMMED = Mistake(
    "summed_over_time_in_backward",
    "It seems to be summed over time already; that is what update does.",
)
BACKWARD: list[Mistake] = [
    Mistake("tanh_factor_missing",
     "The derivative of tanh is left out: each step back has the factor 1 − a².",
     {"factor": lambda a, before: np.ones_like(a)}),
    Mistake("tanh_factor_not_squared",
     "The derivative of tanh is 1 − a², not 1 − a.", {"factor": lambda a, before: 1 - a}),
    Mistake("tanh_factor_of_preactivation",
     "The derivative of tanh is 1 − a², where a = tanh(s); here it is 1 − s².",
     {"factor": lambda a, before: 1 - np.arctanh(a) ** 2}),
    Mistake("tanh_factor_with_plus",
     "The derivative of tanh is 1 − a², not 1 + a².", {"factor": lambda a, before: 1 + a**2}),
    Mistake("tanh_factor_of_sigmoid",
     "a (1 − a) is the derivative of the sigmoid; that of tanh is 1 − a².",
     {"factor": lambda a, before: a * (1 - a)}),
    Mistake("tanh_factor_of_state_again",
     "The derivative of tanh is 1 − a², where a = tanh(s) already; here it is 1 − tanh(a)².",
     {"factor": lambda a, before: 1 - np.tanh(a) ** 2}),
    Mistake("tanh_factor_missing_at_weight",
     "The weight is reached through s[t], so its gradient has the factor 1 − a[t]²; here it is "
     "only in what goes on to the step before.", {"own": lambda d_s, d_a: d_a}),
    Mistake("tanh_factor_of_step_before",
     "The derivative of tanh at s[t] is 1 − a[t]²; a[t−1] stands there.",
     {"factor": lambda a, before: 1 - before**2}),
    Mistake("back_through_transposed_weights",
     "On the way back R is transposed the wrong way: s[t] = Rᵀ a[t−1], so ∂s[t]/∂a[t−1] is Rᵀ.",
     {"back": lambda d_s, d_a, R: d_s @ R}),
    Mistake("tanh_factor_missing_on_way_back",
     "What goes back through R is the gradient of s[t], after the factor 1 − a²; here it is that "
     "of a[t].", {"back": lambda d_s, d_a, R: d_a @ R.T}),
    Mistake("state_gradient_never_goes_back",
     "The gradient of a[t] is still that of the last step: each step back goes through R.",
     {"back": lambda d_s, d_a, R: d_a}, subject_of=("N3",)),
    Mistake("state_gradients_add_up",
     "The gradients of a[t] add up on the way back: the loss sees the last output only, so that of "
     "a[t−1] is what comes back through R, and no more.",
     {"back": lambda d_s, d_a, R: d_a + d_s @ R.T}),
    Mistake("first_step_without_gradient",
     "The first step has no gradient: look at where the loop over time ends.",
     {"order": lambda T: range(T - 1, 0, -1)}),
    Mistake("last_step_without_gradient",
     "The last step has no gradient: look at where the loop over time begins.",
     {"order": lambda T: range(T - 2, -1, -1)}),
    Mistake("backward_goes_forward",
     "The loop goes forward in time; a gradient comes from the last step, and goes back.",
     {"order": range}, subject_of=("N3",)),
    Mistake("last_step_alone_has_gradient",
     "Only the last step has a gradient: go on to the steps before it, through R.",
     {"back": lambda d_s, d_a, R: np.zeros_like(d_a)}, subject_of=("N3",)),
    Mistake("recurrent_weights_skipped_on_way_back",
     "The gradient is handed to the step before without going through R.",
     {"back": lambda d_s, d_a, R: d_s}),
    Mistake("loss_enters_at_every_step",
     "The loss sees the output of the last step only; here it enters at every step.",
     {"every": True}),
    Mistake("state_for_state_before",
     "a[t] stands where a[t−1] belongs: R is multiplied by the state before.",
     {"before": lambda a: a[1:]}),
    Mistake("state_before_by_index_minus_one",
     "At the first step a[t−1] is the zero state; the index −1 has taken the last state.",
     {"before": lambda a: np.concatenate([a[-1:], a[1:-1]])}),
    Mistake("output_of_state_before",
     "V is multiplied by the last state, a[T]; here it is the state before.",
     {"last": lambda a: a[-2]}),
    Mistake("output_of_all_states",
     "V is multiplied by the last state alone, not by the sum of all.",
     {"last": lambda a: a.sum(0)}),
    Mistake("gradient_input_one_step_late",
     "x[t−1] stands where x[t] belongs.", {"input": lambda x: np.roll(x, 1, axis=0)}),
    Mistake("gradient_input_one_step_early",
     "x[t+1] stands where x[t] belongs.", {"input": lambda x: np.roll(x, -1, axis=0)}),
    Mistake("loss_gradient_unused",
     "d_loss is not used: these are the gradients for ∂L/∂ŷ = 1.", {"seen": np.ones_like}),
    Mistake("gradient_sign",
     "The sign is wrong: backward returns the gradient, update goes against it.",
     {"seen": np.negative}),
    Mistake("gradient_zero",
     "The gradient is zero everywhere: was it ever assigned?",
     {"of_weights": 0.0}, subject_of=("N3", "N5")),
    Mistake("time_steps_reversed",
     "The time steps are in reverse order: entry t belongs to step t.",
     {"kept": lambda steps: steps[::-1]}),
    Mistake("divided_by_steps", "The gradients are divided by the number of steps.",
     {"kept": lambda steps: steps / len(steps)}),
    Mistake("sums_from_step_on",
     "Entry t holds the sum of the steps from t on; it is the share of step t alone.",
     {"kept": lambda steps: steps[::-1].cumsum(0)[::-1]}),
    Mistake("gradient_transposed",
     "d_R is transposed: it has the orientation of the weight.", {"is_transposed": True}),
]  # fmt: skip
CHAINED = ("seen", "kept")  # switches that transform an array


def clipped(got: Array, expected: Array, variants: Iterable[Variant]) -> Iterator[Variant]:
    """Yield the gradient with its entries cut off where those of ``got`` end, and the variants.

    Once it is known that entries are cut off, those of each variant are as well.
    """
    limit = float(np.abs(got).max(initial=0))
    hint = f"The entries are cut off at {limit:.4g}: backward should return the gradients of L as "
    hint += "they are. To clip them is the learner's task."
    cut = Mistake("entries_clipped", hint)
    yield cut, partial(np.clip, expected, -limit, limit)
    for mistake, value in variants:
        yield mistake, value
        if is_among_assumed(cut) and len(mistake.parts) == 1:
            yield paired(cut, mistake), partial(_cut_off, value, limit)


def _cut_off(value: Callable[[], ArrayLike], limit: float) -> Array:
    return np.clip(value(), -limit, limit)


def telling(variants: Iterable[Variant], right: Array) -> Iterator[Variant]:
    """Yield these gradients, summed over time, without those that are right all the same.

    They are for checks whose expected numbers come from the student's own code: a right gradient is
    no sign of a mistake there, unless the mistake is known.
    """
    for mistake, value in variants:
        with np.errstate(all="ignore"):  # a wrong formula may overflow
            found = np.asarray(value())
        found = found.sum(0) if found.ndim > right.ndim else found
        if is_among_assumed(mistake) or not matches(found, right, TOLERANCE["float64"]):
            yield mistake, partial(np.copy, found)
