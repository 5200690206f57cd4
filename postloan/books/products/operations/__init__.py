from postloan.books.products.operations._publish_product_version import publish_product_version

__all__ = ["publish_product_version"]
