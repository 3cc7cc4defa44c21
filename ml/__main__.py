"""`python -m ml`: the library from a shell, without Django.

    python -m ml phantom /tmp/phantom                              a tiny made-up data set
    python -m ml train /tmp/phantom /tmp/run --epochs 10           train by the plan that follows from the data
    python -m ml predict /tmp/run /tmp/phantom CASE /tmp/out       findings of one case
    python -m ml evaluate /tmp/run /tmp/phantom --side test        scores per case and label
    python -m ml judge /tmp/run /tmp/phantom --active /tmp/old     may it serve?

`--json` prints one machine-readable result. Exit status 0 only on success; a refused candidate is a successful
judgement.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ml.contracts import ContractError, Progress, TrainingReport, TrainingSpec
from ml.dataset import load_dataset
from ml.errors import DatasetError, MlError
from ml.fingerprint import fingerprint
from ml.phantom import make_phantom
from ml.plan import make_plan

Result = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], Result] = options.command
    try:
        result = command(options)
    except (MlError, ContractError) as error:
        print(json.dumps({"error": str(error)}) if options.json else f"error: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(result, sort_keys=True))
    else:
        for name, value in result.items():
            print(f"{name}: {json.dumps(value) if isinstance(value, (dict, list, tuple)) else value}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml", description=__doc__.splitlines()[0] if __doc__ else "")
    commands = parser.add_subparsers(required=True)

    def add(name: str, command: Callable[[argparse.Namespace], Result], text: str, *paths: str) -> Any:
        sub = commands.add_parser(name, help=text)
        sub.set_defaults(command=command)
        sub.add_argument("--json", action="store_true", help="print one JSON document")
        for path in paths:
            sub.add_argument(path, type=Path)
        return sub

    made = add("phantom", _phantom, "write a tiny made-up data set", "out_dir")
    made.add_argument("--task", choices=("segmentation", "detection"), default="segmentation")
    for side, count in (("train", 5), ("val", 2), ("test", 6)):
        made.add_argument(f"--{side}", type=int, default=count)
    made.add_argument("--seed", type=int, default=0)
    for name, command, text in (
        ("fingerprint", _fingerprint, "what the training side looks like"),
        ("plan", _plan, "what a training would do"),
    ):
        _add_training_options(add(name, command, text, "dataset_dir"))
    trained = add("train", _train, "train into a run directory", "dataset_dir", "run_dir")
    _add_training_options(trained)
    trained.add_argument("--resume-from", type=Path, help="another attempt's run directory to go on from")
    add("predict", _predict, "findings of one case", "run_dir", "dataset_dir", "case_id", "out_dir")
    scored = add("evaluate", _evaluate, "scores on one side", "run_dir", "dataset_dir")
    scored.add_argument("--side", choices=("train", "val", "test"), default="test")
    judged = add("judge", _judge, "compare a candidate with the active model", "run_dir", "dataset_dir")
    judged.add_argument("--active", type=Path, help="the active model's run; without it a first model is judged")
    judged.add_argument("--sha256", help="recorded hash of the candidate's weights (default: its report's)")
    judged.add_argument("--floor", type=float, help="what a first model must reach (default: its plan's)")
    judged.add_argument("--margin", type=float, default=0.02)
    judged.add_argument("--out", type=Path, help="write gate.json here")
    return parser


def _add_training_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--task", choices=("segmentation", "detection"), help="default: by the kinds of the labels")
    parser.add_argument("--network", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.0, help="bound of the training loop; 0: none")
    parser.add_argument("--epochs", type=int, default=0, help="bound of the training loop; 0: none")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--warm-start", default="", help="run directory to begin from")


def _spec(options: argparse.Namespace) -> TrainingSpec:
    task = options.task
    if task is None:
        kinds = {label.kind for label in load_dataset(options.dataset_dir).labels}
        task = "segmentation" if "segment" in kinds else "detection"
    return TrainingSpec(
        dataset_dir=str(options.dataset_dir),
        task=task,
        network=options.network,
        seed=options.seed,
        seconds_budget=options.seconds,
        max_epochs=options.epochs,
        device=options.device,
        warm_start_dir=options.warm_start,
    )


def _phantom(options: argparse.Namespace) -> Result:
    made = make_phantom(options.out_dir, options.task, options.train, options.val, options.test, options.seed)
    return {"dataset": str(options.out_dir), "cases": len(made.cases), "sha256": made.sha256}


def _fingerprint(options: argparse.Namespace) -> Result:
    spec = _spec(options)
    return fingerprint(load_dataset(options.dataset_dir), options.dataset_dir, spec.task).to_json()


def _plan(options: argparse.Namespace) -> Result:
    from ml.device import choose_device  # torch loads only for the commands that need it

    spec, dataset = _spec(options), load_dataset(options.dataset_dir)
    found = fingerprint(dataset, options.dataset_dir, spec.task)
    return make_plan(found, dataset, spec, on_gpu=choose_device(spec.device).type == "cuda").to_json()


def _train(options: argparse.Namespace) -> Result:
    from ml.train import train

    def show(progress: Progress) -> None:
        numbers = " ".join(f"{name} {value:.4g}" for name, value in progress.metrics.items())
        print(f"{progress.fraction:4.0%} {progress.phase} {progress.message} {numbers}", file=sys.stderr, flush=True)

    return train(_spec(options), options.run_dir, show, resume_from=options.resume_from).to_json()


def _predict(options: argparse.Namespace) -> Result:
    case_id = str(options.case_id)
    found = [case for case in load_dataset(options.dataset_dir).cases if case.case_id == case_id]
    if not found:
        raise DatasetError(f"no case {case_id!r} in {options.dataset_dir}")
    from ml.infer import load

    return load(options.run_dir).predict(found[0], options.dataset_dir, options.out_dir).to_json()


def _evaluate(options: argparse.Namespace) -> Result:
    from ml.baselines import baseline_scores
    from ml.evaluate import score_side
    from ml.infer import load

    predictor, dataset = load(options.run_dir), load_dataset(options.dataset_dir)
    scores = score_side(predictor, dataset, options.dataset_dir, options.side)
    return {
        "means": scores.means(),
        "baseline": baseline_scores(predictor.plan, dataset, options.dataset_dir, options.side),
        "cases": [case.to_json() for case in scores.cases],
    }


def _judge(options: argparse.Namespace) -> Result:
    try:
        recorded = options.sha256 or TrainingReport.read(options.run_dir / "report.json").weights_sha256
    except OSError as error:
        raise DatasetError(f"{options.run_dir} is not a finished run: {error}") from error
    from ml.evaluate import judge

    report = judge(
        options.run_dir,
        options.active,
        options.dataset_dir,
        expected_sha256=recorded,
        floor=options.floor,
        margin=options.margin,
    )
    if options.out is not None:
        report.write(options.out)
    return report.to_json()


if __name__ == "__main__":
    sys.exit(main())
