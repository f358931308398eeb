"""One contender in a process of its own: contender.py '{"kind": "torch", "model": "...", "threads": 1}'.

The same requests and answers as ../engine/contender.mjs: lines of JSON on the input, answers on file 3.
"""

import json
import math
import os
import sys
import time

import numpy as np


def open_torch(model, threads, dtype, device="cpu", tf32=False, **_):
    import torch
    from transformers import AutoModelForSequenceClassification

    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    opened = AutoModelForSequenceClassification.from_pretrained(model, dtype=getattr(torch, dtype))
    opened = opened.eval().to(device)

    def forward(ids, mask):
        with torch.inference_mode():
            ids, mask = (torch.from_numpy(values).to(device) for values in (ids, mask))
            return opened(input_ids=ids, attention_mask=mask).logits.float().cpu().numpy()

    return forward


def open_onnxruntime(model, threads, **_):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda ids, mask: session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]


def open_openvino(model, threads, precision, fixed=False, **_):
    """`fixed` compiles the model for the shape of the input, anew when it changes, instead of for all shapes."""
    import openvino

    core = openvino.Core()
    read = core.read_model(model)
    # Pinned threads of two processes would sit on the same core.
    options = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": precision,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
    }
    compiled = {"shape": None, "model": None if fixed else core.compile_model(read, "CPU", options)}

    def forward(ids, mask):
        if fixed and compiled["shape"] != ids.shape:
            shape = list(ids.shape)
            read.reshape({"input_ids": shape, "attention_mask": shape})
            compiled["model"] = None
            compiled["model"] = core.compile_model(read, "CPU", options)
            compiled["shape"] = ids.shape
        return compiled["model"]({"input_ids": ids, "attention_mask": mask})["logits"]

    return forward


def run(forward, arrays, ms):
    """Milliseconds of passes, again and again for `ms`, one at least."""
    times = []
    began = last = time.perf_counter()
    while True:
        forward(*arrays())
        now = time.perf_counter()
        times.append((now - last) * 1000)
        last = now
        if (last - began) * 1000 >= ms:
            return times


def main():
    options = json.loads(sys.argv[1])
    kinds = {"torch": open_torch, "onnxruntime": open_onnxruntime, "openvino": open_openvino}
    forward = kinds[options["kind"]](**options)
    answers = os.fdopen(3, "w")

    def write(answer):
        answers.write(json.dumps(answer, allow_nan=False) + "\n")
        answers.flush()

    write("ready")
    for line in sys.stdin:
        request = json.loads(line)
        given = request["input"]

        def arrays():
            shape = (given["batch"], given["length"])
            return [np.array(given[name], dtype=np.int64).reshape(shape) for name in ("ids", "mask")]

        if request["type"] == "run":
            write({"times": run(forward, arrays, request["ms"])})
        else:
            logits = forward(*arrays()).ravel().tolist()
            write({"logits": [x if math.isfinite(x) else None for x in logits]})


main()
