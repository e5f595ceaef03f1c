"""The packages know each other in one direction only, and each breach of a rule is seen."""

import pytest

from support.import_rules import OWN, problems, sources
from support.pulumi_harness import ROOT


def test_no_file_imports_against_the_direction() -> None:
    """I1. Components stay reusable, Lambdas small, and the program ignorant of where it runs."""
    assert problems(sources(ROOT)) == []


def test_the_rules_have_files_to_read() -> None:
    """I1. The test above holds for nothing when it reads nothing."""
    folders = {path.split("/")[0] for path in sources(ROOT) if "/" in path}
    assert {"components", "settings", "lambdas", "local_cloud", "medflow", "tests"} <= folders <= OWN
    assert "__main__.py" in sources(ROOT)


@pytest.mark.parametrize(
    ("path", "source", "problem"),
    [
        ("components/x.py", "import settings", "components/x.py:1 imports settings: components know"),
        ("components/x.py", "from local_cloud.cloud import LocalCloud", "imports local_cloud: components know"),
        ("components/x.py", "def f():\n    import medflow", "components/x.py:2 imports medflow"),
        ("components/x/y.py", "from token_enricher import claims", "imports token_enricher: components know"),
        ("components/x.py", "import boto3", "imports boto3: components know"),
        ("components/x.py", "import local_cloud", "the program does not know where it runs"),
        ("__main__.py", "import local_cloud", "the program does not know where it runs"),
        ("settings/x.py", "import components", "imports components: settings know"),
        ("lambdas/signup_consumer/x.py", "import pulumi", "imports pulumi: a Lambda knows"),
        ("lambdas/signup_consumer/x.py", "from components import _names", "imports components: a Lambda knows"),
        ("lambdas/signup_consumer/x.py", "import clinic_api", "imports clinic_api: a Lambda knows"),
        ("lambdas/medflow_runtime/x.py", "import signup_consumer", "imports signup_consumer: a Lambda knows"),
        ("lambdas/token_enricher/x.py", "import medflow_runtime", "imports medflow_runtime: a Lambda knows"),
        ("lambdas/token_enricher/x.py", "import boto3", "imports boto3: a Lambda knows"),
        ("local_cloud/x.py", "import components", "imports components: the local cloud meets"),
        ("local_cloud/x.py", "import signup_consumer", "imports signup_consumer: the local cloud meets"),
        ("medflow/x.py", "from settings import load", "imports settings: the command line"),
        ("components/x.py", "import pulumi\npulumi.Config()", "components/x.py:2 reads pulumi.Config"),
        ("aws_provider.py", "from pulumi import Config", "aws_provider.py:1 reads pulumi.Config"),
    ],
)
def test_a_planted_import_is_caught(path: str, source: str, problem: str) -> None:
    """I1. Each rule on a file that breaks it."""
    lambdas = {f"lambdas/{name}/handler.py": "" for name in ("token_enricher", "signup_consumer", "clinic_api")}
    assert problem in "; ".join(problems({**lambdas, path: source}))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("components/x.py", "import json\nimport pulumi_aws\nfrom components._names import Kind\nfrom . import y"),
        ("settings/x.py", "import pulumi\nimport pydantic\npulumi.Config()"),
        ("lambdas/signup_consumer/x.py", "import json\nimport boto3\nimport medflow_runtime\nimport signup_consumer"),
        ("lambdas/token_enricher/x.py", "import json\nfrom token_enricher import claims\nfrom . import env"),
        ("medflow/x.py", "import rich\nfrom local_cloud.cloud import LocalCloud"),
        ("tests/local/x.py", "import local_cloud\nimport components\nimport signup_consumer"),
        ("__main__.py", "import components\nimport settings"),
    ],
)
def test_an_import_in_the_right_direction_is_no_problem(path: str, source: str) -> None:
    """I1."""
    assert problems({"lambdas/signup_consumer/handler.py": "", path: source}) == []
