"""The probe against eager attention maps: the same masses, and the model's own numbers untouched."""

import pytest
import torch
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from keepif.trainer.attention.probe import AttentionProbe
from tests.helpers.attention import KERNELS, batch_of, full_mass, groups_of, model_of

FLEX = pytest.param("qwen3", "flex_attention", marks=pytest.mark.thorough)  # compiled in minutes


@pytest.mark.parametrize("padding", ["left", "right"])
@pytest.mark.parametrize(("name", "kernel"), [*KERNELS, FLEX])
@torch.no_grad()
def test_it_is_eager_attention_and_changes_nothing(name: str, kernel: str, padding: str) -> None:
    batch, groups, model = batch_of(padding), groups_of(), model_of(name, kernel)
    plain = model(**batch).logits
    with AttentionProbe(model, groups) as probe:
        probed = model(**batch, use_cache=False).logits
    assert torch.equal(plain, probed)
    expected = full_mass(model_of(name, "eager"), batch, groups)
    seen = batch["attention_mask"].bool()[None, :, None].expand_as(expected)
    torch.testing.assert_close(probe.stacked()[seen], expected[seen], atol=1e-5, rtol=0)
    assert expected[seen].std() > 0.05  # there is something to be exact about


@torch.no_grad()
def test_groups_may_be_more_than_a_head_is_wide() -> None:
    batch, groups, model = batch_of(), groups_of(40), model_of("llama")
    with AttentionProbe(model, groups) as probe:
        model(**batch)
    seen = batch["attention_mask"].bool()[None, :, None].expand_as(probe.stacked())
    expected = full_mass(model_of("llama", "eager"), batch, groups)
    torch.testing.assert_close(probe.stacked()[seen], expected[seen], atol=1e-5, rtol=0)


@torch.no_grad()
def test_chosen_layers_alone() -> None:
    batch, groups, model = batch_of(), groups_of(), model_of("qwen3")
    with AttentionProbe(model, groups) as everything:
        model(**batch)
    with AttentionProbe(model, groups, layers=[2]) as last:
        model(**batch)
    assert list(last.masses) == [2]
    assert torch.equal(last.masses[2], everything.masses[2])


@torch.no_grad()
def test_half_precision() -> None:
    batch, groups, masses = batch_of(), groups_of(), []
    for dtype in (torch.float32, torch.bfloat16):
        model = model_of("llama", dtype=dtype)
        with AttentionProbe(model, groups) as probe:
            model(**batch)
        masses.append(probe.stacked())
    seen = batch["attention_mask"].bool()[None, :, None].expand_as(masses[0])
    assert masses[1].dtype == torch.float32
    assert (masses[1] - masses[0])[seen].abs().mean() < 0.02


@torch.no_grad()
def test_the_registry_is_as_it_was_and_probes_nest() -> None:
    batch, groups, model, other = batch_of(), groups_of(), model_of("llama"), model_of("qwen3")
    before = ALL_ATTENTION_FUNCTIONS["sdpa"]
    with AttentionProbe(model, groups) as outer:
        with AttentionProbe(other, groups[:, :1]) as inner:
            model(**batch)
            other(**batch)
        assert inner.stacked().shape[2] == 1
        outer.masses.clear()
        model(**batch)
        assert outer.stacked().shape == (3, 3, 2, 24)
    assert ALL_ATTENTION_FUNCTIONS["sdpa"] is before
    assert "eager" not in ALL_ATTENTION_FUNCTIONS
    with pytest.raises(RuntimeError, match="stopped"), AttentionProbe(model_of("llama", "eager"), groups):
        raise RuntimeError("stopped")
    assert "eager" not in ALL_ATTENTION_FUNCTIONS


@torch.no_grad()
def test_what_it_cannot_measure_it_refuses() -> None:
    model, groups = model_of("llama"), groups_of()
    with pytest.raises(ValueError, match="3 sequences of 24 tokens, found 3 of 12"), AttentionProbe(model, groups):
        model(torch.ones(3, 12, dtype=torch.long))
    with AttentionProbe(model, groups, layers=[7]) as probe:
        model(**batch_of())
    with pytest.raises(ValueError, match="no attention was measured"):
        probe.stacked()
