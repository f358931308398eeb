"""Reference values of the metrics of evaluations: seeded random data and odd ones, and what the field's own
implementations make of them: scikit-learn, scipy, seqeval, trec_eval (by pytrec_eval), SQuAD's scripts.

Needs python3 (3.11) with venv, and PyPI; it makes an environment of its own in .heddle/. Run from the repository's root:

    python3 scripts/reference/make_metrics_reference.py --squad-v1 PATH

PATH is SQuAD's official evaluate-v1.1.py; that of version 2 comes with transformers. Writes
libs/evaluation/src/metrics/__fixtures__/*.json.
"""

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import venv
from pathlib import Path
from types import SimpleNamespace

PACKAGES = [
    "numpy==2.4.6",
    "scikit-learn==1.9.1",
    "scipy==1.17.1",
    "seqeval==1.2.2",
    "pytrec_eval-terrier==0.5.11",
    "transformers==4.57.6",
]
ENVIRONMENT = Path(".heddle/metrics-reference")
FIXTURES = Path("libs/evaluation/src/metrics/__fixtures__")


def enter_environment():
    """Runs this script again inside the environment, which is made when it is not there."""
    python = ENVIRONMENT / "bin" / "python"
    if Path(sys.prefix).resolve() == ENVIRONMENT.resolve():
        return
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    os.execv(python, [str(python), *sys.argv])


enter_environment()

import numpy as np  # noqa: E402
import pytrec_eval  # noqa: E402
from scipy import stats  # noqa: E402
from seqeval.metrics import classification_report, f1_score, precision_score, recall_score  # noqa: E402
from seqeval.metrics.sequence_labeling import get_entities  # noqa: E402
from seqeval.scheme import BILOU, Entities  # noqa: E402
from sklearn import metrics as sk  # noqa: E402
from sklearn.calibration import calibration_curve  # noqa: E402
from transformers.data.metrics.squad_metrics import compute_exact, compute_f1, normalize_answer, squad_evaluate  # noqa: E402

BINS = 15


def write(name, value):
    FIXTURES.mkdir(parents=True, exist_ok=True)
    (FIXTURES / f"{name}.json").write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=True) + "\n")


# ---- Classification -------------------------------------------------------------------------------------------------


def single_label(rng, labels, count, skill, expected_among=None, constant=None):
    expected = rng.choice(expected_among or labels, size=count)
    logits = rng.normal(0, 1.5, size=(count, len(labels)))
    for row, label in zip(logits, expected):
        row[labels.index(label)] += skill
    if constant:
        logits[:, labels.index(constant)] += 50
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    scores = np.round(scores, 7)
    best = scores.argmax(axis=1)
    predicted = np.array(labels)[best]
    confidence = scores.max(axis=1)
    right = (predicted == expected).astype(int)
    accuracies, confidences = calibration_curve(right, confidence, n_bins=BINS)
    counts = np.bincount(np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], confidence), minlength=BINS)
    filled = counts[counts > 0]
    present = sorted(set(expected) | set(predicted))
    precision, recall, f1, support = sk.precision_recall_fscore_support(
        expected, predicted, labels=present, zero_division=np.nan
    )
    none = lambda values: [None if np.isnan(value) else float(value) for value in values]
    return {
        "labels": labels,
        "expected": expected.tolist(),
        "scores": scores.tolist(),
        "metrics": {
            "accuracy": float(sk.accuracy_score(expected, predicted)),
            "macro_f1": float(sk.f1_score(expected, predicted, average="macro")),
            "mcc": float(sk.matthews_corrcoef(expected, predicted)),
            "log_loss": float(sk.log_loss(expected, scores, labels=labels)),
            "ece": float((filled * np.abs(accuracies - confidences)).sum() / count),
            "f1": float(sk.f1_score(expected == labels[0], predicted == labels[0])),
        },
        "reliability": {"counts": counts.tolist(), "accuracy": accuracies.tolist(), "confidence": confidences.tolist()},
        "confusion": {"labels": present, "counts": sk.confusion_matrix(expected, predicted, labels=present).tolist()},
        "per_label": {
            "precision": none(precision),
            "recall": none(recall),
            "f1": none(sk.f1_score(expected, predicted, labels=present, average=None)),
            "support": support.tolist(),
        },
    }


def multirc(rng):
    count, groups = 160, 40
    group = rng.integers(0, groups, size=count)
    expected = rng.integers(0, 2, size=count)
    predicted = np.where(rng.random(count) < 0.85, expected, 1 - expected)
    exact = [bool((expected[group == g] == predicted[group == g]).all()) for g in set(group.tolist())]
    return {
        "group": group.tolist(),
        "expected": expected.tolist(),
        "predicted": predicted.tolist(),
        "metrics": {"f1": float(sk.f1_score(expected, predicted)), "exact_match": sum(exact) / len(exact)},
    }


def multi_label(rng, labels, count, decimals):
    expected = (rng.random((count, len(labels))) < np.linspace(0.05, 0.6, len(labels))).astype(int)
    expected[0] = 1
    scores = np.round(1 / (1 + np.exp(-(rng.normal(-1, 1.5, expected.shape) + 2 * expected))), decimals)
    predicted = (scores >= 0.5).astype(int)
    return {
        "labels": labels,
        "expected": expected.tolist(),
        "scores": scores.tolist(),
        "metrics": {
            "micro_f1": float(sk.f1_score(expected, predicted, average="micro")),
            "macro_f1": float(sk.f1_score(expected, predicted, average="macro", zero_division=0)),
            "average_precision": float(sk.average_precision_score(expected, scores, average="macro")),
        },
    }


def classification():
    rng = np.random.default_rng(11)
    five = ["anger", "fear", "joy", "love", "sadness"]
    two = ["acceptable", "unacceptable"]
    write(
        "single-label",
        {
            "binary": single_label(rng, two, 300, 1.0),
            "five": single_label(rng, five, 300, 1.5),
            "unseen label": single_label(rng, five, 60, 2.0, expected_among=five[:3]),
            "one label predicted": single_label(rng, two, 40, 0.5, constant=two[1]),
            "sure": single_label(rng, two, 60, 14.0),
        },
    )
    write("multirc", multirc(rng))
    write(
        "multi-label",
        {
            "six": multi_label(rng, ["toxic", "severe", "obscene", "threat", "insult", "hate"], 150, 6),
            "ties": multi_label(rng, ["a", "b", "c"], 120, 1),
        },
    )


# ---- Numbers --------------------------------------------------------------------------------------------------------


def values(expected, predicted):
    return {
        "expected": expected.tolist(),
        "predicted": predicted.tolist(),
        "metrics": {
            "pearson": float(stats.pearsonr(expected, predicted).statistic),
            "spearman": float(stats.spearmanr(expected, predicted).statistic),
            "mse": float(sk.mean_squared_error(expected, predicted)),
        },
    }


def regression():
    rng = np.random.default_rng(12)
    similar = np.round(rng.uniform(0, 5, 200), 1)
    noisy = np.round(similar + rng.normal(0, 1, 200), 4)
    write(
        "regression",
        {
            "stsb": values(similar, noisy),
            "ties": values(rng.integers(0, 4, 100), rng.integers(0, 4, 100)),
            "far from zero": values(1e6 + similar, 1e6 + noisy),
            "two": values(np.array([1.0, 2.0]), np.array([5.0, -1.0])),
        },
    )


def intervals():
    """95 % percentile intervals of many resamples, which another generator's come near to."""
    rng = np.random.default_rng(13)
    count = 400
    expected = rng.integers(0, 3, count)
    predicted = np.where(rng.random(count) < 0.75, expected, rng.integers(0, 3, count))
    other = np.where(rng.random(count) < 0.65, expected, rng.integers(0, 3, count))
    x = rng.normal(0, 1, count)
    y = np.round(x + rng.normal(0, 1, count), 4)
    x = np.round(x, 4)
    options = {"paired": True, "method": "percentile", "n_resamples": 20000, "vectorized": False, "rng": 5}

    def interval(data, statistic):
        found = stats.bootstrap(data, statistic, **options).confidence_interval
        return [float(found.low), float(found.high)]

    accuracy = lambda e, p: sk.accuracy_score(e, p)
    write(
        "intervals",
        {
            "expected": expected.tolist(),
            "predicted": predicted.tolist(),
            "other": other.tolist(),
            "x": x.tolist(),
            "y": y.tolist(),
            "accuracy": interval((expected, predicted), accuracy),
            "accuracy_difference": interval(
                (expected, predicted, other), lambda e, p, o: accuracy(e, p) - accuracy(e, o)
            ),
            "pearson": interval((x, y), lambda a, b: stats.pearsonr(a, b).statistic),
            "spearman": interval((x[:150], y[:150]), lambda a, b: stats.spearmanr(a, b).statistic),
        },
    )


# ---- Entities -------------------------------------------------------------------------------------------------------


def bilou(rng):
    """Tags that follow the scheme."""
    tags = []
    while len(tags) < 12:
        length, type_ = rng.randint(0, 3), rng.choice(["PER", "LOC", "ORG"])
        tags += (
            ["O"]
            if length == 0
            else [f"U-{type_}"]
            if length == 1
            else [f"B-{type_}"] + [f"I-{type_}"] * (length - 2) + [f"L-{type_}"]
        )
    return tags


def tag_case(expected, predicted, **options):
    report = classification_report(expected, predicted, output_dict=True, zero_division=0, **options)
    types = {name: scores for name, scores in report.items() if not name.endswith(" avg")}
    return {
        "expected": expected,
        "predicted": predicted,
        "seq_precision": float(precision_score(expected, predicted, **options)),
        "seq_recall": float(recall_score(expected, predicted, **options)),
        "seq_f1": float(f1_score(expected, predicted, **options)),
        "seq_macro_f1": float(f1_score(expected, predicted, average="macro", **options)),
        "types": {
            name: [float(s["precision"]), float(s["recall"]), float(s["f1-score"]), int(s["support"])]
            for name, s in types.items()
        },
    }


def entities():
    rng = random.Random(14)
    marks = {"IOB": "BI", "IOE": "IE", "BIOES": "BIES"}
    cases = {}
    for name, letters in marks.items():
        tags = ["O", "O", *(f"{mark}-{type_}" for mark in letters for type_ in ("PER", "LOC"))]
        rows = [[rng.choice(tags) for _ in range(rng.randint(0, 9))] for _ in range(40)]
        changed = [[tag if rng.random() < 0.8 else rng.choice(tags) for tag in row] for row in rows]
        cases[name] = tag_case(rows, changed)
    pad = lambda tags: tags + ["O"] * (16 - len(tags))
    rows = [pad(bilou(rng)) for _ in range(25)]
    changed = [pad(bilou(rng)) if rng.random() < 0.3 else row for row in rows]
    cases["BILOU"] = tag_case(rows, changed, mode="strict", scheme=BILOU)
    odd = ["O", "B-PER", "I-PER", "I-LOC", "B-", "I", "B", "E-first-name", "S", ".", "-", "I-"]
    sequences = [[rng.choice(odd) for _ in range(8)] for _ in range(60)]
    write(
        "entities",
        {
            "cases": cases,
            "odd tags": [{"tags": tags, "entities": get_entities(tags)} for tags in sequences],
            "BILOU": [
                {"tags": row, "entities": [e.to_tuple()[1:] for e in Entities([row], BILOU).entities[0]]} for row in rows
            ],
        },
    )


# ---- Answers --------------------------------------------------------------------------------------------------------

TEXTS = [
    "the Norman conquest", "Norman conquest", "a", "The", "an apple a day", "1,000", "1000", "", "  ", "...", "U.S.",
    "US", "cafe\u0301", "caf\u00e9", "theatre", "the\u00e9", "Z\u00fcrich the", "\u00c0 la carte", "a\u00a0b", "x\u2003y",
    "x\u0085y", "x\u001cy", "x\ufeffy", "x\u200by", "don\u2019t", "don't", "\u0391\u03a3", "\u0130stanbul", "the the cat",
    "cat the cat", "a_b", "a-b", "\u4e2d\u6587", "\u00bd the", "2\u00b2 an", "the\u0301 end", "\u00bfthe? cat!", "\t tab\nnew ",
]  # fmt: skip


def squad_v1(path):
    spec = importlib.util.spec_from_file_location("evaluate_v1", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answers(v1_path):
    rng = random.Random(15)
    v1 = squad_v1(v1_path)
    words = "the a an cat dog sat on in Paris 1999 , . of".split()
    phrase = lambda: " ".join(rng.choice(words) for _ in range(rng.randint(1, 6)))

    def question(index):
        golds = [phrase() for _ in range(rng.randint(0, 3))]
        near = rng.choice(golds) if golds and rng.random() < 0.6 else phrase()
        predicted = "" if rng.random() < 0.25 else near
        null_score = round(rng.gauss(-1 if predicted else 1, 2), 1 if index % 2 else 4)
        return SimpleNamespace(
            qas_id=str(index), answers=[{"text": gold} for gold in golds], predicted=predicted, null_score=null_score
        )

    def evaluate(questions):
        found = squad_evaluate(
            questions,
            {q.qas_id: q.predicted for q in questions},
            {q.qas_id: q.null_score for q in questions},
            no_answer_probability_threshold=1e9,
        )
        return {
            "questions": [[[a["text"] for a in q.answers], q.predicted, q.null_score] for q in questions],
            "found": {key: float(value) for key, value in found.items()},
        }

    pairs = [(rng.choice(TEXTS), [rng.choice(TEXTS) for _ in range(rng.randint(1, 3))]) for _ in range(150)]
    most = lambda score, predicted, golds: float(
        v1.metric_max_over_ground_truths(score, predicted, golds)
    )
    golds_v2 = lambda golds: [gold for gold in golds if normalize_answer(gold)] or [""]
    all_questions = [question(i) for i in range(200)]
    write(
        "squad",
        {
            "normalized": [[text, normalize_answer(text)] for text in TEXTS],
            "pairs": [
                {
                    "predicted": predicted,
                    "golds": golds,
                    "v1": [most(v1.exact_match_score, predicted, golds), most(v1.f1_score, predicted, golds)],
                    "v2": [
                        float(max(score(gold, predicted) for gold in golds_v2(golds)))
                        for score in (compute_exact, compute_f1)
                    ],
                }
                for predicted, golds in pairs
            ],
            "mixed": evaluate(all_questions),
            "answerable": evaluate([q for q in all_questions if q.answers]),
            "unanswerable": evaluate([q for q in all_questions if not q.answers]),
        },
    )


# ---- Rankings -------------------------------------------------------------------------------------------------------


def rankings():
    rng = random.Random(16)
    measures = {"map", "recip_rank", "ndcg", "ndcg_cut.1,3,10", "recall.1,3,10", "success.3,10"}
    queries = []
    for index in range(60):
        count = rng.choice([1, 2, 5, 12, 30])
        ids = rng.sample(["d1", "d2", "d10", "D1", "\u00e9", "\U0001f600", "\uff5e", *(f"x{i}" for i in range(40))], count)
        grades = [rng.choice([0, 0, 0, 1, 1, 2, 3, -1]) if index % 10 else 0 for _ in ids]
        missing = [rng.choice([1, 2, 3]) for _ in range(rng.choice([0, 0, 0, 2]))] if index % 10 else []
        digits = rng.choice([1, 1, 3, 17])
        scores = [round(rng.gauss(0, 1), digits) for _ in ids]
        if index % 7 == 0:  # Apart as float64 only.
            scores = [1 + rng.randint(0, 5) * 1e-9 for _ in ids]
        ranked = rng.sample(range(count), max(1, count - rng.choice([0, 0, 3])))
        judged = dict(zip(ids, grades)) | {f"missing{i}": grade for i, grade in enumerate(missing)}
        run = {ids[i]: scores[i] for i in ranked}
        found = pytrec_eval.RelevanceEvaluator({"q": judged}, measures).evaluate({"q": run})["q"]
        query = {"ids": ids, "grades": grades, "missing": missing, "ranked": [[i, scores[i]] for i in ranked]}
        query["metrics"] = {
            "map": found["map"],
            "mrr": found["recip_rank"],
            "mrr@3": found["recip_rank"] * found["success_3"],
            "mrr@10": found["recip_rank"] * found["success_10"],
            "ndcg": found["ndcg"],
            **{f"ndcg@{k}": found[f"ndcg_cut_{k}"] for k in (1, 3, 10)},
            **{f"recall@{k}": found[f"recall_{k}"] for k in (1, 3, 10)},
        }
        queries.append(query)
    write("ranking", queries)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squad-v1", required=True, type=Path, help="the official evaluate-v1.1.py")
    options = parser.parse_args()
    classification()
    regression()
    intervals()
    entities()
    answers(options.squad_v1)
    rankings()


main()
