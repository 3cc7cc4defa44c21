"""What crosses the border survives JSON, and what does not belong there is refused by name."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml import contracts
from ml.contracts import Box, ContractError, Dataset, DatasetCase, GateReport, LabelComparison, LabelSpec, TrainingSpec
from ml.plan import Plan

keys = st.text("abcxyz_", min_size=1, max_size=8)
corners = st.tuples(*[st.integers(0, 50)] * 3)
boxes = st.builds(Box, keys, corners, corners, st.floats(0, 1))
cases = st.builds(
    DatasetCase,
    case_id=keys,
    patient_key=keys,
    side=st.sampled_from(("train", "val", "test")),
    image_path=keys,
    affine_lps=st.just(((1.0, 0.0), (0.0, 1.0))),
    spacing_mm=st.tuples(*[st.floats(0.1, 9)] * 3),
    modality=st.just("MR"),
    label_status=st.dictionaries(keys, st.sampled_from(("marked", "not_assessed"))),
    mask_paths=st.dictionaries(keys, keys),
    boxes=st.lists(boxes, max_size=3).map(tuple),
)
labels = st.builds(LabelSpec, keys, keys, st.sampled_from(("segment", "box")), st.sampled_from(("one", "many")))
datasets = st.builds(Dataset, st.lists(labels, max_size=3).map(tuple), st.lists(cases, max_size=3).map(tuple), keys)


@given(datasets)
def test_a_dataset_survives_json(dataset):
    assert Dataset.from_json(json.loads(json.dumps(dataset.to_json()))) == dataset


def test_every_contract_survives_its_file(tmp_path):
    overall = LabelComparison("overall", None, 0.5, None, None, None, 6, "better")
    report = GateReport("dice", "better", overall, (overall,), (), refusals=("why",), notes=("what",))
    for document in (TrainingSpec("d", "segmentation"), report, Box("l", (0, 1, 2), (3, 4, 5), 0.5)):
        path = tmp_path / "document.json"
        document.write(path)
        assert type(document).read(path) == document
        assert list(tmp_path.iterdir()) == [path]


def test_a_run_s_plan_and_report_survive_their_files(trained):
    run_dir, report, _ = trained
    plan = Plan.read(run_dir / "plan.json")
    assert Plan.from_json(plan.to_json()) == plan
    assert contracts.TrainingReport.read(run_dir / "report.json") == report


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"dataset_dir": "d"}, "'task' is missing"),
        ({"dataset_dir": "d", "task": "segmentation", "colour": 1}, "unknown field 'colour'"),
    ],
)
def test_a_document_that_does_not_fit_is_refused_by_name(document, message):
    with pytest.raises(ContractError, match=message):
        TrainingSpec.from_json(document)


@pytest.mark.parametrize("module", ["contracts", "geometry", "metrics", "masks", "comparison", "acquire"])
def test_the_free_part_of_ml_never_loads_torch(module):
    code = f"import sys, ml.{module}; sys.exit('torch' in sys.modules or 'monai' in sys.modules)"
    root = Path(contracts.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
