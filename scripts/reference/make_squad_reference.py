"""Stored reference values for the SQuAD method of question answering: random logits over windows of invented
contexts, and what transformers' compute_predictions_logits makes of them. Every word is one token.

Needs transformers 4.57.6. Run from the repository's root:

    python scripts/reference/make_squad_reference.py > libs/deberta/src/tasks/__fixtures__/squad.json
"""

import json
import random
import tempfile
from pathlib import Path
from types import SimpleNamespace

from transformers.data.metrics.squad_metrics import compute_predictions_logits
from transformers.data.processors.squad import _new_check_is_max_context

random.seed(7)
CASES = 40


def windows_of(count, room, stride):
    start, found = 0, []
    while True:
        found.append({"start": start, "length": min(room, count - start)})
        if start + room >= count:
            return found
        start += room - stride


def logits(length):
    return [round(random.gauss(0, 4), 3) for _ in range(length)]


def feature_of(window, index, windows, words, question):
    first = question + 2
    context = range(window["length"])
    return SimpleNamespace(
        example_index=0,
        unique_id=index,
        tokens=["[CLS]"] + ["q"] * question + ["[SEP]"] + words[window["start"] :][: window["length"]] + ["[SEP]"],
        token_to_orig_map={first + i: window["start"] + i for i in context},
        token_is_max_context={
            first + i: _new_check_is_max_context(windows, index, window["start"] + i) for i in context
        },
    )


def case():
    count, question = random.randint(1, 60), random.randint(1, 4)
    room = random.choice([8, 15, 64])
    stride = random.randint(0, room - 1) // 2
    words = [random.choice("abcdefgh") * random.randint(1, 2) for _ in range(count)]
    windows = windows_of(count, room, stride)
    features = [feature_of(window, i, windows, words, question) for i, window in enumerate(windows)]
    results = [
        SimpleNamespace(unique_id=i, start_logits=logits(len(f.tokens)), end_logits=logits(len(f.tokens)))
        for i, f in enumerate(features)
    ]
    impossible, threshold = random.random() < 0.6, random.choice([0.0, 0.0, 2.5, -3.0])
    max_answer = random.choice([1, 3, 15])
    if impossible:
        boost = random.choice([0, 16])
        for result in results:
            result.start_logits[0] = round(result.start_logits[0] + boost, 3)
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ("predictions", "nbest", "odds")]
        predictions = compute_predictions_logits(
            [SimpleNamespace(qas_id="x", doc_tokens=words)],
            features,
            results,
            20,
            max_answer,
            False,
            *(files if impossible else [*files[:2], None]),
            False,
            impossible,
            threshold,
            SimpleNamespace(convert_tokens_to_string=" ".join),
        )
        best = json.loads(Path(files[1]).read_text())["x"]
        odds = json.loads(Path(files[2]).read_text())["x"] if impossible else None
    return {
        "words": words,
        "question": question,
        "stride": stride,
        "windows": [
            {"from": w["start"], "count": w["length"], "start": r.start_logits, "end": r.end_logits}
            for w, r in zip(windows, results)
        ],
        "max_answer_len": max_answer,
        "impossible": impossible,
        "threshold": threshold,
        "prediction": predictions["x"],
        "best": [[b["text"], b["probability"]] for b in best],
        "null_score_diff": odds,
    }


found = []
while len(found) < CASES:
    one = case()
    # Without any span the script answers "empty", which is no answer of the context.
    if all(text != "empty" for text, _ in one["best"]):
        found.append(one)
print(json.dumps(found, separators=(",", ":")))
