import unittest

import bill


class Bill(unittest.TestCase):
    def test_the_total_of_nothing_is_nothing(self):
        self.assertEqual(bill.total([]), 0)

    def test_prices_add_up(self):
        self.assertEqual(bill.total([("tea", 250), ("cake", 375)]), 625)

    def test_cents_have_two_digits(self):
        self.assertEqual(bill.show(105), "1.05")
