"""Reference values of masked language models under a causal mask: token i sees tokens 0 … i alone.

Needs torch 2.13 (CPU) and transformers 4.57.6. Run from the repository's root:

    python scripts/reference/make_causal_reference.py

Writes causal.safetensors into the folders below. The encoder is transformers' own with a mask [B, L, L]. Three things
are done by hand because its classes cannot: the mask goes to the layers directly where there is a convolution
(transformers negates a boolean mask there), the convolution's kernel loses what it would see of later tokens, and
Microsoft's mask decoder is two passes of the last layer with query_states.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import DebertaConfig, DebertaModel, DebertaV2Config, DebertaV2Model
from transformers.activations import ACT2FN

FIXTURES = Path("libs/deberta/src/graph/__fixtures__")
HEADS = {
    "v1-mlm-hf-legacy": "cls.predictions.transform",
    "v2-mlm-hf-new": "lm_predictions.lm_head",
    "ms-v2-mlm-emd-conv-2layers": "emd",
    "ms-v3-generator-mlm-emd": "emd",
}
# Row 0 is full, row 1 ends early, row 2 has a hole, in front of which the mask must still work.
LENGTHS, LENGTH, HOLE = [12, 7, 12], 12, 5
POSITIONS = [[0, 0], [1, 6], [0, 11], [2, 4], [2, 6], [0, 5], [1, 0], [2, 11], [0, 6]]


def encoder_of(folder, tensors):
    config = json.loads((folder / "config.json").read_text())
    v1 = config["model_type"] == "deberta"
    model = (DebertaModel if v1 else DebertaV2Model)((DebertaConfig if v1 else DebertaV2Config)(**config))
    wanted = model.state_dict().keys()
    own = {k.removeprefix("deberta."): v for k, v in tensors.items() if k.startswith("deberta.")}
    missing, _ = model.load_state_dict({k: v for k, v in own.items() if k in wanted}, strict=False)
    assert not missing, missing
    return model.eval()


def layers(model, x, mask):
    """The states after the embeddings and after every layer."""
    encoder = model.encoder
    causal = mask[:, None, :] * torch.tril(torch.ones(LENGTH, LENGTH, dtype=mask.dtype))
    if getattr(encoder, "conv", None) is None:
        return encoder(x, causal, output_hidden_states=True).hidden_states, causal
    weight = encoder.conv.conv.weight
    weight.data[:, :, weight.shape[2] // 2 + 1 :] = 0
    states = [x]
    relative, table = encoder.get_rel_pos(x), encoder.get_rel_embedding()
    for i, layer in enumerate(encoder.layer):
        output = layer(states[-1], causal[:, None], relative_pos=relative, rel_embeddings=table)[0]
        states.append(encoder.conv(x, output, mask) if i == 0 else output)
    return states, causal


def decode(model, states, causal, tensors):
    """Microsoft's enhanced mask decoder."""
    encoder, last_but_one = model.encoder, states[-2]
    relative, table = encoder.get_rel_pos(last_but_one), encoder.get_rel_embedding()
    query = last_but_one + tensors["deberta.embeddings.position_embeddings.weight"][:LENGTH]
    for _ in range(2):
        query = encoder.layer[-1](
            last_but_one, causal[:, None], query_states=query, relative_pos=relative, rel_embeddings=table
        )[0]
    return query


def words(model, rows, tensors, head):
    name = "lm_predictions.lm_head" if head == "emd" else head
    bias = "cls.predictions.bias" if head.startswith("cls") else "lm_predictions.lm_head.bias"
    x = torch.nn.functional.linear(rows, tensors[f"{name}.dense.weight"], tensors[f"{name}.dense.bias"])
    x = ACT2FN[model.config.hidden_act](x)
    scale, shift = tensors[f"{name}.LayerNorm.weight"], tensors[f"{name}.LayerNorm.bias"]
    x = torch.nn.functional.layer_norm(x, x.shape[-1:], scale, shift, model.config.layer_norm_eps)
    return torch.nn.functional.linear(x, tensors["deberta.embeddings.word_embeddings.weight"], tensors[bias])


for name, head in HEADS.items():
    folder = FIXTURES / name
    tensors = load_file(folder / "model.safetensors")
    model = encoder_of(folder, tensors)
    ids = torch.randint(5, model.config.vocab_size, (3, LENGTH), generator=torch.Generator().manual_seed(11))
    mask = (torch.arange(LENGTH)[None] < torch.tensor(LENGTHS)[:, None]).long()
    mask[2, HOLE] = 0
    with torch.no_grad():
        states, causal = layers(model, model.embeddings(input_ids=ids, mask=mask), mask)
        final = decode(model, states, causal, tensors) if head == "emd" else states[-1]
        rows = torch.stack([final[row, token] for row, token in POSITIONS])
        logits = words(model, rows, tensors, head)
    save_file(
        {
            "input_ids": ids,
            "attention_mask": mask,
            "masked_positions": torch.tensor(POSITIONS),
            "logits": logits.contiguous(),
        },
        folder / "causal.safetensors",
    )
    print(name, float(logits.abs().max()))
