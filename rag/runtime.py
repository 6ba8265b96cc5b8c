"""Networks as files, run by OpenVINO on the processor. The only file that knows openvino."""

from __future__ import annotations

import hashlib
import sys
import threading
import warnings
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor, nn

Inputs = Mapping[str, NDArray[Any]]
"""The inputs of one run, by name."""
Outputs = list[NDArray[np.float32]]


class Model:
    """The network in a file, loaded when it is first run. May be used from many threads."""

    def __init__(self, path: Path, exact: bool = False) -> None:
        """`exact`: calculates in 32 bits, also where the processor has fewer that are faster."""
        self._path = path
        self._hints = {"PERFORMANCE_HINT": "THROUGHPUT"}
        if exact:
            self._hints["INFERENCE_PRECISION_HINT"] = "f32"
        self._lock = threading.Lock()
        self._compiled: Any = None

    def run(self, inputs: Iterable[Inputs], outputs: Sequence[int]) -> list[Outputs]:
        """The `outputs` for each of the inputs, run side by side, in their order.

        Requests are waited for in turn. OpenVINO's own queue calls back into Python from its
        threads instead, which never ends where the model is freed meanwhile.
        """
        model = self._loaded()
        side_by_side = model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        running: deque[Any] = deque()
        results: list[Outputs] = []

        def finish() -> Any:
            request = running.popleft()
            request.wait()
            results.append([request.get_output_tensor(i).data.copy() for i in outputs])
            return request

        for one in inputs:
            free = finish() if len(running) >= side_by_side else model.create_infer_request()
            free.start_async(one)
            running.append(free)
        while running:
            finish()
        return results

    def _loaded(self) -> Any:
        with self._lock:
            if self._compiled is None:
                self._compiled = _openvino().Core().compile_model(self._path, "CPU", self._hints)
            return self._compiled


def save(module: nn.Module, example: Mapping[str, Tensor], path: Path) -> None:
    """Converts a network of torch to the file `path` and its ".bin", with weights of 16 bits.

    Its inputs are named as in the example, which are [texts, tokens, …]: of any number of these.
    The caller compares the results, for only what the example makes it do is converted.
    """
    import torch

    openvino = _openvino()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of every branch in Python
        model = openvino.convert_model(module, example_input=tuple(example.values()))
    for port, (name, tensor) in zip(model.inputs, example.items(), strict=True):
        port.get_tensor().set_names({name})
        port.get_node().set_partial_shape(openvino.PartialShape([-1, -1, *tensor.shape[2:]]))
    model.validate_nodes_and_infer_types()
    openvino.save_model(model, path, compress_to_fp16=True)


def weights(path: Path) -> list[NDArray[np.float32]]:
    """The weights of 16 bits in the file, in the order in which they are used."""
    ops = _openvino().Core().read_model(path).get_ordered_ops()
    constants = (op for op in ops if op.get_type_name() == "Constant")
    return [
        op.data.astype("float32")
        for op in constants
        if op.get_element_type().to_string() == "f16" and op.data.size > 1
    ]


def sha256(*paths: Path) -> str:
    """Of the contents of the files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


_FIRST = threading.Lock()


def _openvino() -> Any:
    """The package, without its telemetry, which cannot be switched off in any other way."""
    with _FIRST:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
        import openvino

        # What the first look at a tensor makes, once: two threads that take it at the same time
        # wait for each other forever, one with Python's lock and one with that of the library.
        _ = openvino.Tensor(np.zeros(1, np.float32)).data
    return openvino
