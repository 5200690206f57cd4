"""One spelling for each contact point, and masks that show enough to recognise and too little to use."""

import doctest

import pytest

from postloan.kernel import contact_points
from postloan.kernel.contact_points import NotAContactPoint, masked_name, normalised_email, normalised_phone


def test_the_examples_of_the_module_hold():
    assert doctest.testmod(contact_points).failed == 0


@pytest.mark.parametrize("text", ["13800138000", "+86 138 0013 8000", "0086-138-0013-8000", "(138) 0013-8000"])
def test_spellings_of_one_number_are_one(text):
    assert normalised_phone(text=text, region="CN") == "+8613800138000"


@pytest.mark.parametrize("text", ["", "12", "hello", "+86"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(NotAContactPoint):
        normalised_phone(text=text, region="CN")


@pytest.mark.parametrize("text", ["", "ann", "@example.org", "ann@", "ann@localhost", "a nn@example.org"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(NotAContactPoint):
        normalised_email(text=text)


def test_an_empty_name_stays_empty():
    assert masked_name(name="") == ""
