"""torchvision's Faster R-CNN, taught to leave out labels that a reader did not assess.

A target carries `assessed` `(labels,)` bool beside `boxes` and `labels`. Boxes of a label that was not assessed are
never among the targets; what must also not happen is that its unmarked objects are learned as background:

- proposals: in an image with any label not assessed, an anchor that meets no box may still lie on an unmarked object,
so such anchors count neither way; only anchors on marked boxes teach the proposal network there;
- classes: one sigmoid per label instead of a softmax with a shared background class. The terms of a label that was not
  assessed are left out for every proposal of the image, so its logits get exactly no gradient, and no background logit
  can carry one to it.

Weights start at random (nothing is downloaded), so frozen batch statistics would be wrong and batches of two are too
small for live ones: group norm everywhere.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torchvision.models import mobilenet_v3_large
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN, resnet_fpn_backbone
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import MultiScaleRoIAlign, batched_nms, clip_boxes_to_image, remove_small_boxes

from ml.plan import DETECTIONS_PER_IMAGE, Plan

LEAST_SCORE = 0.05
_PYRAMID_CHANNELS = 128


def _group_norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(channels // 8 if channels % 8 == 0 else 1, channels)


class PaddingOnly(GeneralizedRCNNTransform):  # type: ignore[misc]
    """The plan already scaled and normalised the image; what is left is padding a batch to a common size."""

    def resize(self, image: Tensor, target: dict[str, Tensor] | None = None) -> tuple[Tensor, dict[str, Tensor] | None]:
        return image, target


class MaskedProposals(RegionProposalNetwork):  # type: ignore[misc]
    """Proposal network whose background anchors count only in images where every label was assessed."""

    def assign_targets_to_anchors(
        self, anchors: list[Tensor], targets: list[dict[str, Tensor]]
    ) -> tuple[list[Tensor], list[Tensor]]:
        labels, boxes = super().assign_targets_to_anchors(anchors, targets)
        ignored = [
            image_labels if bool(target["assessed"].all()) else torch.where(image_labels == 0, -1.0, image_labels)
            for image_labels, target in zip(labels, targets, strict=True)
        ]
        return ignored, boxes

    def compute_loss(
        self, objectness: Tensor, pred_bbox_deltas: Tensor, labels: list[Tensor], regression_targets: list[Tensor]
    ) -> tuple[Tensor, Tensor]:
        if not any(bool((image_labels >= 0).any()) for image_labels in labels):
            return objectness.sum() * 0.0, pred_bbox_deltas.sum() * 0.0  # nothing known: torchvision would divide by 0
        loss: tuple[Tensor, Tensor] = super().compute_loss(objectness, pred_bbox_deltas, labels, regression_targets)
        return loss


class MaskedRoIHeads(RoIHeads):  # type: ignore[misc]
    """Second stage with one sigmoid per label. Channel 0 of the predictor (torchvision's background) is not used."""

    def forward(
        self,
        features: dict[str, Tensor],
        proposals: list[Tensor],
        image_shapes: list[tuple[int, int]],
        targets: list[dict[str, Tensor]] | None = None,
    ) -> tuple[list[dict[str, Tensor]], dict[str, Tensor]]:
        labels, regression_targets = [], []
        if self.training:
            proposals, _, labels, regression_targets = self.select_training_samples(proposals, targets)
        pooled = self.box_head(self.box_roi_pool(features, proposals, image_shapes))
        logits, regression = self.box_predictor(pooled)
        if not self.training or targets is None:
            return self._found(logits, regression, proposals, image_shapes), {}
        assessed = torch.cat([t["assessed"].expand(len(part), -1) for t, part in zip(targets, labels, strict=True)])
        class_loss, box_loss = masked_box_losses(
            logits, regression, torch.cat(labels), torch.cat(regression_targets), assessed
        )
        return [], {"loss_classifier": class_loss, "loss_box_reg": box_loss}

    def _found(
        self, logits: Tensor, regression: Tensor, proposals: list[Tensor], image_shapes: list[tuple[int, int]]
    ) -> list[dict[str, Tensor]]:
        counts = [len(part) for part in proposals]
        boxes = torch.split(self.box_coder.decode(regression, proposals)[:, 1:], counts)  # (N, labels, 4)
        scores = torch.split(logits[:, 1:].sigmoid(), counts)
        return [self._best(b, s, shape) for b, s, shape in zip(boxes, scores, image_shapes, strict=True)]

    def _best(self, boxes: Tensor, scores: Tensor, shape: tuple[int, int]) -> dict[str, Tensor]:
        row, label = torch.where(scores > self.score_thresh)
        score, box = scores[row, label], clip_boxes_to_image(boxes[row, label], shape)
        keep = remove_small_boxes(box, 1.0)
        score, box, label = score[keep], box[keep], label[keep]
        keep = batched_nms(box, score, label, self.nms_thresh)[: self.detections_per_img]
        return {"boxes": box[keep], "scores": score[keep], "labels": label[keep] + 1}


def masked_box_losses(
    logits: Tensor, regression: Tensor, labels: Tensor, regression_targets: Tensor, assessed: Tensor
) -> tuple[Tensor, Tensor]:
    """Classification and box loss of `N` proposals.

    logits `(N, 1 + L)`, regression `(N, 4 (1 + L))`, labels `(N,)` 0 = background, assessed `(N, L)`. The terms of a
    label that was not assessed are replaced by zero before the sum, so they have neither value nor gradient.
    """
    wanted = F.one_hot(labels, logits.shape[1])[:, 1:].to(logits.dtype)
    terms = F.binary_cross_entropy_with_logits(logits[:, 1:], wanted, reduction="none")
    count = max(1, len(labels))
    class_loss = torch.where(assessed, terms, 0.0).sum() / count
    positive = torch.where(labels > 0)[0]
    deltas = regression.reshape(len(regression), -1, 4)[positive, labels[positive]]
    box_loss = F.smooth_l1_loss(deltas, regression_targets[positive], beta=1 / 9, reduction="sum") / count
    return class_loss, box_loss


def build_fasterrcnn(plan: Plan) -> nn.Module:
    """Faster R-CNN with MobileNetV3-Large on images of about 320 px: for machines without a GPU.

    In training `(images: list of (3, Y, X), targets)` -> dict of losses; in evaluation -> list of boxes, scores, labels
    (1-based channel order), boxes xyxy in pixels of the given image.
    """
    features = mobilenet_v3_large(weights=None, norm_layer=_group_norm).features
    backbone = BackboneWithFPN(
        features,
        return_layers={"12": "0", "16": "1"},  # strides 16 and 32; the pooled third level has 64
        in_channels_list=[112, 960],
        out_channels=_PYRAMID_CHANNELS,
        norm_layer=_group_norm,
    )
    return _assemble(plan, backbone, ["0", "1"], levels=3)


def build_fasterrcnn_resnet50(plan: Plan) -> nn.Module:
    """Faster R-CNN with ResNet-50 and a feature pyramid of five levels: for a GPU. Same calls as `build_fasterrcnn`."""
    backbone = resnet_fpn_backbone(backbone_name="resnet50", weights=None, norm_layer=_group_norm, trainable_layers=5)
    return _assemble(plan, backbone, ["0", "1", "2", "3"], levels=5)


def _assemble(plan: Plan, backbone: nn.Module, pooled_levels: list[str], *, levels: int) -> nn.Module:
    channels, classes, width = int(backbone.out_channels), len(plan.label_keys) + 1, 256  # type: ignore[arg-type]
    anchors = AnchorGenerator((plan.anchor_sides_px,) * levels, ((0.5, 1.0, 2.0),) * levels)
    proposals = MaskedProposals(
        anchors,
        RPNHead(channels, anchors.num_anchors_per_location()[0]),
        fg_iou_thresh=0.6,
        bg_iou_thresh=0.3,
        batch_size_per_image=128,
        positive_fraction=0.5,
        pre_nms_top_n={"training": 600, "testing": 600},
        post_nms_top_n={"training": 200, "testing": 250},
        nms_thresh=0.7,
    )
    predictor = FastRCNNPredictor(width, classes)
    nn.init.constant_(predictor.cls_score.bias, -2.0)  # most proposals are nothing; sigmoids should start by saying so
    heads = MaskedRoIHeads(
        MultiScaleRoIAlign(pooled_levels, output_size=7, sampling_ratio=2),
        TwoMLPHead(channels * 49, width),
        predictor,
        fg_iou_thresh=0.5,
        bg_iou_thresh=0.5,
        batch_size_per_image=128,
        positive_fraction=0.25,
        bbox_reg_weights=None,
        score_thresh=LEAST_SCORE,
        nms_thresh=0.4,
        detections_per_img=DETECTIONS_PER_IMAGE,
    )
    transform = PaddingOnly(1, 1, [0.0] * 3, [1.0] * 3)
    network: nn.Module = GeneralizedRCNN(backbone, proposals, heads, transform)
    return network
