"""Exports a checkpoint as users of torch do: export.py <checkpoint folder> <output folder>.

model.onnx is what torch's older exporter makes (faster on ONNX Runtime once it is int8), dynamo.onnx what its newer
one makes (OpenVINO refuses the older one's), int8*.onnx what ONNX Runtime's dynamic quantisation makes of model.onnx.
"""

import sys
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModelForSequenceClassification

INPUTS = ["input_ids", "attention_mask"]
LONGEST = 512


class Logits(torch.nn.Module):
    """[batch, sequence] twice -> [batch, labels]"""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


def main(checkpoint: str, folder: Path) -> None:
    loaded = AutoModelForSequenceClassification.from_pretrained(checkpoint, dtype=torch.float32)
    model = Logits(loaded).eval()
    ids = torch.arange(48).reshape(2, 24)
    example = (ids, torch.ones_like(ids))
    axes = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        model,
        example,
        str(folder / "model.onnx"),
        dynamo=False,
        opset_version=17,
        input_names=INPUTS,
        output_names=["logits"],
        dynamic_axes={**dict.fromkeys(INPUTS, axes), "logits": {0: "batch"}},
    )
    dimensions = {0: torch.export.Dim("batch"), 1: torch.export.Dim("sequence", max=LONGEST)}
    torch.onnx.export(
        model,
        example,
        str(folder / "dynamo.onnx"),
        dynamo=True,
        input_names=INPUTS,
        output_names=["logits"],
        dynamic_shapes=(dimensions, dimensions),
        external_data=True,
    )
    for name, per_channel in (("int8.onnx", False), ("int8-per-channel.onnx", True)):
        quantize_dynamic(
            folder / "model.onnx", folder / name, per_channel=per_channel, weight_type=QuantType.QInt8
        )


main(sys.argv[1], Path(sys.argv[2]))
