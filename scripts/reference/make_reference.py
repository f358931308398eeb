"""Stored reference values: what the Hugging Face implementation computes from the shipped models on texts.json.

Needs torch 2.13 (CPU) and transformers 4.57.6. Run from the repository's root:

    python scripts/reference/make_reference.py > apps/worker/test/__fixtures__/reference.json

Logits are float32 arithmetic on the float16 weights, rounded to 6 decimals. For ner a word's tag is that of its
first piece; texts are the words joined by blanks.
"""

import json
from pathlib import Path

import torch
from transformers import AutoTokenizer, DebertaV2ForSequenceClassification, DebertaV2ForTokenClassification

TEXTS = json.loads(Path("scripts/reference/texts.json").read_text())


def load(name, cls):
    folder = f"models/{name}"
    model = cls.from_pretrained(folder, dtype=torch.float32).eval()
    return AutoTokenizer.from_pretrained(folder), model


def rows_of(name, cls, inputs, encode):
    tokenizer, model = load(name, cls)
    for item in inputs:
        encoding = encode(tokenizer, item)
        with torch.no_grad():
            logits = model(**{k: torch.tensor([v]) for k, v in encoding.items() if k != "offset_mapping"}).logits[0]
        yield item, encoding, logits, model.config.id2label


def number(value):
    return round(float(value), 6)


reference = {}
for task in ("sentiment", "topic"):
    inputs = [text for text in TEXTS[task] if text]
    reference[task] = [
        {"input": text, "logits": [number(x) for x in logits]}
        for text, _, logits, _ in rows_of(task, DebertaV2ForSequenceClassification, inputs, lambda t, x: t(x))
    ]
pairs = [pair for pair in TEXTS["nli"] if all(pair)]
reference["nli"] = [
    {"input": {"text": a, "text_pair": b}, "logits": [number(x) for x in logits]}
    for (a, b), _, logits, _ in rows_of("nli", DebertaV2ForSequenceClassification, pairs, lambda t, x: t(x[0], x[1]))
]
reference["ner"] = [
    {
        "input": " ".join(words),
        "tags": [labels[int(row.argmax())] for row in logits],
        "ids": encoding["input_ids"],
        "logits": [[number(x) for x in row] for row in logits],
    }
    for words, encoding, logits, labels in rows_of(
        "ner", DebertaV2ForTokenClassification, TEXTS["ner"], lambda t, x: t(" ".join(x))
    )
]
print(json.dumps(reference, ensure_ascii=True, indent=None, separators=(",", ":")).replace('},{"input"', '},\n{"input"'))
