from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, transaction

from postloan.books.products import operations
from postloan.books.products.models import Product, ProductVersion
from postloan.ground.audit.models import AuditRecord
from postloan.kernel.product_terms import ProductTerms

pytestmark = pytest.mark.django_db

AT = datetime(2018, 7, 1, tzinfo=UTC)


def publish(**terms):
    made = ProductTerms.model_validate({"currency": "USD"} | terms)
    return operations.publish_product_version(code="cash_loan", name="Cash loan", terms=made, by="test", at=AT)


def test_equal_terms_are_the_version_that_is_there():
    first = publish()
    again = publish(rate_per="year", schedule={"method": "equal_instalment"})

    assert again == first
    assert ProductVersion.objects.count() == 1
    assert AuditRecord.objects.filter(action="publish_product_version").count() == 1


def test_new_terms_are_the_next_version_and_old_ones_stay():
    first = publish()
    second = publish(late_fee={"grace_days": 15, "minimum_minor": 1500})
    third = publish()

    assert [version.version_no for version in (first, second, third)] == [1, 2, 3]
    assert Product.objects.count() == 1
    assert first.product_terms == third.product_terms != second.product_terms


def test_a_version_cannot_be_changed():
    version = publish()
    version.version_no = 9

    with pytest.raises(DatabaseError), transaction.atomic():
        version.save()
