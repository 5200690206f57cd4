"""The close on a Ray cluster of two nodes on this machine, one of which dies in the middle."""

from datetime import timedelta

import pytest

from postloan.close.executors import executor_of
from postloan.close.models import ClosePartition
from postloan.close.run import close_through
from postloan.lab.drill_book import differences, everything
from tests.close.books import AS_OF, NOW, a_seeded_book

ray = pytest.importorskip("ray", reason="RAY IS NOT INSTALLED (postloan[ray]): the close on a cluster was not tested")
cluster_utils = pytest.importorskip("ray.cluster_utils")

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = AS_OF + timedelta(days=1)


@pytest.fixture
def cluster():
    made = cluster_utils.Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "include_dashboard": False, "object_store_memory": 80_000_000},
    )
    made.add_node(num_cpus=1, object_store_memory=80_000_000)
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_node_that_dies_in_the_middle_leaves_the_same_books(again, cluster, settings, tmp_path):
    settings.POSITIONS_DIR = tmp_path / "positions"
    settings.CLOSE_LOANS_PER_PARTITION = 5
    settings.CLOSE_EXECUTOR = "inline"
    a_seeded_book(loans=400)
    close_through(through_date=FIRST, by="test", clock=lambda: NOW)
    expected = everything(without=("entries",))
    partitions = ClosePartition.objects.count()

    again()
    a_seeded_book(loans=400)
    settings.CLOSE_EXECUTOR = f"ray:{cluster.address}"
    killed = []

    def kill_a_node(business_date, done, total) -> None:
        if done >= 3 and not killed:
            node = next(iter(cluster.worker_nodes))
            killed.append(node)
            cluster.remove_node(node, allow_graceful=False)

    close_through(through_date=FIRST, by="test", clock=lambda: NOW, progress=kill_a_node)

    assert killed
    assert ClosePartition.objects.count() == partitions > 6
    assert differences(expected, everything(without=("entries",))) == {}


def test_the_cluster_is_left_when_the_close_is_over(cluster, settings):
    with executor_of(setting=f"ray:{cluster.address}"):
        assert ray.is_initialized()

    assert not ray.is_initialized()
