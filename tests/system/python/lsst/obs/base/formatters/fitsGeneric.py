"""Stands in for obs_base, which is not on PyPI, where only the formatter's name and extension are needed."""

from lsst.daf.butler import FormatterV2


class FitsGenericFormatter(FormatterV2):
    """Files are ingested and located, never read."""

    default_extension = ".fits"
    supported_extensions = frozenset({".fits", ".fits.gz", ".fits.fz", ".fz", ".fit"})
    can_read_from_uri = True

    def read_from_uri(self, uri, component=None, expected_size=-1):
        return NotImplemented
