"""A label that was not assessed contributes exactly nothing, in both tasks; one searched and not found does."""

import dataclasses
import shutil

import numpy as np
import pytest
import torch

from ml.contracts import Dataset, TrainingSpec
from ml.data import Batch, PatchSampler, prepare
from ml.dataset import cases_of, load_dataset
from ml.detection import DetectionLearner
from ml.evaluate import _score_segments, score_side
from ml.fingerprint import fingerprint
from ml.infer import load
from ml.losses import masked_dice_bce
from ml.networks import build
from ml.networks.detector import masked_box_losses
from ml.plan import make_plan
from ml.segmentation import SegmentationLearner

CPU = torch.device("cpu")


def loss_and_gradient(logits, target, assessed):
    logits = logits.clone().requires_grad_()
    loss = masked_dice_bce(logits, target, assessed)
    loss.backward()
    return loss.detach(), logits.grad


@pytest.fixture
def batch():
    torch.manual_seed(0)
    logits, target = torch.randn(3, 2, 4, 4, 4), (torch.rand(3, 2, 4, 4, 4) > 0.7).float()
    assessed = torch.tensor([[True, False], [True, True], [False, False]])
    return logits, target, assessed


@pytest.mark.parametrize("instead", [0.0, 1.0, float("nan")])
def test_segmentation_loss_and_gradient_do_not_change_by_a_bit(batch, instead):
    logits, target, assessed = batch
    changed = torch.where(assessed[:, :, None, None, None], target, instead)
    loss, gradient = loss_and_gradient(logits, target, assessed)
    loss_changed, gradient_changed = loss_and_gradient(logits, changed, assessed)
    assert torch.equal(loss, loss_changed)
    assert torch.equal(gradient, gradient_changed)
    assert (gradient[~assessed] == 0).all()
    assert (gradient[assessed] != 0).any()


def test_treating_it_as_background_would_change_the_loss(batch):
    logits, target, assessed = batch
    as_background = torch.where(assessed[:, :, None, None, None], target, 0.0)
    masked, _ = loss_and_gradient(logits, target, assessed)
    unmasked, gradient = loss_and_gradient(logits, as_background, torch.ones_like(assessed))
    assert not torch.equal(masked, unmasked)
    assert (gradient[~assessed] != 0).any()


def test_searched_and_not_found_counts_as_background(batch):
    logits, _, _ = batch
    none, known = torch.zeros_like(logits), torch.ones(3, 2, dtype=torch.bool)
    _, gradient = loss_and_gradient(logits, none, known)
    assert (gradient > 0).all()  # every logit is pushed down


def test_a_batch_without_an_assessed_label_has_loss_zero(batch):
    logits, target, assessed = batch
    loss, gradient = loss_and_gradient(logits, target, torch.zeros_like(assessed))
    assert loss == 0
    assert (gradient == 0).all()


@pytest.fixture
def half_read(volumes, tmp_path):
    """The phantom with "lesion" not assessed in every case but two of each side."""
    folder = tmp_path / "half"
    shutil.copytree(volumes, folder)
    dataset = load_dataset(folder)
    seen: dict[str, int] = {}
    cases = []
    for case in dataset.cases:
        seen[case.side] = seen.get(case.side, 0) + 1
        status = case.label_status if seen[case.side] <= 2 else {**case.label_status, "lesion": "not_assessed"}
        cases.append(dataclasses.replace(case, label_status=status))
    dataset = Dataset(dataset.labels, tuple(cases))
    dataset.write(folder / "dataset.json")
    return folder, dataset


def scribble(folder, dataset):
    """Overwrite the mask files of everything that was not assessed."""
    for case in dataset.cases:
        if case.label_status["lesion"] == "not_assessed" and "lesion" in case.mask_paths:
            mask = np.load(folder / case.mask_paths["lesion"])
            np.save(folder / case.mask_paths["lesion"], ~mask)


def test_a_training_batch_never_sees_the_mask_of_a_label_that_was_not_assessed(half_read):
    folder, dataset = half_read
    spec = TrainingSpec(str(folder), "segmentation", max_epochs=1, device="cpu")

    def one_step():
        found = fingerprint(dataset, folder, "segmentation")
        plan = make_plan(found, dataset, spec, on_gpu=False)
        torch.manual_seed(0)
        network = build(plan)
        learner = SegmentationLearner(plan, [prepare(c, folder, plan) for c in cases_of(dataset, "train")], [], CPU)
        loss = learner.loss(network, np.random.default_rng(0))
        loss.backward()
        return plan, loss.detach(), [p.grad for p in network.parameters()]

    before = one_step()
    scribble(folder, dataset)
    after = one_step()
    assert before[0] == after[0]
    assert torch.equal(before[1], after[1])
    assert all(torch.equal(a, b) for a, b in zip(before[2], after[2], strict=True))


def test_a_metric_never_sees_it_either(half_read, trained):
    folder, dataset = half_read
    predictor = load(trained[0], "cpu")
    before = score_side(predictor, dataset, folder, "test")
    scribble(folder, dataset)
    after = score_side(predictor, dataset, folder, "test")
    assert before == after
    values = [case.values["lesion"] for case in after.cases]
    assert [value is None for value in values] == [False, False, True, True, True, True]
    assert len(after.units["lesion"]) == 2


def test_the_metric_would_differ_if_it_were_treated_as_background(half_read, trained):
    folder, dataset = half_read
    predictor = load(trained[0], "cpu")
    case = next(c for c in dataset.cases if c.label_status["lesion"] == "not_assessed" and c.side == "test")
    background = dataclasses.replace(
        case,
        label_status={**case.label_status, "lesion": "searched_none"},
        mask_paths={"organ": case.mask_paths["organ"]},
    )
    masked, _ = _score_segments(predictor, case, folder)
    unmasked, _ = _score_segments(predictor, background, folder)
    assert masked["lesion"] is None
    assert unmasked["lesion"] is not None


def test_patches_are_not_centred_on_what_was_not_assessed(half_read, generator):
    folder, dataset = half_read
    found = fingerprint(dataset, folder, "segmentation")
    plan = make_plan(found, dataset, TrainingSpec(str(folder), "segmentation", max_epochs=1), on_gpu=False)
    sampler = PatchSampler([prepare(c, folder, plan) for c in cases_of(dataset, "train")], plan)
    assert len(sampler.with_label[1]) <= 2
    drawn = sampler.batch(generator)
    assert isinstance(drawn, Batch)
    assert (drawn.target[~drawn.assessed] == 0).all()


@pytest.fixture(scope="module")
def detector(pictures):
    dataset = load_dataset(pictures)
    found = fingerprint(dataset, pictures, "detection")
    spec = TrainingSpec(str(pictures), "detection", max_epochs=1, device="cpu")
    plan = dataclasses.replace(make_plan(found, dataset, spec, on_gpu=False), batch_size=1)
    torch.manual_seed(0)
    return dataset, plan, build(plan)


def detection_step(detector, folder, status, *, drop=()):
    """Loss and gradients of one step on the first training case with the given status of "grain"."""
    dataset, plan, network = detector
    case = cases_of(dataset, "train")[0]
    boxes = tuple(box for box in case.boxes if box.label_key not in drop)
    case = dataclasses.replace(case, boxes=boxes, label_status={"cell": "marked", "grain": status})
    learner = DetectionLearner(plan, [prepare(case, folder, plan)], [], CPU)
    network.train()
    network.zero_grad()
    torch.manual_seed(1)
    loss = learner.loss(network, np.random.default_rng(1))
    loss.backward()
    return loss.detach(), {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}


def test_boxes_of_a_label_that_was_not_assessed_change_neither_loss_nor_gradient(detector, pictures):
    with_boxes = detection_step(detector, pictures, "not_assessed")
    without = detection_step(detector, pictures, "not_assessed", drop=("grain",))
    assert torch.equal(with_boxes[0], without[0])
    assert all(torch.equal(with_boxes[1][name], without[1][name]) for name in without[1])


def test_the_detector_s_logit_of_it_gets_no_gradient_and_would_as_background(detector, pictures):
    name, grain = "roi_heads.box_predictor.cls_score.weight", 2
    _, masked = detection_step(detector, pictures, "not_assessed")
    _, background = detection_step(detector, pictures, "searched_none", drop=("grain",))
    assert (masked[name][grain] == 0).all()
    assert (masked[name][1] != 0).any()
    assert (background[name][grain] != 0).any()


def test_proposals_learn_no_background_where_a_label_was_not_assessed(detector):
    _, _, network = detector
    anchors = [torch.tensor([[0.0, 0, 10, 10], [50, 50, 60, 60]])]
    target = {"boxes": torch.tensor([[0.0, 0, 10, 10]]), "labels": torch.tensor([1])}

    def labels(assessed):
        return network.rpn.assign_targets_to_anchors(anchors, [{**target, "assessed": torch.tensor(assessed)}])[0][0]

    assert labels([True, True]).tolist() == [1.0, 0.0]
    assert labels([True, False]).tolist() == [1.0, -1.0]


def test_an_image_of_which_nothing_is_known_has_a_finite_proposal_loss(detector):
    _, _, network = detector
    labels, values = [torch.full((4,), -1.0)], torch.randn(4, 1, requires_grad=True)
    losses = network.rpn.compute_loss(values, torch.randn(4, 4), labels, [torch.zeros(4, 4)])
    assert all(float(loss.detach()) == 0 for loss in losses)


def test_box_losses_by_hand():
    logits = torch.zeros(2, 3)
    labels, targets = torch.tensor([1, 0]), torch.zeros(2, 4)
    both, _ = masked_box_losses(logits, torch.zeros(2, 12), labels, targets, torch.ones(2, 2, dtype=torch.bool))
    one, _ = masked_box_losses(logits, torch.zeros(2, 12), labels, targets, torch.tensor([[True, False]] * 2))
    assert both == pytest.approx(2 * np.log(2))
    assert one == pytest.approx(np.log(2))
